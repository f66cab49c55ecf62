// TCP: state table, window tracking, and the cases the table alone cannot decide.
// Kernel: nf_conntrack_proto_tcp.c, nf_conntrack_tcp_packet() (v6.12). Not here: SYN proxy, NAT's sequence adjustment.

import { CELL_IGNORE, CELL_INVALID } from '../../base/grid.ts'
import { REASON } from '../../base/reasons.ts'
import { seqAdd, seqBefore } from '../../base/seq.ts'
import { IPPROTO_TCP } from '../../base/units.ts'
import { ACCEPT, INVALID, ORIGINAL, REPEAT, REPLY } from '../../base/verdict.ts'
import { checksumFails } from '../../ip/checksum.ts'
import type { Packet } from '../../ip/packet.ts'
import type { Connection } from '../../table/connection.ts'
import { IPCT_ASSURED, IPCT_PROTOINFO, IPS_ASSURED, IPS_FIXED_TIMEOUT } from '../../table/status.ts'
import { END_REOPENED } from '../../table/table.ts'
import type { Tracker, Tracking } from '../tracker.ts'
import { Segment } from './segment.ts'
import {
  ACK, CLOSE, CLOSE_WAIT, ESTABLISHED, FIN, FIN_WAIT, LAST_ACK, NO_FLAG, NONE, RETRANS, RST, SYN, SYN_RECV, SYN_SENT, SYN_SENT2, SYNACK,
  TIME_WAIT, TRANSITIONS, UNACK,
} from './states.ts'
import { IGNORED, OUTSIDE, WindowCheck } from './window.ts'
import {
  FLAG_BE_LIBERAL, FLAG_CLOSE_INIT, FLAG_DATA_UNACKNOWLEDGED, FLAG_EXPECT_CHALLENGE_ACK, FLAG_MAXACK_SET, FLAG_SACK_PERM,
  FLAG_SIMULTANEOUS_OPEN, TcpShared, TcpSide,
} from './words.ts'

// What a special case decides, beside a new state (0-9).
const DONE = -1 // let through, nothing changes
const REFUSED = -2
const REOPEN = -3

const STUBBORN_SECONDS = 120 // an entry with less time than this is left alone when a late FIN or RST is refused

export class TcpTracker implements Tracker {
  /** Ticks by state, then RETRANS, UNACK; shape [12]. */
  readonly timeouts: Int32Array
  readonly segment = new Segment()
  readonly window = new WindowCheck()
  readonly sender = new TcpSide()
  readonly receiver = new TcpSide()
  readonly shared = new TcpShared()
  readonly #tracking: Tracking
  // Knobs, read once: a look-up by name in a set this large costs as much as a bound of the window check.
  readonly #verifiesChecksum: boolean
  readonly #isLiberal: boolean
  readonly #isLoose: boolean
  readonly #ignoresInvalidRst: boolean
  readonly #maxRetransmits: number
  /** The segment is beyond the window check: it closes what is over anyway, or answers something let through before. */
  #skipWindow = false
  /** The entry follows a handshake it had ignored: its old state counts as SYN_SENT. */
  #resynchronised = false

  constructor(tracking: Tracking) {
    this.#tracking = tracking
    const { sysctl, hz } = tracking
    this.#verifiesChecksum = sysctl.checksum !== 0
    this.#isLiberal = sysctl.tcp_be_liberal !== 0
    this.#isLoose = sysctl.tcp_loose !== 0
    this.#ignoresInvalidRst = sysctl.tcp_ignore_invalid_rst !== 0
    this.#maxRetransmits = sysctl.tcp_max_retrans
    this.timeouts = Int32Array.of(
      0, sysctl.tcp_timeout_syn_sent, sysctl.tcp_timeout_syn_recv, sysctl.tcp_timeout_established, sysctl.tcp_timeout_fin_wait,
      sysctl.tcp_timeout_close_wait, sysctl.tcp_timeout_last_ack, sysctl.tcp_timeout_time_wait, sysctl.tcp_timeout_close,
      sysctl.tcp_timeout_syn_sent, sysctl.tcp_timeout_max_retrans, sysctl.tcp_timeout_unacknowledged,
    ).map((seconds) => seconds * hz)
    this.timeouts[SYN_SENT2] = 120 * hz // no knob of its own
  }

  packet(conn: Connection, packet: Packet, dir: number): number {
    if (packet.end - packet.l4 < 20) return INVALID
    const segment = this.segment
    segment.read(packet)
    if (this.#isBroken(packet)) return INVALID

    const shared = this.shared.at(conn)
    const sender = this.sender.at(conn, dir)
    const receiver = this.receiver.at(conn, 1 - dir)
    if (!conn.confirmed && !this.#open(packet)) return INVALID

    const oldState = shared.state
    const kind = segment.kind
    const cell = TRANSITIONS[(dir * 6 + kind) * 10 + oldState]!
    this.#skipWindow = false
    this.#resynchronised = false
    const newState = cell === ESTABLISHED || cell === FIN_WAIT || cell === CLOSE_WAIT ? cell : this.#special(conn, packet, dir, oldState, cell)
    if (newState < 0) return newState === DONE ? ACCEPT : newState === REOPEN ? REPEAT : INVALID

    if (this.#skipWindow) this.window.retransmits = shared.retransmits
    else {
      const liberal = (sender.flags & FLAG_BE_LIBERAL) !== 0 || this.#isLiberal
      const fits = this.window.run(segment, sender, receiver, shared, dir, liberal)
      if (fits === IGNORED) {
        packet.note(IPPROTO_TCP, this.window.reason, this.window.bound)
        return ACCEPT
      }
      if (fits === OUTSIDE) {
        this.#onOutside(conn, packet, dir)
        return INVALID
      }
    }
    return this.#accepted(conn, packet, dir, oldState, newState)
  }

  /** Header and flags that no stack sends. Kernel: tcp_error(). */
  #isBroken(packet: Packet): boolean {
    const segment = this.segment
    if (segment.headerLength < 20 || packet.end - packet.l4 < segment.headerLength) packet.note(IPPROTO_TCP, REASON.TRUNCATED)
    else if (this.#verifiesChecksum && checksumFails(packet, IPPROTO_TCP)) packet.note(IPPROTO_TCP, REASON.BAD_CHECKSUM)
    else if (!segment.validFlags) packet.note(IPPROTO_TCP, REASON.TCP_FLAGS)
    else return false
    return true
  }

  /** First packet of a connection: a SYN, or with tcp_loose whatever acknowledges something. Kernel: tcp_new(). */
  #open(packet: Packet): boolean {
    const segment = this.segment
    const state = TRANSITIONS[segment.kind * 10 + NONE]!
    if (state === CELL_INVALID) {
      packet.note(IPPROTO_TCP, REASON.TCP_NEW)
      return false
    }
    if (state !== SYN_SENT && !this.#isLoose) return false
    const sender = this.sender
    sender.end = segment.end
    sender.maxWin = segment.window === 0 ? 1 : segment.window
    if (state === SYN_SENT) {
      sender.maxEnd = sender.end
      segment.readSynOptions(sender)
    } else {
      // In mid-stream: SACK is assumed, and windows are not judged because their scale is unknown.
      sender.maxEnd = seqAdd(sender.end, sender.maxWin)
      sender.flags = this.receiver.flags = FLAG_SACK_PERM | FLAG_BE_LIBERAL
    }
    this.shared.lastKind = NO_FLAG
    return true
  }

  /** Cells that need more than the table: returns the new state, DONE, REFUSED or REOPEN. */
  #special(conn: Connection, packet: Packet, dir: number, oldState: number, cell: number): number {
    const { shared, segment } = this
    switch (cell) {
      case SYN_SENT:
        if (oldState < TIME_WAIT) return cell
        return this.#isOver(dir) ? this.#onReopen(conn) : this.#onIgnored(packet, dir, oldState)
      case CELL_IGNORE:
        return this.#onIgnored(packet, dir, oldState)
      case CELL_INVALID:
        packet.note(IPPROTO_TCP, REASON.TCP_STATE_INVALID, segment.kind, dir, oldState)
        return REFUSED
      case TIME_WAIT:
        // An ACK that answers a SYN we let through is RFC 5961's challenge; it does not acknowledge the last FIN.
        if (
          oldState === LAST_ACK && segment.kind === ACK && shared.lastDir !== dir && shared.lastKind === SYN &&
          (shared.lastFlags & FLAG_EXPECT_CHALLENGE_ACK) !== 0
        ) {
          shared.lastFlags &= ~FLAG_EXPECT_CHALLENGE_ACK
          packet.note(IPPROTO_TCP, REASON.TCP_CHALLENGE_ACK)
          return DONE
        }
        return cell
      case SYN_SENT2:
        shared.lastFlags |= FLAG_SIMULTANEOUS_OPEN
        return cell
      case SYN_RECV:
        return dir === REPLY && segment.kind === ACK && (shared.lastFlags & FLAG_SIMULTANEOUS_OPEN) !== 0 ? ESTABLISHED : cell
      case CLOSE:
        return segment.kind === RST ? this.#onReset(conn, packet, dir, oldState) : cell
      default:
        return cell
    }
  }

  /** The connection was closed by a FIN of either side, or reset by the one that now sends a SYN. */
  #isOver(dir: number): boolean {
    const { sender, receiver, shared } = this
    return ((sender.flags | receiver.flags) & FLAG_CLOSE_INIT) !== 0 || (shared.lastDir === dir && shared.lastKind === RST)
  }

  /** A SYN after the end: the entry goes, and the same packet opens a new one (RFC 9293 section 3.6.1). */
  #onReopen(conn: Connection): number {
    this.#tracking.table.end(conn.index, END_REOPENED)
    return REOPEN
  }

  /**
   * A packet that may belong to a real connection that our entry no longer matches: let through, and noted, because the
   * answer to it will tell.
   */
  #onIgnored(packet: Packet, dir: number, oldState: number): number {
    const { shared, segment } = this
    const kind = segment.kind
    if (kind === SYNACK && shared.lastKind === SYN && shared.lastDir !== dir && segment.ack === shared.lastEnd) {
      return this.#resynchronise()
    }
    shared.lastKind = kind
    shared.lastDir = dir
    shared.lastSeq = segment.seq
    shared.lastEnd = segment.end
    shared.lastWin = segment.window
    if (kind === SYN && dir === ORIGINAL) {
      const options = segment.synOptions()
      shared.lastScale = options >>> 8
      shared.lastFlags = (options & 255) | (oldState === LAST_ACK ? FLAG_EXPECT_CHALLENGE_ACK : 0)
    }
    if (oldState === SYN_SENT && kind === ACK && dir === REPLY) shared.lastAck = segment.ack
    packet.note(IPPROTO_TCP, REASON.TCP_STATE_IGNORED, kind, dir, oldState)
    return DONE
  }

  /** A SYN/ACK that answers a SYN we ignored: client and server are in step, so we follow them. */
  #resynchronise(): number {
    const { shared, receiver, sender } = this
    receiver.end = receiver.maxEnd = shared.lastEnd
    receiver.maxWin = shared.lastWin === 0 ? 1 : shared.lastWin
    receiver.scale = shared.lastScale
    shared.lastFlags &= ~FLAG_EXPECT_CHALLENGE_ACK
    receiver.flags = shared.lastFlags
    sender.clear()
    this.#resynchronised = true
    return SYN_RECV
  }

  /** A RST in any state but NONE: returns the new state, or REFUSED. */
  #onReset(conn: Connection, packet: Packet, dir: number, oldState: number): number {
    const { shared, receiver, segment } = this
    // Closing already: the tuple may have been used again, so nothing here can be judged.
    if (canEarlyDrop(oldState)) {
      this.#skipWindow = true
      return CLOSE
    }
    let newState = CLOSE
    if ((receiver.flags & FLAG_MAXACK_SET) !== 0 && shared.lastKind !== SYN) {
      const established = oldState === ESTABLISHED && conn.assured
      // Most likely the answer to a SYN that was let through.
      if (segment.seq === 0 && !established) return CLOSE
      if (seqBefore(segment.seq, receiver.maxAck) && !this.#ignoresInvalidRst) {
        packet.note(IPPROTO_TCP, REASON.TCP_RST)
        return REFUSED
      }
      const exact = segment.seq === receiver.maxAck
      const followsOwnData = shared.lastKind === ACK && shared.lastDir === dir && segment.seq === shared.lastEnd
      if (!established || exact || followsOwnData) return CLOSE
      // Not exact: the receiver may challenge it, so the connection is taken to live on.
      newState = oldState
    }
    const answersSyn = conn.seenReply && shared.lastKind === SYN && shared.lastDir !== dir
    const answersAck = !conn.assured && shared.lastKind === ACK
    if ((answersSyn || answersAck) && segment.ack === shared.lastEnd) this.#skipWindow = true
    // The reset that answers a challenge ACK we let through.
    else if (oldState === SYN_SENT && shared.lastKind === ACK && shared.lastDir === REPLY && segment.seq === shared.lastAck) {
      this.#skipWindow = true
    }
    return newState
  }

  /** A segment outside the window: logged; two late FINs or RSTs from both sides shorten the entry's life. */
  #onOutside(conn: Connection, packet: Packet, dir: number): void {
    const { shared, segment } = this
    packet.note(IPPROTO_TCP, this.window.reason, this.window.bound)
    const status = conn.status
    if ((status & IPS_ASSURED) === 0 || (status & IPS_FIXED_TIMEOUT) !== 0) return
    if (segment.kind !== RST && segment.kind !== FIN) return
    if (shared.lastDir !== dir && (shared.lastKind === FIN || shared.lastKind === RST)) {
      const left = conn.deadline - packet.tick
      const timeout = this.timeouts[UNACK]!
      if (left < STUBBORN_SECONDS * this.#tracking.hz || left <= timeout) return
      this.#tracking.table.setTimeout(conn, timeout)
      packet.note(IPPROTO_TCP, REASON.TCP_LOWERED)
    } else {
      shared.lastKind = segment.kind
      shared.lastDir = dir
    }
  }

  /** The segment stands: state, timeout, counters, status. */
  #accepted(conn: Connection, packet: Packet, dir: number, tableState: number, newState: number): number {
    const { shared, sender, segment } = this
    const oldState = this.#resynchronised ? SYN_SENT : tableState
    shared.move(newState, segment.kind, dir, this.window.retransmits)
    if (oldState !== newState && newState === FIN_WAIT) sender.flags |= FLAG_CLOSE_INIT
    let timeout = this.#timeout(newState)
    if (newState !== oldState) packet.events |= IPCT_PROTOINFO

    if (!conn.seenReply) {
      // A reset is the only answer there was: nothing was ever established.
      if (segment.rst) {
        this.#tracking.kill(conn, packet, dir)
        return ACCEPT
      }
      // A repeated SYN does not keep the entry alive.
      if (segment.kind === SYN && oldState === SYN_SENT) return ACCEPT
      // Picked up in mid-stream and not answered yet.
      if (newState === ESTABLISHED) timeout = Math.min(timeout, this.timeouts[UNACK]!)
    } else if (!conn.assured && (oldState === SYN_RECV || oldState === ESTABLISHED) && newState === ESTABLISHED) {
      conn.status |= IPS_ASSURED
      packet.events |= IPCT_ASSURED
    }
    this.#tracking.refresh(conn, packet, dir, timeout)
    return ACCEPT
  }

  /**
   * How long the connection may stay silent. First rule that holds wins: too many equal ACKs, an inexact RST, data not
   * acknowledged, a zero window, the state.
   */
  #timeout(state: number): number {
    const { timeouts, shared, sender, receiver, segment } = this
    const own = timeouts[state]!
    const retrans = timeouts[RETRANS]!
    const unack = timeouts[UNACK]!
    if (this.window.retransmits >= this.#maxRetransmits && own > retrans) return retrans
    if (segment.kind === RST && state === ESTABLISHED && own > unack) return unack
    if (((sender.flags | receiver.flags) & FLAG_DATA_UNACKNOWLEDGED) !== 0 && own > unack) return unack
    if (shared.lastWin === 0 && own > retrans) return retrans
    return own
  }
}

/** Closing states: such an entry is the first to go when the table is full. Kernel: tcp_can_early_drop(). */
export function canEarlyDrop(state: number): boolean {
  return state === FIN_WAIT || state === LAST_ACK || state === TIME_WAIT || state === CLOSE || state === CLOSE_WAIT
}
