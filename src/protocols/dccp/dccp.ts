// DCCP: state table by role, and the handshake's sequence number.
// Kernel: nf_conntrack_proto_dccp.c, nf_conntrack_dccp_packet() (v6.12). RFC 4340.
// Not here: nf_conntrack_dccp_loose. It asks what to do when a table's first column holds another state than REQUEST, and the
// kernel's holds none: a connection is never picked up on its way.

import { CELL_IGNORE, CELL_INVALID } from '../../base/grid.ts'
import { REASON } from '../../base/reasons.ts'
import { IPPROTO_DCCP } from '../../base/units.ts'
import { ACCEPT, INVALID } from '../../base/verdict.ts'
import { checksumFails } from '../../ip/checksum.ts'
import type { Packet } from '../../ip/packet.ts'
import type { Connection } from '../../table/connection.ts'
import { IPCT_PROTOINFO, IPS_ASSURED } from '../../table/status.ts'
import type { Tracker, Tracking } from '../tracker.ts'
import {
  CLIENT, CLOSEREQ, CLOSING, NONE, PARTOPEN, REQUEST, RESPOND, SERVER, STATES, TIMEWAIT, TRANSITIONS, TYPES,
} from './states.ts'
import { DccpWords } from './words.ts'

const HEADER = 12 // bytes of the generic header with short sequence numbers
const EXTENSION = 4 // bytes more with long ones

// Types of packet (RFC 4340 section 5.1).
const TYPE_REQUEST = 0
const TYPE_RESPONSE = 1
const TYPE_DATA = 2
const TYPE_ACK = 3
const TYPE_DATAACK = 4
const TYPE_RESET = 7

/** Bytes behind the generic header, by type: service code, acknowledgement number, or both (RFC 4340 sections 5.1 to 5.6). */
const MORE_HEADER = [4, 12, 0, 8, 8, 8, 8, 12, 8, 8]

export class DccpTracker implements Tracker {
  /** Ticks by state, shape [8]. */
  readonly timeouts: Float64Array
  readonly words = new DccpWords()
  readonly #tracking: Tracking
  /** Type of the packet, and whether its sequence numbers have 48 bits. */
  #type = 0
  #isLong = false

  constructor(tracking: Tracking) {
    this.#tracking = tracking
    const { sysctl, hz } = tracking
    this.timeouts = Float64Array.of(
      0, sysctl.dccp_timeout_request, sysctl.dccp_timeout_respond, sysctl.dccp_timeout_partopen, sysctl.dccp_timeout_open,
      sysctl.dccp_timeout_closereq, sysctl.dccp_timeout_closing, sysctl.dccp_timeout_timewait,
    ).map((seconds) => seconds * hz)
  }

  packet(conn: Connection, packet: Packet, dir: number): number {
    if (packet.end - packet.l4 < HEADER || this.#isBroken(packet)) return INVALID
    const type = this.#type
    if (packet.end - packet.l4 < this.#genericHeader + MORE_HEADER[type]!) return INVALID
    const words = this.words.at(conn)
    if (!conn.confirmed && TRANSITIONS[(CLIENT * TYPES + type) * STATES + NONE] === CELL_INVALID) {
      packet.note(IPPROTO_DCCP, REASON.DCCP_NEW, type)
      return INVALID
    }
    // A reset is the only answer there was: nothing was ever established.
    if (type === TYPE_RESET && !conn.seenReply) {
      this.#tracking.kill(conn, packet, dir)
      return ACCEPT
    }

    const oldState = words.state
    const role = dir === words.client ? CLIENT : SERVER
    const cell = TRANSITIONS[(role * TYPES + type) * STATES + oldState]!
    if (cell === CELL_INVALID) {
      packet.note(IPPROTO_DCCP, REASON.DCCP_STATE_INVALID, type, dir, oldState)
      return INVALID
    }
    let newState = cell
    if (cell === CELL_IGNORE) {
      if (!this.#answersIgnoredRequest(dir)) {
        words.move(oldState, type, dir)
        packet.note(IPPROTO_DCCP, REASON.DCCP_STATE_IGNORED, type, dir, oldState)
        return ACCEPT
      }
      words.client = 1 - dir
      this.#noteHandshake(packet)
      newState = RESPOND
    } else this.#onMove(conn, packet, dir, role, oldState, newState)

    words.move(newState, type, dir)
    if (newState !== oldState) packet.events |= IPCT_PROTOINFO
    this.#tracking.refresh(conn, packet, dir, this.timeouts[newState]!)
    return ACCEPT
  }

  /** Generic header and type; reads both. Kernel: dccp_error(). */
  #isBroken(packet: Packet): boolean {
    const { view, l4 } = packet
    const length = packet.end - l4
    const headerLength = view.getUint8(l4 + 4) * 4
    const coverage = view.getUint8(l4 + 5) & 15
    this.#type = (view.getUint8(l4 + 8) >>> 1) & 15
    this.#isLong = (view.getUint8(l4 + 8) & 1) !== 0
    if (headerLength < HEADER || headerLength > length) packet.note(IPPROTO_DCCP, REASON.DCCP_MALFORMED)
    else if (coverage > 0 && (coverage - 1) * 4 > length) packet.note(IPPROTO_DCCP, REASON.DCCP_COVERAGE)
    else if (this.#tracking.sysctl.checksum !== 0 && checksumFails(packet, IPPROTO_DCCP)) packet.note(IPPROTO_DCCP, REASON.DCCP_CHECKSUM)
    else if (this.#type >= TYPES) packet.note(IPPROTO_DCCP, REASON.DCCP_TYPE)
    else if (!this.#isLong && needsLong(this.#type)) packet.note(IPPROTO_DCCP, REASON.DCCP_SEQ48)
    else return false
    return true
  }

  get #genericHeader(): number { return this.#isLong ? HEADER + EXTENSION : HEADER }

  /** What the table alone does not say of a state. */
  #onMove(conn: Connection, packet: Packet, dir: number, role: number, oldState: number, newState: number): void {
    const { words } = this
    if (newState === REQUEST) {
      if (oldState === TIMEWAIT && role === SERVER) words.client = dir
    } else if (newState === RESPOND) {
      if (oldState === REQUEST) this.#noteHandshake(packet)
    } else if (newState === PARTOPEN && oldState === RESPOND && this.#type === TYPE_ACK) {
      // Of an Ack with short numbers the same bytes are read as if they were long.
      const ack = packet.l4 + this.#genericHeader + 2
      if (words.isHandshake(packet.view.getUint16(ack), packet.view.getInt32(ack + 2))) conn.status |= IPS_ASSURED
    }
  }

  /** A Response right after the other side's Request was ignored: the two agree, so the entry follows them. */
  #answersIgnoredRequest(dir: number): boolean {
    const { words } = this
    return this.#type === TYPE_RESPONSE && words.lastType === TYPE_REQUEST && words.lastDir !== dir
  }

  /** Remembers a Response's sequence number: 48 bits, as its type needs. */
  #noteHandshake({ view, l4 }: Packet): void {
    this.words.setHandshake(view.getUint16(l4 + 10), view.getInt32(l4 + 12))
  }
}

/** All but Data, Ack and DataAck have long sequence numbers (RFC 4340 section 5.1). */
function needsLong(type: number): boolean {
  return type !== TYPE_DATA && type !== TYPE_ACK && type !== TYPE_DATAACK
}

/** Closing states: such an entry is the first to go when the table is full. Kernel: dccp_can_early_drop(). */
export function canEarlyDrop(state: number): boolean {
  return state === CLOSEREQ || state === CLOSING || state === TIMEWAIT
}
