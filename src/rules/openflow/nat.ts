// Translation in a switch: what the `nat` of a ct action does to a packet's connection, and to the packet.
// Kernel: nf_ct_nat() and what it calls, nf_nat_ovs.c (v6.12).

import { ORIGINAL, REPLY, VERDICT_NEW, VERDICT_RELATED } from '../../base/verdict.ts'
import type { Packet } from '../../ip/packet.ts'
import { IPS_DST_NAT, IPS_SRC_NAT } from '../../table/status.ts'
import type { Table } from '../../table/table.ts'
import type { Facts } from '../facts.ts'
import { Interfaces } from '../interfaces.ts'
import { Nat } from '../nat/nat.ts'
import type { NatRange } from '../nat/range.ts'
import { Place } from '../place.ts'
import { DROP } from '../target.ts'
import type { NatRequest } from './action.ts'
import { CS_DNAT, CS_SNAT } from './fields.ts'

/** The packet is dropped. */
export const NAT_DROPS = -1

export class PacketNat {
  readonly #facts: Facts
  readonly #nat: Nat

  constructor(table: Table, facts: Facts) {
    this.#facts = facts
    this.#nat = new Nat(table, new Place({}, new Interfaces()), facts) // a switch has no addresses of its own
  }

  /** Connections with a port in place of one that the kernel draws. */
  get guesses(): number { return this.#nat.guesses }

  /**
   * Translates the packet, and settles first how its connection is translated where that is open.
   * @returns  bits for ct_state: CS_SNAT, CS_DNAT; NAT_DROPS when the packet goes no further
   */
  translate({ verdict, direction }: Packet, { isSource, range }: NatRequest, isCommit: boolean): number {
    const facts = this.#facts
    facts.tracked()
    const { connection } = facts
    const isAnswer = verdict !== VERDICT_NEW && direction === REPLY
    const isAsBefore = verdict !== VERDICT_NEW && (connection.status & (IPS_SRC_NAT | IPS_DST_NAT)) !== 0 &&
      (verdict !== VERDICT_RELATED || isAnswer || isCommit)
    const first = isAsBefore ? isAnswer !== ((connection.status & IPS_SRC_NAT) !== 0) : isSource
    if (first === null) return 0
    if (!this.#apply(first, range)) return NAT_DROPS
    let bits = bitOf(first)
    const { status } = connection
    if ((status & IPS_DST_NAT) === 0) return bits
    if ((status & IPS_SRC_NAT) !== 0) {
      if (!this.#apply(!first, range)) return NAT_DROPS
      bits |= bitOf(!first)
    } else if (direction === ORIGINAL) {
      if (!this.#apply(true, null)) return NAT_DROPS
      bits |= bitOf(true)
    }
    return bits
  }

  #apply(isSource: boolean, range: NatRange | null): boolean {
    const nat = this.#nat
    nat.enter(isSource, false)
    if (nat.isOpen) {
      if (range === null) nat.bindNull()
      else if (nat.setUp(isSource ? 'SNAT' : 'DNAT', range) === DROP) return false
    }
    return nat.rewrite()
  }

  /** Somebody else's answers are those of the packet's connection already: it cannot be committed. */
  clashes(): boolean {
    this.#facts.tracked()
    return this.#nat.clashes()
  }

  /** The connection of a record may not come to be. To be called before the record is given back. */
  forget(record: number): void {
    this.#facts.connection.at(record)
    this.#nat.forget()
  }
}

const bitOf = (isSource: boolean): number => isSource ? CS_SNAT : CS_DNAT
