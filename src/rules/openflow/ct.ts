// A packet's dealings with conntrack in a switch: what a ct action does, and what flows see of it afterwards.
// Kernel: ovs_ct_execute() and what it calls, net/openvswitch/conntrack.c (v6.12).

import { UsageError } from '../../base/errors.ts'
import { AF_INET, AF_INET6, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP } from '../../base/units.ts'
import { ORIGINAL, REPLY, VERDICT_ESTABLISHED, VERDICT_NEW, VERDICT_NONE, VERDICT_RELATED } from '../../base/verdict.ts'
import type { Conntrack } from '../../conntrack/conntrack.ts'
import { helperNumber } from '../../helpers/registry.ts'
import type { Packet } from '../../ip/packet.ts'
import { ESTABLISHED } from '../../protocols/tcp/states.ts'
import { FLAG_BE_LIBERAL } from '../../protocols/tcp/fields.ts'
import { TcpShared, TcpSide } from '../../protocols/tcp/words.ts'
import { Connection } from '../../table/connection.ts'
import { IPCT_MARK } from '../../table/status.ts'
import { END_DELETED, NOT_FOUND } from '../../table/table.ts'
import { Tuple } from '../../table/tuple.ts'
import type { Facts } from '../facts.ts'
import type { CtRequest, NatRequest } from './action.ts'
import {
  CS_DNAT, CS_EST, CS_INV, CS_NEW, CS_REL, CS_RPL, CS_SNAT, CS_TRK, CT_END, CT_FIRST, CT_IPV6_DST, CT_IPV6_SRC, CT_LABEL, CT_MARK,
  CT_NW_DST, CT_NW_PROTO, CT_NW_SRC, CT_STATE, CT_TP_DST, CT_TP_SRC, CT_ZONE,
} from './fields.ts'
import { LABEL_WORDS, Labels } from './labels.ts'
import { NAT_DROPS, PacketNat } from './nat.ts'

const WIDTH = CT_END - CT_FIRST
const ICMPV6_SOLICITATION = 135
const ICMPV6_ADVERTISEMENT = 136

/** Why a ct action ended the packet's way; 0 where it did not. */
export const PASSED = 0
export const DROPPED_BY_CONNTRACK = 1
export const DROPPED_BY_HELPER = 2
export const DROPPED_BY_NAT = 3

/** What is known of a packet when it forks, to be restored behind the fork. */
class Fork {
  readonly fields = new Int32Array(WIDTH)
  verdict = 0
  direction = 0
  connection = 0
  /** Of the connection, where it is confirmed: tells whether it still is there. */
  serial: number | null = null
}

const NOWHERE = -1

/** Conntrack as the packets of one switch meet it. */
export class PacketCt {
  readonly #conntrack: Conntrack
  readonly #facts: Facts
  readonly labels = new Labels()
  /** null where no flow translates. */
  readonly nat: PacketNat | null
  /** The conntrack fields as the datapath has them: those of flows are taken from here when a packet comes round again. */
  readonly fields = new Int32Array(WIDTH)
  readonly #conn: Connection
  readonly #tuple = new Tuple()
  readonly #tcp = new TcpShared()
  readonly #side = new TcpSide()
  readonly #helpers = new Map<string, number>()
  readonly #forks: Fork[] = []
  #packet!: Packet
  /** Zone of the packet's connection where that has ended and the packet still holds on to it. */
  #goneZone = NOWHERE

  /** @param hasNat  some flow translates addresses */
  constructor(conntrack: Conntrack, facts: Facts, hasNat: boolean) {
    this.#conntrack = conntrack
    this.#facts = facts
    this.nat = hasNat ? new PacketNat(conntrack.table, facts) : null
    this.#conn = new Connection(conntrack.table.records)
  }

  /** Begins with a packet that conntrack has not seen. */
  begin(packet: Packet): void {
    this.#packet = packet
    this.#goneZone = NOWHERE
    this.fields.fill(0)
  }

  /** The packet is through: a connection that nothing has committed is forgotten. */
  end(): void { this.#abandon() }

  #abandon(): void {
    if (this.nat !== null && this.#packet.connection >= 0) this.nat.forget(this.#packet.connection)
    this.#conntrack.abandon(this.#packet)
  }

  /** Forgets what conntrack has said of the packet. Kernel: ovs_ct_clear(). */
  clear(): void {
    this.#release()
    this.fields.fill(0)
  }

  #release(): void {
    const packet = this.#packet
    this.#abandon()
    packet.connection = -1
    packet.direction = ORIGINAL
    packet.verdict = VERDICT_NONE
    this.#goneZone = NOWHERE
  }

  /**
   * Does what a ct action says.
   * @param values  what is to be set: the mark, then the label's words
   * @returns       PASSED or DROPPED_…
   */
  execute(request: CtRequest, zone: number, values: Int32Array): number {
    const alg = request.alg === null ? 0 : this.#helperOf(request.alg)
    const fate = this.#lookup(request, zone, alg)
    if (fate !== PASSED || !request.isCommit || this.#packet.connection < 0) return fate
    if (this.nat?.clashes() === true) return DROPPED_BY_NAT
    return this.#commit(request, values) ? PASSED : DROPPED_BY_HELPER
  }

  /** Number of a helper for the packet, 0 where it reads no such protocol. */
  #helperOf(name: string): number {
    const { protocol, version } = this.#packet
    const key = `${name} ${String(protocol)} ${String(version)}`
    let number = this.#helpers.get(key)
    if (number === undefined) this.#helpers.set(key, number = helperNumber(name, protocol, version === 6))
    return number
  }

  /** Kernel: __ovs_ct_lookup() */
  #lookup({ isCommit, isForce, nat }: CtRequest, zone: number, alg: number): number {
    const packet = this.#packet
    const conntrack = this.#conntrack
    const isKnown = this.#isKnown(zone, alg, isForce)
    if (!isKnown) {
      const isFirst = this.fields[CT_STATE - CT_FIRST] === 0
      this.#release()
      if (this.#facts.isTranslated) {
        throw new UsageError(`frame ${String(this.#facts.frame.number)}: flows show a packet to conntrack in zone ${String(zone)} ` +
          'after they have translated its addresses, and that is not supported')
      }
      conntrack.zone = zone
      if (isForce && isFirst) this.#deleteAnswered()
      conntrack.wantedHelper = alg
      conntrack.receive(packet)
      conntrack.wantedHelper = 0
      if (packet.verdict === VERDICT_NONE) return DROPPED_BY_CONNTRACK
      this.#update(zone)
      if (packet.connection >= 0 && this.#conn.l3num === 0) { // it has ended with this very packet
        packet.connection = -1
        this.#goneZone = zone
      }
    }
    if (packet.connection < 0) return PASSED
    const conn = this.#conn.at(packet.connection)
    if (nat !== null && !this.#translate(nat, isCommit, conn)) return DROPPED_BY_NAT
    if (!conn.confirmed) {
      if (isCommit && alg !== 0 && conn.helper === 0) conn.helper = alg
      return PASSED
    }
    if (!isKnown && !isIcmpError(packet) && !conntrack.confirm(packet)) return DROPPED_BY_HELPER
    if (conn.protocol === IPPROTO_TCP && conn.assured && this.#tcp.at(conn).state === ESTABLISHED) {
      for (let dir = ORIGINAL; dir <= REPLY; dir++) this.#side.at(conn, dir).flags |= FLAG_BE_LIBERAL
    }
    return PASSED
  }

  /** The packet is to begin a connection: one that it would answer ends. */
  #deleteAnswered(): void {
    const found = this.#conntrack.find(this.#packet)
    if (found !== NOT_FOUND && (found & 1) === REPLY) this.#conntrack.table.end(found >>> 1, END_DELETED)
  }

  /** Once a packet and zone, and not before the connection is committed. @returns false when the packet is dropped */
  #translate(nat: NatRequest, isCommit: boolean, conn: Connection): boolean {
    const { fields } = this
    const state = fields[CT_STATE - CT_FIRST]!
    if (this.nat === null || (state & (CS_SNAT | CS_DNAT)) !== 0 || (!conn.confirmed && !isCommit)) return true
    const bits = this.nat.translate(this.#packet, nat, isCommit)
    if (bits === NAT_DROPS) return false
    fields[CT_STATE - CT_FIRST] = state | bits
    return true
  }

  #isAnswer(): boolean { return this.#packet.connection >= 0 && this.#packet.direction === REPLY }

  /** The packet has been through conntrack in this zone already. Kernel: skb_nfct_cached() */
  #isKnown(zone: number, alg: number, isForce: boolean): boolean {
    if (this.#packet.connection < 0) return this.#goneZone === zone && !(isForce && this.#packet.direction === REPLY)
    const conn = this.#conn.at(this.#packet.connection)
    if (conn.zone !== zone || (alg !== 0 && conn.helper !== 0 && conn.helper !== alg)) return false
    if (isForce && this.#isAnswer()) {
      this.#delete()
      return false
    }
    return true
  }

  /** Ends the packet's connection, so that another may begin with this packet. */
  #delete(): void {
    const packet = this.#packet
    if (this.#conn.at(packet.connection).confirmed) {
      this.#conntrack.table.end(packet.connection, END_DELETED)
      packet.connection = -1
    }
    this.#release()
  }

  /** @returns false when a helper drops the packet. Kernel: ovs_ct_commit() */
  #commit({ masks }: CtRequest, values: Int32Array): boolean {
    const packet = this.#packet
    const conn = this.#conn.at(packet.connection)
    const isNew = !conn.confirmed
    const mask = masks[0]!
    if (mask !== 0) {
      const mark = (values[0]! & mask) | (conn.mark & ~mask)
      if (mark !== conn.mark) {
        conn.mark = mark
        if (!isNew) packet.events |= IPCT_MARK
        this.fields[CT_MARK - CT_FIRST] = mark
      }
    }
    if (isNew && !this.#conntrack.confirm(packet)) return false
    this.#label(conn, isNew, masks, values)
    return true
  }

  /** Sets labels. Only now, since a record has its serial from when it was confirmed. Kernel: ovs_ct_init_labels() */
  #label(conn: Connection, isNew: boolean, masks: Int32Array, values: Int32Array): void {
    const inherited = isNew ? this.#masterLabel(conn) : null
    if (inherited === null && !masks.subarray(1).some((word) => word !== 0)) return
    const label = this.labels.make(conn)
    if (inherited !== null) label.set(inherited)
    for (let i = 0; i < LABEL_WORDS; i++) label[i] = (label[i]! & ~masks[1 + i]!) | (values[1 + i]! & masks[1 + i]!)
    this.fields.set(label, CT_LABEL - CT_FIRST)
  }

  #masterLabel(conn: Connection): Int32Array | null {
    return conn.master === 0 ? null : this.labels.at(conn.master - 1, conn.masterSerial)
  }

  /** Sets the conntrack fields by what conntrack has just said. Kernel: ovs_ct_update_key() */
  #update(zone: number): void {
    const { fields } = this
    const packet = this.#packet
    fields.fill(0)
    fields[CT_ZONE - CT_FIRST] = zone
    if (packet.connection < 0) {
      fields[CT_STATE - CT_FIRST] = CS_TRK | CS_INV
      return
    }
    const conn = this.#conn.at(packet.connection)
    fields[CT_STATE - CT_FIRST] = stateOf(packet, conn)
    fields[CT_MARK - CT_FIRST] = conn.mark
    const label = conn.confirmed ? this.labels.of(conn) : this.#masterLabel(conn)
    if (label !== null) fields.set(label, CT_LABEL - CT_FIRST)
    this.#updateTuple(conn)
  }

  /** The original direction's tuple; of a connection that another has promised, that one's. */
  #updateTuple(conn: Connection): void {
    const { fields } = this
    const tuple = this.#tuple
    const packet = this.#packet
    if (conn.master === 0) tuple.load(conn.words, conn.base, ORIGINAL)
    else if (!conn.loadMaster(tuple)) return
    // The record of a connection that has just ended no longer says what it was of.
    if (conn.l3num === 0) tuple.proto = (packet.protocol << 8) | (packet.version === 6 ? AF_INET6 : AF_INET)
    const isIpv6 = (tuple.proto & 255) === AF_INET6
    if (isIpv6 !== (packet.version === 6) || isDiscovery(packet)) return
    const set = (word: number, value: number): void => { fields[word - CT_FIRST] = value }
    set(CT_NW_PROTO, tuple.protocol)
    const isIcmp = tuple.protocol === (isIpv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)
    set(CT_TP_SRC, isIcmp ? tuple.destinationPort >>> 8 : tuple.sourcePort)
    set(CT_TP_DST, isIcmp ? tuple.destinationPort & 255 : tuple.destinationPort)
    if (!isIpv6) {
      set(CT_NW_SRC, tuple.source0)
      set(CT_NW_DST, tuple.destination0)
      return
    }
    for (const [word, words] of [
      [CT_IPV6_SRC, [tuple.source0, tuple.source1, tuple.source2, tuple.source3]],
      [CT_IPV6_DST, [tuple.destination0, tuple.destination1, tuple.destination2, tuple.destination3]],
    ] as const) fields.set(words, word - CT_FIRST)
  }

  /** A copy of the packet goes its own way. @param nested  copies that wait already */
  fork(nested: number): Fork {
    const fork = this.#forks[nested] ??= new Fork()
    const { verdict, direction, connection } = this.#packet
    fork.fields.set(this.fields)
    fork.verdict = verdict
    fork.direction = direction
    fork.connection = connection
    fork.serial = connection >= 0 && this.#conn.at(connection).confirmed ? this.#conn.serial : null
    return fork
  }

  /** Back with the packet that was copied. Its connection may have ended while the copy went its way. */
  join({ fields, verdict, direction, connection, serial }: Fork): void {
    const packet = this.#packet
    const isSame = packet.connection === connection
    if (!isSame || serial !== null) this.#abandon()
    packet.connection = (serial === null ? isSame : this.#isThere(connection, serial)) ? connection : -1
    packet.verdict = verdict
    packet.direction = direction
    this.fields.set(fields)
    this.#goneZone = serial !== null && packet.connection < 0 ? fields[CT_ZONE - CT_FIRST]! : NOWHERE
  }

  /** Does a record still hold the connection that it held? A free one holds none. */
  #isThere(connection: number, serial: number): boolean {
    const conn = this.#conn.at(connection)
    return conn.l3num !== 0 && conn.confirmed && conn.serial === serial
  }
}

function stateOf(packet: Packet, conn: Connection): number {
  let state = CS_TRK
  if (packet.verdict === VERDICT_NEW || !conn.confirmed) state |= CS_NEW
  if (packet.verdict === VERDICT_ESTABLISHED) state |= CS_EST
  if (packet.verdict === VERDICT_RELATED || conn.master !== 0) state |= CS_REL
  if (packet.verdict !== VERDICT_NEW && packet.direction === REPLY) state |= CS_RPL
  return state
}

const isIcmpError = ({ verdict, protocol }: Packet): boolean =>
  verdict === VERDICT_RELATED && (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6)

/** A neighbour's question or answer. */
function isDiscovery({ protocol, view, l4, end }: Packet): boolean {
  if (protocol !== IPPROTO_ICMPV6 || end - l4 < 1) return false
  const type = view.getUint8(l4)
  return type === ICMPV6_SOLICITATION || type === ICMPV6_ADVERTISEMENT
}
