// SCTP: state table, verification tags, and the chunks of a packet one by one. A packet may move the state more than once.
// Kernel: nf_conntrack_proto_sctp.c, nf_conntrack_sctp_packet() (v6.12).

import { CELL_INVALID } from '../../base/grid.ts'
import { REASON } from '../../base/reasons.ts'
import { IPPROTO_SCTP } from '../../base/units.ts'
import { ACCEPT, INVALID, ORIGINAL, REPLY } from '../../base/verdict.ts'
import { checksumFails } from '../../ip/checksum.ts'
import type { Packet } from '../../ip/packet.ts'
import type { Connection } from '../../table/connection.ts'
import { IPCT_ASSURED, IPCT_PROTOINFO, IPS_ASSURED } from '../../table/status.ts'
import type { Tracker, Tracking } from '../tracker.ts'
import {
  ABORT, Chunks, COOKIE_ACK, COOKIE_ECHO, DATA, ERROR, HEADER, HEARTBEAT, HEARTBEAT_ACK, INIT, INIT_ACK, SHUTDOWN, SHUTDOWN_ACK,
  SHUTDOWN_COMPLETE,
} from './chunks.ts'
import {
  CLOSED, ESTABLISHED, KINDS, NONE, SHUTDOWN_ACK_SENT, SHUTDOWN_RECD, SHUTDOWN_SENT, STATES, TRANSITIONS,
} from './states.ts'
import { SctpWords } from './words.ts'

/** Chunks that nobody sends first (RFC 9260 section 8.4). */
const NEVER_FIRST = 1 << ABORT | 1 << SHUTDOWN_COMPLETE | 1 << COOKIE_ACK
/** Chunks that a packet's tag is judged with, and not before (RFC 9260 section 8.5.1). */
const JUDGED_APART = 1 << INIT | 1 << SHUTDOWN_COMPLETE | 1 << COOKIE_ECHO | 1 << ABORT | 1 << SHUTDOWN_ACK | 1 << HEARTBEAT |
  1 << HEARTBEAT_ACK

/** Row of each type of chunk in the table; NO_ROW for those that move nothing, as DATA and SACK. */
const NO_ROW = 255
export const ROW_OF = new Uint8Array(256).fill(NO_ROW)
const ROWS = [
  INIT, INIT_ACK, ABORT, SHUTDOWN, SHUTDOWN_ACK, ERROR, COOKIE_ECHO, COOKIE_ACK, SHUTDOWN_COMPLETE, HEARTBEAT, HEARTBEAT_ACK,
]
ROWS.forEach((type, row) => { ROW_OF[type] = row })

// What a chunk's verification tag says of the packet.
const FITS = 1
const PASSED_OVER = 0 // the chunk counts for nothing, and the packet does not keep the entry alive
const REFUSED = -1

export class SctpTracker implements Tracker {
  /** Ticks by state, shape [9]. */
  readonly timeouts: Float64Array
  readonly chunks = new Chunks()
  readonly words = new SctpWords()
  readonly #tracking: Tracking
  /** The packet is let through without a new timeout and without being counted. */
  #passive = false

  constructor(tracking: Tracking) {
    this.#tracking = tracking
    const { sysctl, hz } = tracking
    this.timeouts = Float64Array.of(
      10, sysctl.sctp_timeout_closed, sysctl.sctp_timeout_cookie_wait, sysctl.sctp_timeout_cookie_echoed, sysctl.sctp_timeout_established,
      sysctl.sctp_timeout_shutdown_sent, sysctl.sctp_timeout_shutdown_recd, sysctl.sctp_timeout_shutdown_ack_sent,
      sysctl.sctp_timeout_heartbeat_sent,
    ).map((seconds) => seconds * hz)
  }

  packet(conn: Connection, packet: Packet, dir: number): number {
    if (this.#isBroken(packet)) return INVALID
    const chunks = this.chunks.at(packet)
    if (!chunks.areSound(packet)) return INVALID
    const words = this.words.at(conn)
    if (!conn.confirmed && (chunks.has(NEVER_FIRST) || !this.#open())) return INVALID
    if (!chunks.has(JUDGED_APART) && chunks.tag !== words.tag(dir)) {
      packet.note(IPPROTO_SCTP, REASON.SCTP_TAG, chunks.tag, words.tag(dir), dir)
      return INVALID
    }
    if (!this.#walk(conn, packet, dir)) {
      words.heldEvents |= packet.events
      packet.events = 0
      return INVALID
    }
    packet.events |= words.heldEvents
    words.heldEvents = 0
    if (!this.#passive) this.#tracking.refresh(conn, packet, dir, this.timeouts[words.state]!)
    return ACCEPT
  }

  /** Kernel: sctp_error(). */
  #isBroken(packet: Packet): boolean {
    if (packet.end - packet.l4 < HEADER) packet.note(IPPROTO_SCTP, REASON.SCTP_SHORT)
    else if (this.#tracking.sysctl.checksum !== 0 && checksumFails(packet, IPPROTO_SCTP)) packet.note(IPPROTO_SCTP, REASON.SCTP_CHECKSUM)
    else return false
    return true
  }

  /**
   * First packet of a connection: every chunk of it must be one that moves the state. Learns the tags.
   * @kernel  sctp_new() — v6.12
   */
  #open(): boolean {
    const { chunks, words } = this
    chunks.start()
    while (chunks.next()) {
      switch (chunks.type) {
        case INIT:
          if (chunks.tag !== 0 || !chunks.hasInitHeader) return false
          words.setTag(REPLY, chunks.initTag)
          break
        case HEARTBEAT:
          words.setTag(ORIGINAL, chunks.tag)
          break
        case SHUTDOWN_ACK: // out of the blue: a SHUTDOWN COMPLETE with the same tag answers it
          words.setTag(REPLY, chunks.tag)
          break
        default:
          if (ROW_OF[chunks.type] === NO_ROW) return false
      }
    }
    return true
  }

  /** Takes the chunks in their order. False when one of them makes the packet invalid; what those before it did stands. */
  #walk(conn: Connection, packet: Packet, dir: number): boolean {
    const { chunks, words } = this
    this.#passive = false
    chunks.start()
    while (chunks.next()) {
      const tag = this.#judgeTag(dir)
      if (tag === REFUSED) return false
      if (tag === PASSED_OVER) continue
      const oldState = words.state
      const row = ROW_OF[chunks.type]!
      const newState = row === NO_ROW ? oldState : TRANSITIONS[(dir * KINDS + row) * STATES + oldState]!
      if (newState === CELL_INVALID) {
        packet.note(IPPROTO_SCTP, REASON.SCTP_STATE_INVALID, oldState, dir, chunks.type)
        return false
      }
      if (chunks.type === INIT) {
        if (!this.#onInit(dir, oldState)) return false
        // A repeated INIT does not keep a closed entry alive.
        if (oldState === CLOSED && newState === CLOSED && conn.confirmed) this.#passive = true
      } else if (chunks.type === INIT_ACK && !this.#onInitAck(dir)) return false
      words.state = newState
      if (newState !== oldState) onMoved(conn, packet, newState)
    }
    return true
  }

  /**
   * Holds the packet's verification tag against the chunk (RFC 9260 section 8.5.1), and learns it where none is known.
   * @returns  FITS, PASSED_OVER or REFUSED
   */
  #judgeTag(dir: number): number {
    const { chunks, words } = this
    const { tag } = chunks
    switch (chunks.type) {
      case INIT:
        return tag === 0 ? FITS : REFUSED
      case ABORT:
      case SHUTDOWN_COMPLETE:
        return tag === words.tag(chunks.flagT ? 1 - dir : dir) ? FITS : REFUSED
      case COOKIE_ECHO:
        return tag === words.tag(dir) ? FITS : REFUSED
      case COOKIE_ACK:
        words.setInitSeen(ORIGINAL, false)
        words.setInitSeen(REPLY, false)
        return FITS
      case HEARTBEAT:
      case HEARTBEAT_ACK:
        return this.#judgeHeartbeat(dir)
      default:
        return FITS
    }
  }

  /**
   * Heartbeats tell tags on a path where no INIT was seen. One with another tag than known is let through; when its answer
   * has another tag too, the association was restarted and its tags are learnt anew.
   */
  #judgeHeartbeat(dir: number): number {
    const { chunks, words } = this
    const known = words.tag(dir)
    if (known === 0) {
      words.setTag(dir, chunks.tag)
      return FITS
    }
    if (chunks.tag === known) {
      words.badTag = false
      return FITS
    }
    if (chunks.has(1 << DATA) || this.#passive) return REFUSED
    if (chunks.type === HEARTBEAT) {
      words.badTag = true
      words.lastDir = dir
      this.#passive = true
      return PASSED_OVER
    }
    if (!words.badTag || words.lastDir === dir) return REFUSED
    words.badTag = false
    words.setTag(dir, chunks.tag)
    words.setTag(1 - dir, 0)
    return FITS
  }

  /** Notes the tag that an INIT asks for, and who has sent one: both sides may, and their INITs cross. */
  #onInit(dir: number, oldState: number): boolean {
    const { chunks, words } = this
    if (!chunks.hasInitHeader) return false
    const other = 1 - dir
    if (oldState === NONE || words.tag(other) !== chunks.initTag) {
      if (words.initSeen(dir)) words.setInitSeen(other, false)
      words.setInitSeen(dir, true)
    }
    words.setTag(other, chunks.initTag)
    return true
  }

  /** An INIT ACK must repeat the tag known for the other side, unless that side's INIT waits for it. */
  #onInitAck(dir: number): boolean {
    const { chunks, words } = this
    if (!chunks.hasInitHeader) return false
    const other = 1 - dir
    const known = words.tag(other)
    if (known !== chunks.initTag) {
      const collides = words.initSeen(dir) && words.initSeen(other)
      if (collides || (known !== 0 && !words.initSeen(other))) return false
    }
    words.setTag(other, chunks.initTag)
    return true
  }
}

function onMoved(conn: Connection, packet: Packet, state: number): void {
  packet.events |= IPCT_PROTOINFO
  if (state !== ESTABLISHED || conn.assured) return
  conn.status |= IPS_ASSURED
  packet.events |= IPCT_ASSURED
}

/** Closing states: such an entry is the first to go when the table is full. Kernel: sctp_can_early_drop(). */
export function canEarlyDrop(state: number): boolean {
  return state === SHUTDOWN_SENT || state === SHUTDOWN_RECD || state === SHUTDOWN_ACK_SENT
}
