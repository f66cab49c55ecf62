// The order of decisions: what conntrack says of one packet, and what the packet does to the table.
// Kernel: nf_conntrack_in(), resolve_normal_ct(), init_conntrack(), nf_confirm() in nf_conntrack_core.c and
// nf_conntrack_proto.c (v6.12).

import type { Sysctl } from '../base/sysctl.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP } from '../base/units.ts'
import {
  DROP, ORIGINAL, REPEAT, REPLY, VERDICT_ESTABLISHED, VERDICT_INVALID, VERDICT_NEW, VERDICT_NONE, VERDICT_RELATED,
} from '../base/verdict.ts'
import { Helpers } from '../helpers/helpers.ts'
import { attach } from '../helpers/registry.ts'
import type { Packet } from '../ip/packet.ts'
import { Trackers } from '../protocols/registry.ts'
import { Tracking } from '../protocols/tracker.ts'
import { Connection } from '../table/connection.ts'
import { IPCT_HELPER, IPCT_NEW, IPCT_RELATED, IPCT_REPLY, IPS_CONFIRMED, IPS_DYING, IPS_EXPECTED, IPS_SEEN_REPLY } from '../table/status.ts'
import { NOT_FOUND, type Table } from '../table/table.ts'
import { Tuple } from '../table/tuple.ts'
import { IcmpErrors, NOT_AN_ERROR, type IcmpOutcome } from './icmp-errors.ts'
import { readAddresses, readPorts } from './tuple-of.ts'

const WHOLE_HEADER = 20 // bytes: TCP's, the longest in which a rule looks for a port

/** The tracker of one network namespace. */
export class Conntrack {
  readonly table: Table
  readonly trackers: Trackers
  /** null when none is attached. */
  readonly helpers: Helpers | null
  readonly #tracking: Tracking
  readonly #max: number
  readonly #conn: Connection
  readonly #tuple = new Tuple()
  readonly #inverse = new Tuple()
  readonly #icmpErrors: IcmpErrors
  readonly #confirmsLater: boolean
  /** What rules want for the next packets: their zone, and the helper of a connection they open; 0 for none. */
  zone = 0
  wantedHelper = 0

  /**
   * @param hz             ticks a second
   * @param helpers        which helpers are attached, as `--helper` names them
   * @param confirmsLater  `receive` leaves the last step to whoever calls it, `confirm` or `abandon`, and heeds `zone` and
   *                       `wantedHelper`
   */
  constructor(table: Table, sysctl: Sysctl, hz: number, helpers: readonly string[] = [], confirmsLater = false) {
    this.table = table
    this.#confirmsLater = confirmsLater
    this.#tracking = new Tracking(table, sysctl, hz)
    this.#max = sysctl.max
    this.trackers = new Trackers(this.#tracking)
    this.#conn = new Connection(table.records)
    this.#icmpErrors = new IcmpErrors(table, sysctl)
    const wanted = attach(helpers)
    const hasHelpers = wanted.attachments.length > 0 || confirmsLater
    this.helpers = !hasHelpers ? null : new Helpers(table, sysctl, hz, wanted.helpers, wanted.attachments)
  }

  /** Moves time on, and ends what has expired. */
  advance(tick: number): void {
    this.table.advance(tick)
    if (this.helpers?.isUnsettled === true) this.helpers.settle()
  }

  /** Takes one whole packet: sets its verdict, direction, connection, events and reasons, and updates the table. */
  receive(packet: Packet): void {
    if (packet.l4 < 0) {
      if (this.helpers?.cannotRead(packet) !== true) this.#refuse(packet)
      return
    }
    if (packet.end - packet.l4 < WHOLE_HEADER && this.helpers?.cannotRead(packet) === true) return
    const protocol = packet.protocol
    if (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6) {
      const outcome: IcmpOutcome = this.#icmpErrors.receive(packet, this.zone)
      if (outcome !== NOT_AN_ERROR) {
        if (this.helpers !== null && !this.#confirmsLater) this.#helpWithError(packet)
        return
      }
    }
    readAddresses(packet.view, packet.ip, packet.version, protocol, this.#tuple)
    if (this.zone !== 0) this.#tuple.proto |= this.zone << 16
    if (!readPorts(packet.view, packet.l4, packet.end, protocol, this.table.greKeys, this.#tuple)) {
      this.#refuse(packet)
      return
    }
    // A SYN that reopens a connection ends the old one and comes round once more.
    while (!this.#track(packet, protocol)) { /* the tuple is the same */ }
    if (this.helpers?.isUnsettled === true) this.helpers.settle()
  }

  /**
   * The connection that a packet belongs to, and its direction: connection * 2 + direction; NOT_FOUND where there is none.
   * Nothing changes.
   */
  find({ view, ip, l4, end, version, protocol }: Packet): number {
    if (l4 < 0) return NOT_FOUND
    readAddresses(view, ip, version, protocol, this.#tuple)
    if (this.zone !== 0) this.#tuple.proto |= this.zone << 16
    return readPorts(view, l4, end, protocol, this.table.greKeys, this.#tuple) ? this.table.find(this.#tuple) : NOT_FOUND
  }

  /** One attempt. False when the packet must be tried again because its connection has just been ended for it. */
  #track(packet: Packet, protocol: number): boolean {
    const { table } = this
    const conn = this.#conn
    const found = table.find(this.#tuple)
    let dir = ORIGINAL
    if (found === NOT_FOUND) {
      if (!this.#open(packet)) return true
    } else {
      conn.at(found >>> 1)
      dir = found & 1
    }
    const before = conn.status

    const answer = protocol === IPPROTO_TCP ? this.trackers.tcp.packet(conn, packet, dir)
      : protocol === IPPROTO_UDP ? this.trackers.udp.packet(conn, packet, dir)
        : this.trackers.byProtocol[protocol]!.packet(conn, packet, dir)
    if (answer <= 0) {
      if (found === NOT_FOUND) this.#discard(conn)
      if (answer === REPEAT) return false
      this.#refuse(packet)
      if (answer === DROP) {
        table.stats.drop++
        packet.verdict = VERDICT_NONE
      }
      return true
    }

    packet.connection = conn.index
    packet.direction = dir
    packet.verdict = dir === REPLY || (before & IPS_SEEN_REPLY) !== 0 ? VERDICT_ESTABLISHED
      : (before & IPS_EXPECTED) !== 0 ? VERDICT_RELATED : VERDICT_NEW
    const status = conn.status
    if ((status & IPS_DYING) !== 0) {
      if (dir === REPLY) conn.status = status | IPS_SEEN_REPLY // of no use to the table; rules may still ask
      return true
    }
    if (dir === REPLY && (status & IPS_SEEN_REPLY) === 0) {
      conn.status = status | IPS_SEEN_REPLY
      packet.events |= IPCT_REPLY
    }
    const isSettled = (status & IPS_CONFIRMED) !== 0 && (this.helpers === null || conn.helper === 0)
    if (!isSettled && !this.#confirmsLater) this.#confirm(packet, conn)
    return true
  }

  /**
   * The last step of a packet that nothing has dropped: the helper reads it, and a new connection enters the table. To be
   * called for every packet that was received, when the tracker confirms later.
   * @returns  false when the helper drops the packet
   * @kernel   nf_confirm() — v6.12
   */
  confirm(packet: Packet): boolean {
    if (packet.connection < 0) return true
    const isError = packet.verdict === VERDICT_RELATED && (packet.protocol === IPPROTO_ICMP || packet.protocol === IPPROTO_ICMPV6)
    if (isError) this.#helpWithError(packet)
    else {
      const conn = this.#conn.at(packet.connection)
      if ((conn.status & IPS_DYING) === 0) this.#confirm(packet, conn)
    }
    if (this.helpers?.isUnsettled === true) this.helpers.settle()
    return packet.verdict !== VERDICT_NONE
  }

  /** The packet was dropped on its way: a connection that it would have opened is not to be. What else it did stands. */
  abandon(packet: Packet): void {
    if (packet.connection < 0) return
    const conn = this.#conn.at(packet.connection)
    if (conn.confirmed) return
    packet.connection = -1
    this.#discard(conn)
  }

  #confirm(packet: Packet, conn: Connection): void {
    if (this.helpers !== null && conn.helper !== 0 && !this.helpers.help(conn, packet, packet.direction)) {
      this.#drop(packet)
      return
    }
    if (conn.confirmed) return
    this.table.confirm(conn.index)
    packet.events |= conn.master !== 0 ? IPCT_RELATED : IPCT_NEW
    if (conn.helper !== 0) packet.events |= IPCT_HELPER
  }

  /** An ICMP error in the original direction goes past the helper of the connection it relates to. Kernel: nf_confirm(). */
  #helpWithError(packet: Packet): void {
    if (packet.verdict !== VERDICT_RELATED || packet.direction !== ORIGINAL) return
    const conn = this.#conn.at(packet.connection)
    if (conn.helper !== 0 && this.helpers?.help(conn, packet, ORIGINAL) === false) this.#drop(packet)
  }

  /** A helper has dropped the packet: what it did so far stands, but it opens nothing. */
  #drop(packet: Packet): void {
    packet.verdict = VERDICT_NONE
    this.abandon(packet)
  }

  #discard(conn: Connection): void {
    if (this.helpers !== null) this.helpers.discarded(conn)
    this.table.discard(conn.index)
  }

  /** Makes an unconfirmed connection for the tuple. False when there can be none. Kernel: init_conntrack(). */
  #open(packet: Packet): boolean {
    const { table } = this
    if (!this.#inverse.invert(this.#tuple)) {
      this.#refuse(packet)
      return false
    }
    if (this.#max !== 0 && table.records.live >= this.#max && !table.earlyDrop(this.#tuple)) {
      table.stats.tableFull++
      table.stats.drop++
      return false
    }
    this.#conn.at(table.open(this.#tuple, this.#inverse))
    if (this.helpers !== null) {
      this.helpers.opened(this.#conn, this.#tuple)
      if (this.wantedHelper !== 0 && this.#conn.master === 0) this.#conn.helper = this.wantedHelper
    }
    return true
  }

  #refuse(packet: Packet): void {
    this.table.stats.invalid++
    packet.verdict = VERDICT_INVALID
  }
}
