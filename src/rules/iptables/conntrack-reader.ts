// `-m conntrack` and `-m state`: their options, and what they come to.

import { ORIGINAL, REPLY } from '../../base/verdict.ts'
import { IPS_ASSURED, IPS_CONFIRMED, IPS_EXPECTED, IPS_SEEN_REPLY } from '../../table/status.ts'
import {
  STATE_DNAT, STATE_ESTABLISHED, STATE_INVALID, STATE_NEW, STATE_RELATED, STATE_SNAT, STATE_UNTRACKED,
} from '../facts.ts'
import type { Match } from '../match.ts'
import {
  ConnectionProtocolMatch, DirectionMatch, ExpireMatch, StateMatch, StatusMatch, TupleAddressMatch, type TupleEnd, TuplePortMatch,
} from '../match-conntrack.ts'
import type { MatchReader, Surroundings, Take } from './module.ts'
import { readBits, readNetwork, readNumber, readPorts, readProtocol, RuleProblem } from './values.ts'

const STATES = {
  INVALID: STATE_INVALID, NEW: STATE_NEW, ESTABLISHED: STATE_ESTABLISHED, RELATED: STATE_RELATED, UNTRACKED: STATE_UNTRACKED,
  SNAT: STATE_SNAT, DNAT: STATE_DNAT,
}
const STATUS = { NONE: 0, EXPECTED: IPS_EXPECTED, SEEN_REPLY: IPS_SEEN_REPLY, ASSURED: IPS_ASSURED, CONFIRMED: IPS_CONFIRMED }

/** `-m conntrack` is one match of many conditions, asked in the kernel's order whatever theirs. */
export class ConntrackReader implements MatchReader {
  readonly #surroundings: Surroundings
  #state: StateMatch | null = null
  readonly #others: { readonly rank: number, readonly match: Match & { withState?: boolean } }[] = []

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  option(name: string, isInverted: boolean, take: Take): boolean {
    switch (name) {
      case '--state': case '--ctstate':
        this.#state = new StateMatch(readBits(take(), STATES, 'state'), isInverted)
        return true
      case '--ctdir': return this.#add(1, new DirectionMatch(readDirection(take()), isInverted))
      case '--ctproto': return this.#add(3, new ConnectionProtocolMatch(readProtocol(take()) ?? 0, isInverted))
      case '--ctstatus': return this.#add(5, new StatusMatch(readBits(take(), STATUS, 'status'), isInverted))
      case '--ctexpire': {
        const [from = '', to = from] = take().split(':')
        const seconds = (text: string): number => readNumber(text, 2 ** 32 - 1, 'number of seconds')
        return this.#add(6, new ExpireMatch(seconds(from), seconds(to), this.#surroundings.hz, isInverted))
      }
      default: return this.#end(name, isInverted, take)
    }
  }

  #end(name: string, isInverted: boolean, take: Take): boolean {
    const [, end, port] = /^--ct(origsrc|origdst|replsrc|repldst)(port)?$/.exec(name) ?? []
    if (end === undefined) return false
    if (port !== undefined) {
      const { from, to } = readPorts(take())
      return this.#add(4, new TuplePortMatch(end as TupleEnd, from, to, isInverted))
    }
    const { isIpv6 } = this.#surroundings
    const { words, masks } = readNetwork(take(), isIpv6)
    return this.#add(2, new TupleAddressMatch(end as TupleEnd, words, masks, isIpv6, isInverted))
  }

  #add(rank: number, match: Match & { withState?: boolean }): true {
    this.#others.push({ rank, match })
    return true
  }

  make(): readonly Match[] {
    if (this.#state === null && this.#others.length === 0) throw new RuleProblem('a match on conntrack that asks nothing')
    for (const { match } of this.#others) match.withState = this.#state !== null
    const others = this.#others.sort((a, b) => a.rank - b.rank).map(({ match }) => match)
    return this.#state === null ? others : [this.#state, ...others]
  }
}

function readDirection(text: string): number {
  const name = text.toUpperCase()
  if (name !== 'ORIGINAL' && name !== 'REPLY') throw new RuleProblem(`"${text}" is neither ORIGINAL nor REPLY`)
  return name === 'REPLY' ? REPLY : ORIGINAL
}
