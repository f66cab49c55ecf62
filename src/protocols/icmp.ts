// ICMP and ICMPv6 queries: a question makes an entry, its answer belongs to it, and each packet keeps it alive.
// Errors never come here: they relate to the flow inside them (conntrack/icmp-errors.ts).
// Kernel: nf_conntrack_icmp_packet(), nf_conntrack_icmpv6_packet() (v6.12).

import { AF_INET, AF_INET6 } from '../base/units.ts'
import { ACCEPT, INVALID, ORIGINAL } from '../base/verdict.ts'
import type { Packet } from '../ip/packet.ts'
import type { Connection } from '../table/connection.ts'
import type { Tracker, Tracking } from './tracker.ts'

/** Echo, timestamp, information and address mask requests. */
const QUERIES = new Set([8, 13, 15, 17])
/** Echo request and node information query. */
const QUERIES6 = new Set([128, 139])

export class IcmpTracker implements Tracker {
  readonly #tracking: Tracking
  /** Ticks that a connection may stay silent, and whether the last reply ends it. */
  readonly timeout: number
  readonly replyEnds: boolean

  constructor(tracking: Tracking) {
    this.#tracking = tracking
    this.timeout = tracking.sysctl.icmp_timeout * tracking.hz
    this.replyEnds = tracking.sysctl.icmpReplyEnds === true
  }

  packet(conn: Connection, packet: Packet, dir: number): number {
    if (conn.l3num !== AF_INET || !QUERIES.has(conn.destinationPort(ORIGINAL) >>> 8)) return INVALID
    if (this.replyEnds && this.#isLastReply(conn, dir)) this.#tracking.kill(conn, packet, dir)
    else this.#tracking.refresh(conn, packet, dir, this.timeout)
    return ACCEPT
  }

  /** Counts requests that wait for their reply. Kernel: icmp_packet() — v2.4 */
  #isLastReply(conn: Connection, dir: number): boolean {
    const waiting = (conn.words[conn.privateBase] ?? 0) + (dir === ORIGINAL ? 1 : -1)
    conn.words[conn.privateBase] = waiting
    return dir !== ORIGINAL && waiting === 0
  }
}

export class Icmpv6Tracker implements Tracker {
  readonly #tracking: Tracking
  readonly #timeout: number

  constructor(tracking: Tracking) {
    this.#tracking = tracking
    this.#timeout = tracking.sysctl.icmpv6_timeout * tracking.hz
  }

  packet(conn: Connection, packet: Packet, dir: number): number {
    if (conn.l3num !== AF_INET6) return INVALID
    if (!conn.confirmed && !QUERIES6.has(conn.destinationPort(ORIGINAL) >>> 8)) return INVALID
    this.#tracking.refresh(conn, packet, dir, this.#timeout)
    return ACCEPT
  }
}
