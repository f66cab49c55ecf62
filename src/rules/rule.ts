// One rule, ready to be held against packets. A rule asks a plain packet a handful of numbers at once, and the rest match by
// match; any other packet meets the matches in the order they are written, as in the kernel.

import type { Facts } from './facts.ts'
import type { Match, Words } from './match.ts'
import type { Target } from './target.ts'

export class Rule implements Words {
  /** Where it stands in the ruleset: table, chain, and its number in the chain from 1. */
  readonly table: string
  readonly chain: string
  readonly number: number
  /** Line of the file, from 1, 0 where lines say nothing; and what stands there behind the chain's name. */
  readonly line: number
  /** nftables' number of the rule; null where there is none. */
  readonly handle: number | null
  readonly text: string
  readonly matches: readonly Match[]
  readonly target: Target
  /** Index of its counters. */
  readonly id: number
  allowed = -1
  source = 0
  sourceMask = 0
  destination = 0
  destinationMask = 0
  fromSport = -1
  toSport = 65_535
  fromDport = -1
  toDport = 65_535
  /** What the words do not say. */
  readonly #rest: readonly Match[]

  constructor(
    place: Pick<Rule, 'table' | 'chain' | 'number' | 'line' | 'text' | 'id' | 'handle'>, matches: readonly Match[], target: Target,
  ) {
    this.table = place.table
    this.chain = place.chain
    this.number = place.number
    this.line = place.line
    this.handle = place.handle
    this.text = place.text
    this.id = place.id
    this.matches = matches
    this.target = target
    // Behind a match that keeps count nothing may be asked earlier than it.
    const stateful = matches.findIndex((match) => match.isStateful === true)
    const first = stateful < 0 ? matches : matches.slice(0, stateful)
    const later = stateful < 0 ? [] : matches.slice(stateful)
    this.#rest = [...first.filter((match) => match.fold?.(this) !== true), ...later]
  }

  /** Does it match? Sets `facts.hotdrop` where the packet is dropped for what it lacks. */
  matchesPacket(facts: Facts): boolean {
    if (!facts.isPlain) return this.#inOrder(facts)
    if ((facts.kind & ~this.allowed) !== 0 ||
      ((facts.source0 ^ this.source) & this.sourceMask) !== 0 || ((facts.destination0 ^ this.destination) & this.destinationMask) !== 0 ||
      facts.dport < this.fromDport || facts.dport > this.toDport || facts.sport < this.fromSport || facts.sport > this.toSport) return false
    const rest = this.#rest
    for (let i = 0; i < rest.length; i++) if (!rest[i]!.test(facts)) return false
    return true
  }

  #inOrder(facts: Facts): boolean {
    for (const match of this.matches) if (!match.test(facts)) return false
    return true
  }
}
