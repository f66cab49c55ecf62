// What rules ask conntrack: state, direction, status, the tuples of the connection, its mark and its helper.
// Kernel: conntrack_mt(), state_mt(), connmark_mt(), helper_mt() (v6.12).

import { ORIGINAL, REPLY } from '../base/verdict.ts'
import { KIND_DIRECTION, KIND_NO_DIRECTION, KIND_ORIGINAL, KIND_REPLY, KIND_STATE, STATE_DNAT, STATE_SNAT, type Facts } from './facts.ts'
import type { Match, Words } from './match.ts'

/** `--ctstate`, and `-m state`. */
export class StateMatch implements Match {
  /** STATE_… */
  readonly states: number
  readonly isInverted: boolean

  constructor(states: number, isInverted: boolean) {
    this.states = states
    this.isInverted = isInverted
  }

  test(facts: Facts): boolean {
    return ((facts.state & this.states) !== 0) !== this.isInverted
  }

  fold(words: Words): boolean {
    if ((this.states & (STATE_SNAT | STATE_DNAT)) !== 0) return false
    words.allowed &= ~KIND_STATE | (this.isInverted ? ~this.states : this.states)
    return true
  }
}

/** What `-m conntrack` asks beside the state. A packet without a connection passes where the state is asked for too. */
abstract class OfConnection implements Match {
  readonly isInverted: boolean
  /** The state stands in the same match: without a connection, that decides alone. */
  withState = false

  constructor(isInverted: boolean) {
    this.isInverted = isInverted
  }

  test(facts: Facts): boolean {
    return facts.hasConnection ? this.holds(facts) !== this.isInverted : this.withState
  }

  protected abstract holds(facts: Facts): boolean
}

/** `--ctdir` */
export class DirectionMatch extends OfConnection {
  readonly direction: number

  constructor(direction: number, isInverted: boolean) {
    super(isInverted)
    this.direction = direction
  }

  protected holds(facts: Facts): boolean { return facts.packet.direction === this.direction }

  fold(words: Words): boolean {
    const wanted = (this.direction === ORIGINAL) !== this.isInverted ? KIND_ORIGINAL : KIND_REPLY
    words.allowed &= ~KIND_DIRECTION | wanted | (this.withState ? KIND_NO_DIRECTION : 0)
    return true
  }
}

/** `--ctstatus`: any of the bits; for NONE, no bits at all. */
export class StatusMatch extends OfConnection {
  /** IPS_… */
  readonly status: number

  constructor(status: number, isInverted: boolean) {
    super(isInverted)
    this.status = status
  }

  protected holds(facts: Facts): boolean { return (facts.connection.status & this.status) !== 0 }
}

/** `--ctproto` */
export class ConnectionProtocolMatch extends OfConnection {
  readonly protocol: number

  constructor(protocol: number, isInverted: boolean) {
    super(isInverted)
    this.protocol = protocol
  }

  /** A connection that ended with this very packet has given its record back, and the first word of it is gone. */
  protected holds({ connection, protocol }: Facts): boolean { return (connection.protocol || protocol) === this.protocol }
}

/** Which end of which tuple is asked for. */
export type TupleEnd = 'origsrc' | 'origdst' | 'replsrc' | 'repldst'

/** `--ctorigsrc`, `--ctorigdst`, `--ctreplsrc`, `--ctrepldst` */
export class TupleAddressMatch extends OfConnection {
  readonly end: TupleEnd
  readonly words: readonly number[]
  readonly masks: readonly number[]
  readonly #count: number

  constructor(end: TupleEnd, words: readonly number[], masks: readonly number[], isIpv6: boolean, isInverted: boolean) {
    super(isInverted)
    this.end = end
    this.words = words.map((word, i) => (word & masks[i]!) | 0)
    this.masks = masks
    this.#count = isIpv6 ? 4 : 1
  }

  protected holds({ connection }: Facts): boolean {
    const dir = this.end.startsWith('orig') ? ORIGINAL : REPLY
    for (let i = 0; i < this.#count; i++) {
      const word = this.end.endsWith('src') ? connection.source(dir, i) : connection.destination(dir, i)
      if ((word & this.masks[i]!) !== this.words[i]) return false
    }
    return true
  }
}

/** `--ctorigsrcport`, `--ctorigdstport`, `--ctreplsrcport`, `--ctrepldstport` */
export class TuplePortMatch extends OfConnection {
  readonly end: TupleEnd
  readonly from: number
  readonly to: number

  constructor(end: TupleEnd, from: number, to: number, isInverted: boolean) {
    super(isInverted)
    this.end = end
    this.from = from
    this.to = to
  }

  protected holds({ connection }: Facts): boolean {
    const dir = this.end.startsWith('orig') ? ORIGINAL : REPLY
    const port = this.end.endsWith('src') ? connection.sourcePort(dir) : connection.destinationPort(dir)
    return port >= this.from && port <= this.to
  }
}

/** `--ctexpire`: whole seconds left. */
export class ExpireMatch extends OfConnection {
  readonly from: number
  readonly to: number
  readonly #hz: number

  constructor(from: number, to: number, hz: number, isInverted: boolean) {
    super(isInverted)
    this.from = from
    this.to = to
    this.#hz = hz
  }

  protected holds({ connection, packet }: Facts): boolean {
    // An unconfirmed entry holds its timeout and not yet a moment; the kernel takes it for one that has long gone by.
    const left = connection.confirmed ? Math.floor((connection.deadline - packet.tick) / this.#hz) : 0
    return left >= this.from && left <= this.to
  }
}

/** `-m connmark`; without a connection it does not match, whatever it asks. */
export class ConnmarkMatch implements Match {
  readonly value: number
  readonly mask: number
  readonly isInverted: boolean

  constructor(value: number, mask: number, isInverted: boolean) {
    this.value = value | 0
    this.mask = mask | 0
    this.isInverted = isInverted
  }

  test(facts: Facts): boolean {
    return facts.hasConnection && ((facts.connection.mark & this.mask) === this.value) !== this.isInverted
  }
}

/** `-m helper`: the connection was promised by one that this helper reads. */
export class HelperMatch implements Match {
  /** Empty for any. */
  readonly name: string
  readonly isInverted: boolean
  readonly #nameOfMaster: (facts: Facts) => string | null

  constructor(name: string, isInverted: boolean, nameOfMaster: (facts: Facts) => string | null) {
    this.name = name
    this.isInverted = isInverted
    this.#nameOfMaster = nameOfMaster
  }

  test(facts: Facts): boolean {
    const name = facts.hasConnection ? this.#nameOfMaster(facts) : null
    if (name === null) return this.isInverted
    return (this.name === '' || this.name.startsWith(name)) !== this.isInverted
  }
}
