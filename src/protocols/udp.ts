// UDP and UDP-Lite have no states: two timeouts, and ASSURED once both sides have talked for a while.
// Kernel: nf_conntrack_proto_udp.c, nf_conntrack_udp_packet(), nf_conntrack_udplite_packet() (v6.12). Not here: NAT clash.

import { REASON } from '../base/reasons.ts'
import { IPPROTO_UDP, IPPROTO_UDPLITE } from '../base/units.ts'
import { ACCEPT, INVALID } from '../base/verdict.ts'
import { checksumFails } from '../ip/checksum.ts'
import type { Packet } from '../ip/packet.ts'
import type { Connection } from '../table/connection.ts'
import { IPCT_ASSURED, IPS_ASSURED } from '../table/status.ts'
import type { Tracker, Tracking } from './tracker.ts'

const HEADER = 8 // bytes
const PROBE_SECONDS = 2 // a question and its answer are a probe, not a stream, until this much later

export class UdpTracker implements Tracker {
  readonly #tracking: Tracking
  /** Ticks that a connection may stay silent, one that is a stream, and the age from which it is one. */
  readonly timeout: number
  readonly streamTimeout: number
  readonly probe: number
  readonly #verifiesChecksum: boolean

  constructor(tracking: Tracking) {
    this.#tracking = tracking
    this.timeout = tracking.sysctl.udp_timeout * tracking.hz
    this.streamTimeout = tracking.sysctl.udp_timeout_stream * tracking.hz
    this.probe = PROBE_SECONDS * tracking.hz
    this.#verifiesChecksum = tracking.sysctl.checksum !== 0
  }

  packet(conn: Connection, packet: Packet, dir: number): number {
    if (this.#isBroken(packet)) return INVALID
    let timeout = this.timeout
    if (conn.seenReply && packet.tick > conn.created + this.probe) {
      timeout = this.streamTimeout
      if (!conn.assured) {
        conn.status |= IPS_ASSURED
        packet.events |= IPCT_ASSURED
      }
    }
    this.#tracking.refresh(conn, packet, dir, timeout)
    return ACCEPT
  }

  #isBroken(packet: Packet): boolean {
    const room = packet.end - packet.l4
    if (room < HEADER) {
      packet.note(IPPROTO_UDP, REASON.SHORT)
      return true
    }
    const length = packet.view.getUint16(packet.l4 + 4)
    if (length > room || length < HEADER) {
      packet.note(IPPROTO_UDP, REASON.UDP_MALFORMED)
      return true
    }
    if (!this.#verifiesChecksum || packet.view.getUint16(packet.l4 + 6) === 0) return false
    if (!checksumFails(packet, IPPROTO_UDP)) return false
    packet.note(IPPROTO_UDP, REASON.BAD_CHECKSUM)
    return true
  }
}

export class UdpLiteTracker implements Tracker {
  readonly #tracking: Tracking
  readonly #timeout: number
  readonly #streamTimeout: number

  constructor(tracking: Tracking) {
    this.#tracking = tracking
    this.#timeout = tracking.sysctl.udp_timeout * tracking.hz
    this.#streamTimeout = tracking.sysctl.udp_timeout_stream * tracking.hz
  }

  packet(conn: Connection, packet: Packet, dir: number): number {
    if (this.#isBroken(packet)) return INVALID
    if (conn.seenReply && !conn.assured) {
      conn.status |= IPS_ASSURED
      packet.events |= IPCT_ASSURED
    }
    this.#tracking.refresh(conn, packet, dir, conn.seenReply ? this.#streamTimeout : this.#timeout)
    return ACCEPT
  }

  /** RFC 3828: the length field is how much the checksum covers, and a checksum there must be. */
  #isBroken(packet: Packet): boolean {
    const room = packet.end - packet.l4
    if (room < HEADER) {
      packet.note(IPPROTO_UDPLITE, REASON.SHORT)
      return true
    }
    const coverage = packet.view.getUint16(packet.l4 + 4)
    if (coverage !== 0 && (coverage < HEADER || coverage > room)) packet.note(IPPROTO_UDPLITE, REASON.UDPLITE_COVERAGE)
    else if (packet.view.getUint16(packet.l4 + 6) === 0) packet.note(IPPROTO_UDPLITE, REASON.UDPLITE_NO_CHECKSUM)
    else if (this.#tracking.sysctl.checksum !== 0 && checksumFails(packet, IPPROTO_UDPLITE)) {
      packet.note(IPPROTO_UDPLITE, REASON.BAD_CHECKSUM)
    } else return false
    return true
  }
}
