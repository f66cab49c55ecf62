// `{"match": …}`: what is read of the packet, what it is held against, and how.
// Kernel: nft_cmp_eval(), nft_range_eval(), nft_lookup_eval(), nft_bitwise_eval() (v6.12).

import {
  type Facts, KIND_DIRECTION, KIND_ORIGINAL, KIND_REPLY, STATE_ESTABLISHED, STATE_INVALID, STATE_NEW, STATE_RELATED, STATE_UNTRACKED,
} from '../facts.ts'
import { StateMatch } from '../match-conntrack.ts'
import { AddressMatch } from '../match-ip.ts'
import type { Match, Words } from '../match.ts'
import { stateBit } from './ct.ts'
import { compare, isWithin, readSpans, readValue, type Span } from './datatype.ts'
import { TransportMatch, VersionMatch } from './needs.ts'
import type { Node } from './node.ts'
import { type Key, type Selector } from './selector.ts'
import { readKey } from './expression.ts'
import type { Sets } from './sets.ts'

/** Says of the words of a key whether they are what the rule asks for. */
type Accepts = (words: Float64Array) => boolean

const OPERATORS = ['==', '!=', '<', '>', '<=', '>=', 'in', '!'] as const
type Operator = (typeof OPERATORS)[number]

/** Something read of the packet, held against values. */
class Comparison implements Match {
  readonly asksInterface: boolean
  readonly #key: Key
  readonly #accepts: Accepts

  constructor(key: Key, accepts: Accepts) {
    this.#key = key
    this.#accepts = accepts
    this.asksInterface = key.asksInterface
  }

  test(facts: Facts): boolean { return this.#key.load(facts) && this.#accepts(this.#key.words) }
}

/** `ct direction`, as a word of the rule. */
class DirectionIs implements Match {
  readonly #direction: number

  constructor(direction: number) {
    this.#direction = direction
  }

  test({ hasConnection, packet }: Facts): boolean { return hasConnection && packet.direction === this.#direction }

  fold(words: Words): boolean {
    words.allowed &= ~KIND_DIRECTION | (this.#direction === 0 ? KIND_ORIGINAL : KIND_REPLY)
    return true
  }
}

/** A range of ports behind the protocol that has them. */
class PortIs implements Match {
  readonly #isSource: boolean
  readonly #from: number
  readonly #to: number

  constructor(isSource: boolean, from: number, to: number) {
    this.#isSource = isSource
    this.#from = from
    this.#to = to
  }

  test({ sport, dport }: Facts): boolean {
    const port = this.#isSource ? sport : dport
    return port >= this.#from && port <= this.#to
  }

  /** Each end of a range once; a second match of the same port is asked by itself. */
  fold(words: Words): boolean {
    if (this.#isSource ? words.fromSport >= 0 : words.fromDport >= 0) return false
    if (this.#isSource) {
      words.fromSport = this.#from
      words.toSport = this.#to
    } else {
      words.fromDport = this.#from
      words.toDport = this.#to
    }
    return true
  }
}

/** An address or a prefix; a second one of the same end is asked by itself. */
class AddressIs extends AddressMatch {
  override fold(words: Words): boolean {
    return (this.isSource ? words.sourceMask : words.destinationMask) === 0 && super.fold(words)
  }
}

/** Reads a match into those of a rule. @throws RuleProblem */
export function readMatch(node: Node, sets: Sets): Match[] {
  const operator = OPERATORS.find((one) => one === node.at('op').value)
  if (operator === undefined) return node.at('op').fail(`an operator should stand here: ${OPERATORS.join(' ')}`)
  const key = readKey(node.at('left'), sets)
  const right = node.at('right')
  const accepts = acceptor(key, operator, right, sets)
  const match = asWord(key, operator, right, accepts) ?? new Comparison(key, accepts)
  return [...key.needs, match]
}

function acceptor(key: Key, operator: Operator, right: Node, sets: Sets): Accepts {
  const isInverted = operator === '!='
  if ((right.isText && right.text().startsWith('@')) || right.has('set')) {
    if (operator !== '==' && operator !== 'in' && !isInverted) return right.fail(`a set stands behind == and !=, not ${operator}`)
    const domain = sets.domain(right, key, 'membership', () => true)
    return (words) => (domain.find(words) === true) !== isInverted
  }
  const [selector, second] = key.selectors
  if (selector === undefined || second !== undefined) return right.fail('several values at once are held against a set')
  const { type } = selector
  if (operator === 'in' || operator === '!') {
    const value = readValue(right, type)[0]!
    if (type.flags === undefined && operator === 'in') return (words) => words[0] === value
    return (words) => ((words[0]! & value) !== 0) === (operator === 'in')
  }
  if (operator === '==' || isInverted) {
    const spans = readSpans(right, type)
    const [only, more] = spans
    if (only !== undefined && more === undefined) return (words) => isWithin(words, 0, only) !== isInverted
    return (words) => spans.some((span) => isWithin(words, 0, span)) !== isInverted
  }
  const value = readValue(right, type)
  switch (operator) {
    case '<': return (words) => compare(words, 0, value) < 0
    case '>': return (words) => compare(words, 0, value) > 0
    case '<=': return (words) => compare(words, 0, value) <= 0
    default: return (words) => compare(words, 0, value) >= 0
  }
}

const STATES = [STATE_INVALID, STATE_NEW, STATE_ESTABLISHED, STATE_RELATED, STATE_UNTRACKED]

/** What a rule can ask of every packet at once; null where it is none of that. */
function asWord({ selectors }: Key, operator: Operator, right: Node, accepts: Accepts): Match | null {
  const [selector, second] = selectors
  if (selector?.word === undefined || second !== undefined) return null
  if (selector.word === 'state') {
    return new StateMatch(STATES.reduce((all, state) => accepts(Float64Array.of(stateBit(state))) ? all | state : all, 0), false)
  }
  const isInverted = operator === '!='
  const isList = right.has('set') || (right.isText && right.text().startsWith('@'))
  if (isList || (operator !== '==' && operator !== 'in' && !isInverted)) return null
  const spans = readSpans(right, selector.type)
  const [span, more] = spans
  return span === undefined || more !== undefined ? null : wordOf(selector, span, isInverted)
}

function wordOf({ word, type }: Selector, span: Span, isInverted: boolean): Match | null {
  const { from, to } = span
  const [low = 0] = from
  const [high = 0] = to
  const isPoint = from.every((one, i) => one === to[i])
  switch (word) {
    case 'version': return !isPoint || (low !== 2 && low !== 10) ? null : new VersionMatch((low === 10) !== isInverted)
    case 'protocol': return !isPoint ? null : new TransportMatch(low, isInverted)
    case 'direction': return !isPoint ? null : new DirectionIs(isInverted ? 1 - low : low)
    case 'sport': case 'dport': return isInverted ? null : new PortIs(word === 'sport', low, high)
    case 'source': case 'destination': {
      const masks = from.map((one, i) => ~(one ^ to[i]!))
      return isPrefix(span) ? new AddressIs(word === 'source', from, masks, type.words === 4, isInverted) : null
    }
    default: return null
  }
}

/** Do the ends differ in the last bits only, which are all zeros and all ones? */
function isPrefix({ from, to }: Span): boolean {
  let isFree = false // all bits from here on are the prefix's to choose
  return from.every((one, i) => {
    const free = (one ^ to[i]!) >>> 0
    if (isFree && free !== 0xffffffff) return false
    isFree ||= free !== 0
    return (free & (free + 1)) === 0 && (one & free) === 0
  })
}
