// ICMP errors: RELATED to the connection of the packet inside them, or INVALID. And the ICMPv6 that is never tracked.
// Kernel: nf_conntrack_icmpv4_error(), nf_conntrack_icmpv6_error(), nf_conntrack_inet_error() (v6.12).

import { REASON } from '../base/reasons.ts'
import type { Sysctl } from '../base/sysctl.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../base/units.ts'
import { VERDICT_INVALID, VERDICT_RELATED, VERDICT_UNTRACKED } from '../base/verdict.ts'
import { checksumFails } from '../ip/checksum.ts'
import { innerTransport, transport } from '../ip/inner.ts'
import type { Packet } from '../ip/packet.ts'
import { Connection } from '../table/connection.ts'
import { NOT_FOUND, type Table } from '../table/table.ts'
import { Tuple } from '../table/tuple.ts'
import { readAddresses, readPorts } from './tuple-of.ts'

/** Not an error: a query, to be tracked as any packet. */
export const NOT_AN_ERROR = 1
/** Decided here: RELATED, INVALID or UNTRACKED. */
export const DECIDED = 0
export type IcmpOutcome = typeof NOT_AN_ERROR | typeof DECIDED

const HIGHEST_ICMP_TYPE = 18 // NR_ICMP_TYPES
const ICMP_ERRORS = new Set([3, 4, 5, 11, 12])
/** MLD, neighbour discovery, multicast router discovery: never tracked. */
const UNTRACKED6 = new Set([130, 131, 132, 133, 134, 135, 136, 143, 151, 152])
const REDIRECT6 = 137
const REDIRECT6_HEADER = 40 // bytes: the message with target and destination address
const OPTION_REDIRECTED = 4

export class IcmpErrors {
  readonly #table: Table
  readonly #sysctl: Sysctl
  readonly #inner = new Tuple()
  readonly #inverse = new Tuple()
  readonly #conn: Connection
  #zone = 0

  constructor(table: Table, sysctl: Sysctl) {
    this.#table = table
    this.#sysctl = sysctl
    this.#conn = new Connection(table.records)
  }

  /**
   * Decides an ICMP or ICMPv6 packet, or leaves it to be tracked. A protocol of the other IP version is left too.
   * @param zone  in which the connection is looked for
   */
  receive(packet: Packet, zone: number): IcmpOutcome {
    this.#zone = zone
    if (packet.version === 4) return packet.protocol === IPPROTO_ICMP ? this.#icmp(packet) : NOT_AN_ERROR
    return packet.protocol === IPPROTO_ICMPV6 ? this.#icmpv6(packet) : NOT_AN_ERROR
  }

  #icmp(packet: Packet): IcmpOutcome {
    if (packet.end - packet.l4 < 8) return this.#refuse(packet, REASON.SHORT)
    if (this.#sysctl.checksum !== 0 && checksumFails(packet, IPPROTO_ICMP)) return this.#refuse(packet, REASON.ICMP_CHECKSUM)
    const type = packet.view.getUint8(packet.l4)
    if (type > HIGHEST_ICMP_TYPE) return this.#refuse(packet, REASON.ICMP_TYPE)
    return ICMP_ERRORS.has(type) ? this.#relate(packet, packet.l4 + 8) : NOT_AN_ERROR
  }

  #icmpv6(packet: Packet): IcmpOutcome {
    if (packet.end - packet.l4 < 8) return this.#refuse(packet, REASON.SHORT)
    if (this.#sysctl.checksum !== 0 && checksumFails(packet, IPPROTO_ICMPV6)) return this.#refuse(packet, REASON.ICMPV6_CHECKSUM)
    const type = packet.view.getUint8(packet.l4)
    if (UNTRACKED6.has(type)) {
      packet.verdict = VERDICT_UNTRACKED
      return DECIDED
    }
    if (type === REDIRECT6) return this.#redirect6(packet)
    return type < 128 ? this.#relate(packet, packet.l4 + 8) : NOT_AN_ERROR
  }

  /** RFC 4861 section 4.5: a redirect relates to the packet in its Redirected Header option. */
  #redirect6(packet: Packet): IcmpOutcome {
    const { view, l4, ip, end } = packet
    if (end - l4 < REDIRECT6_HEADER) return this.#refuse(packet, REASON.ICMPV6_SHORT_REDIRECT)
    if (view.getUint8(l4 + 1) !== 0) return NOT_AN_ERROR
    const linkLocal = (view.getUint16(ip + 8) & 0xffc0) === 0xfe80
    if (view.getUint8(ip + 7) !== 255 || !linkLocal) return this.#refuse(packet, REASON.ICMPV6_REDIRECT_SOURCE)
    const option = l4 + REDIRECT6_HEADER
    if (end - option < 2 || view.getUint8(option + 1) === 0) return this.#refuse(packet, REASON.ICMPV6_REDIRECT_OPTIONS)
    return view.getUint8(option) === OPTION_REDIRECTED ? this.#relate(packet, option + 8) : NOT_AN_ERROR
  }

  /** Looks up the connection of the packet whose IP header stands at `at`. */
  #relate(packet: Packet, at: number): IcmpOutcome {
    const { view, end, version } = packet
    const inner = this.#inner
    if (!innerTransport(view, at, end, version)) return this.#refuse(packet, REASON.NONE)
    readAddresses(view, at, version, transport.protocol, inner)
    inner.proto |= this.#zone << 16
    if (!readPorts(view, transport.l4, end, transport.protocol, this.#table.greKeys, inner) || !this.#inverse.invert(inner)) {
      return this.#refuse(packet, REASON.NONE)
    }
    const found = this.#table.find(this.#inverse)
    if (found === NOT_FOUND) return this.#refuse(packet, REASON.NONE)
    const conn = this.#conn.at(found >>> 1)
    const dir = found & 1
    if (!this.#isForDestination(packet, conn, dir)) {
      this.#refuse(packet, version === 4 ? REASON.ICMP_OUTER4 : REASON.ICMP_OUTER6)
      this.#noteAddresses(packet, conn, dir)
      return DECIDED
    }
    packet.verdict = VERDICT_RELATED
    packet.direction = dir
    packet.connection = conn.index
    return DECIDED
  }

  /** The error must be addressed to where the inner flow's answers go. */
  #isForDestination(packet: Packet, conn: Connection, dir: number): boolean {
    const { view, ip, version } = packet
    if (version === 4) return view.getInt32(ip + 16) === conn.destination(dir)
    for (let i = 0; i < 4; i++) if (view.getInt32(ip + 24 + i * 4) !== conn.destination(dir, i)) return false
    return true
  }

  #noteAddresses(packet: Packet, conn: Connection, dir: number): void {
    const { view, ip, version } = packet
    const words = version === 4 ? 1 : 4
    for (let i = 0; i < words; i++) {
      packet.setReasonArg(i, view.getUint32(ip + (version === 4 ? 16 : 24) + i * 4))
      packet.setReasonArg(words + i, conn.destination(dir, i))
    }
  }

  #refuse(packet: Packet, reason: number): IcmpOutcome {
    if (reason !== REASON.NONE) packet.note(packet.protocol, reason)
    this.#table.stats.error++
    packet.verdict = VERDICT_INVALID
    return DECIDED
  }
}
