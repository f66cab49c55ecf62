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
import { PRIVATE } from '../../table/layout.ts'
import { IPCT_ASSURED, IPCT_PROTOINFO, IPS_ASSURED, IPS_FIXED_TIMEOUT, IPS_SEEN_REPLY } from '../../table/status.ts'
import { END_REOPENED } from '../../table/table.ts'
import type { Tracker, Tracking } from '../tracker.ts'
import { Segment } from './segment.ts'
import {
  ACK, CLOSE, CLOSE_WAIT, ESTABLISHED, FIN, FIN_WAIT, LAST_ACK, NO_FLAG, NONE, RETRANS, RST, SYN, SYN_RECV, SYN_SENT, SYN_SENT2, SYNACK,
  TIME_WAIT, UNACK,
} from './states.ts'
import { TRANSITIONS } from './transitions.ts'
import { IGNORED, INSIDE, WindowCheck } from './window.ts'
import {
  FLAG_BE_LIBERAL, FLAG_CLOSE_INIT, FLAG_DATA_UNACKNOWLEDGED, FLAG_EXPECT_CHALLENGE_ACK, FLAG_MAXACK_SET, FLAG_SACK_PERM,
  FLAG_SIMULTANEOUS_OPEN, FLAGS, LAST_WIN, SIDE_WORDS, STATE,
} from './fields.ts'
import { TcpCursors } from './words.ts'

// What a special case decides: a new state, with or without a bit more, or that there is none.
const STATE_BITS = 15
/** The segment is beyond the window check: it closes what is over anyway, or answers something let through before. */
const SKIP_WINDOW = 16
/** The entry follows a handshake it had ignored: its old state counts as SYN_SENT. */
const RESYNCHRONISED = 32
const DONE = -1 // let through, nothing changes
const REFUSED = -2
const REOPEN = -3

const STUBBORN_SECONDS = 120 // an entry with less time than this is left alone when a late FIN or RST is refused

export class TcpTracker implements Tracker {
  /** Ticks by state, then RETRANS, UNACK; shape [12]. */
  readonly timeouts: Int32Array
  /** What the last packet said, as far as the window check left it so. */
  readonly segment = new Segment()
  readonly #cursors = new TcpCursors()
  readonly #window: WindowCheck
  readonly #tracking: Tracking
  // Knobs, read once: a look-up by name in a set this large costs as much as a bound of the window check.
  readonly #verifiesChecksum: boolean
  readonly #isLoose: boolean
  readonly #ignoresInvalidRst: boolean
  readonly #maxRetransmits: number

  constructor(tracking: Tracking) {
    this.#tracking = tracking
    const { sysctl, hz } = tracking
    this.#verifiesChecksum = sysctl.checksum !== 0
    this.#window = new WindowCheck(this.#cursors, sysctl.tcp_be_liberal !== 0)
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
    const room = packet.end - packet.l4
    if (room < 20) return INVALID
    const segment = this.segment
    segment.read(packet)
    const isSound = segment.hasPossibleFlags && segment.headerLength >= 20 && room >= segment.headerLength && !this.#verifiesChecksum
    if (!isSound && this.#isBroken(packet)) return INVALID

    const { words } = conn
    const g = conn.base + PRIVATE
    const tableState = words[g + STATE]! & 255
    const { kind } = segment
    const cell = TRANSITIONS[(dir * 6 + kind) * 10 + tableState]!
    const isPlain = cell === ESTABLISHED || cell === FIN_WAIT || cell === CLOSE_WAIT
    let newState = cell
    let oldState = tableState
    let skipsWindow = false
    if (!isPlain || !conn.confirmed) {
      if (!conn.confirmed && !this.#open(conn, packet, dir)) return INVALID
      const answer = this.#special(conn, packet, dir, tableState, cell)
      if (answer < 0) return answer === DONE ? ACCEPT : answer === REOPEN ? REPEAT : INVALID
      newState = answer & STATE_BITS
      skipsWindow = (answer & SKIP_WINDOW) !== 0
      if ((answer & RESYNCHRONISED) !== 0) oldState = SYN_SENT
    }

    const window = this.#window
    if (skipsWindow) window.retransmits = words[g + STATE]! >>> 24
    else {
      const fits = window.run(segment, conn, dir)
      if (fits !== INSIDE) return this.#onMisfit(conn, packet, dir, fits)
    }

    // The segment stands: state, timeout, status, counters.
    words[g + STATE] = (window.retransmits << 24) | (dir << 16) | (kind << 8) | newState
    if (newState !== oldState) {
      if (newState === FIN_WAIT) words[g + dir * SIDE_WORDS + FLAGS] = words[g + dir * SIDE_WORDS + FLAGS]! | FLAG_CLOSE_INIT
      packet.events |= IPCT_PROTOINFO
    }
    let timeout = this.#timeout(words, g, kind, newState)
    const status = conn.status
    if ((status & IPS_SEEN_REPLY) === 0) {
      // A reset is the only answer there was: nothing was ever established.
      if (kind === RST) {
        this.#tracking.kill(conn, packet, dir)
        return ACCEPT
      }
      // A repeated SYN does not keep the entry alive.
      if (kind === SYN && oldState === SYN_SENT) return ACCEPT
      // Picked up in mid-stream and not answered yet.
      if (newState === ESTABLISHED) timeout = Math.min(timeout, this.timeouts[UNACK]!)
    } else if ((status & IPS_ASSURED) === 0 && newState === ESTABLISHED && (oldState === SYN_RECV || oldState === ESTABLISHED)) {
      conn.status = status | IPS_ASSURED
      packet.events |= IPCT_ASSURED
    }
    this.#tracking.refresh(conn, packet, dir, timeout)
    return ACCEPT
  }

  /**
   * How long the connection may stay silent. First rule that holds wins: too many equal ACKs, an inexact RST, data not
   * acknowledged, a zero window, the state.
   * @param g  first of the connection's private words
   */
  #timeout(words: Int32Array, g: number, kind: number, state: number): number {
    const { timeouts } = this
    const own = timeouts[state]!
    const retrans = timeouts[RETRANS]!
    const unack = timeouts[UNACK]!
    if (this.#window.retransmits >= this.#maxRetransmits && own > retrans) return retrans
    if (own > unack) {
      if (kind === RST && state === ESTABLISHED) return unack
      if (((words[g + FLAGS]! | words[g + SIDE_WORDS + FLAGS]!) & FLAG_DATA_UNACKNOWLEDGED) !== 0) return unack
    }
    if (own > retrans && (words[g + LAST_WIN]! & 0xffff) === 0) return retrans
    return own
  }

  /** Header and flags that no stack sends. Kernel: tcp_error(). */
  #isBroken(packet: Packet): boolean {
    const segment = this.segment
    if (segment.headerLength < 20 || packet.end - packet.l4 < segment.headerLength) packet.note(IPPROTO_TCP, REASON.TRUNCATED)
    else if (this.#verifiesChecksum && checksumFails(packet, IPPROTO_TCP)) packet.note(IPPROTO_TCP, REASON.BAD_CHECKSUM)
    else if (!segment.hasPossibleFlags) packet.note(IPPROTO_TCP, REASON.TCP_FLAGS)
    else return false
    return true
  }

  /** First packet of a connection: a SYN, or with tcp_loose whatever acknowledges something. Kernel: tcp_new(). */
  #open(conn: Connection, packet: Packet, dir: number): boolean {
    const segment = this.segment
    const { sender, receiver, shared } = this.#cursors.at(conn, dir)
    const state = TRANSITIONS[segment.kind * 10 + NONE]!
    if (state === CELL_INVALID) {
      packet.note(IPPROTO_TCP, REASON.TCP_NEW)
      return false
    }
    if (state !== SYN_SENT && !this.#isLoose) return false
    sender.end = segment.end
    sender.maxWin = segment.window === 0 ? 1 : segment.window
    if (state === SYN_SENT) {
      sender.maxEnd = sender.end
      segment.readSynOptions(sender)
    } else {
      // In mid-stream: SACK is assumed, and windows are not judged because their scale is unknown.
      sender.maxEnd = seqAdd(sender.end, sender.maxWin)
      sender.flags = receiver.flags = FLAG_SACK_PERM | FLAG_BE_LIBERAL
    }
    shared.lastKind = NO_FLAG
    return true
  }

  /** Cells that need more than the table: returns the new state with its bits, DONE, REFUSED or REOPEN. */
  #special(conn: Connection, packet: Packet, dir: number, oldState: number, cell: number): number {
    const { kind } = this.segment
    switch (cell) {
      case SYN_SENT:
        if (oldState < TIME_WAIT) return cell
        return this.#isOver(conn, dir) ? this.#onReopen(conn) : this.#onIgnored(conn, packet, dir, oldState)
      case CELL_IGNORE:
        return this.#onIgnored(conn, packet, dir, oldState)
      case CELL_INVALID:
        packet.note(IPPROTO_TCP, REASON.TCP_STATE_INVALID, kind, dir, oldState)
        return REFUSED
      case TIME_WAIT:
        // An ACK that answers a SYN we let through is RFC 5961's challenge; it does not acknowledge the last FIN.
        return oldState === LAST_ACK && kind === ACK && this.#isChallengeAck(conn, packet, dir) ? DONE : cell
      case SYN_SENT2:
        this.#cursors.at(conn, dir).shared.lastFlags |= FLAG_SIMULTANEOUS_OPEN
        return cell
      case SYN_RECV:
        return dir === REPLY && kind === ACK && this.#isSimultaneousOpen(conn, dir) ? ESTABLISHED : cell
      case CLOSE:
        return kind === RST ? this.#onReset(conn, packet, dir, oldState) : cell
      default:
        return cell
    }
  }

  /** It answers a SYN that was let through; the answer to it will be judged. */
  #isChallengeAck(conn: Connection, packet: Packet, dir: number): boolean {
    const { shared } = this.#cursors.at(conn, dir)
    if (shared.lastDir === dir || shared.lastKind !== SYN || (shared.lastFlags & FLAG_EXPECT_CHALLENGE_ACK) === 0) return false
    shared.lastFlags &= ~FLAG_EXPECT_CHALLENGE_ACK
    packet.note(IPPROTO_TCP, REASON.TCP_CHALLENGE_ACK)
    return true
  }

  #isSimultaneousOpen(conn: Connection, dir: number): boolean {
    return (this.#cursors.at(conn, dir).shared.lastFlags & FLAG_SIMULTANEOUS_OPEN) !== 0
  }

  /** The connection was closed by a FIN of either side, or reset by the one that now sends a SYN. */
  #isOver(conn: Connection, dir: number): boolean {
    const { sender, receiver, shared } = this.#cursors.at(conn, dir)
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
  #onIgnored(conn: Connection, packet: Packet, dir: number, oldState: number): number {
    const segment = this.segment
    const { shared } = this.#cursors.at(conn, dir)
    const { kind } = segment
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
    const { shared, receiver, sender } = this.#cursors
    receiver.end = receiver.maxEnd = shared.lastEnd
    receiver.maxWin = shared.lastWin === 0 ? 1 : shared.lastWin
    receiver.scale = shared.lastScale
    shared.lastFlags &= ~FLAG_EXPECT_CHALLENGE_ACK
    receiver.flags = shared.lastFlags
    sender.clear()
    return SYN_RECV | RESYNCHRONISED
  }

  /** A RST in any state but NONE: returns the new state with its bits, or REFUSED. */
  #onReset(conn: Connection, packet: Packet, dir: number, oldState: number): number {
    const segment = this.segment
    const { shared, receiver } = this.#cursors.at(conn, dir)
    // Closing already: the tuple may have been used again, so nothing here can be judged.
    if (canEarlyDrop(oldState)) return CLOSE | SKIP_WINDOW
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
    if ((answersSyn || answersAck) && segment.ack === shared.lastEnd) return newState | SKIP_WINDOW
    // The reset that answers a challenge ACK we let through.
    const answersChallenge = oldState === SYN_SENT && shared.lastKind === ACK && shared.lastDir === REPLY && segment.seq === shared.lastAck
    return answersChallenge ? newState | SKIP_WINDOW : newState
  }

  /**
   * A segment that does not fit is logged. Outside, two late FINs or RSTs from both sides shorten the entry's life.
   * @param fits  IGNORED or OUTSIDE
   */
  #onMisfit(conn: Connection, packet: Packet, dir: number, fits: number): number {
    packet.note(IPPROTO_TCP, this.#window.reason, this.#window.bound)
    if (fits === IGNORED) return ACCEPT
    const { kind } = this.segment
    const { status } = conn
    if ((status & IPS_ASSURED) === 0 || (status & IPS_FIXED_TIMEOUT) !== 0 || (kind !== RST && kind !== FIN)) return INVALID
    const { shared } = this.#cursors.at(conn, dir)
    if (shared.lastDir !== dir && (shared.lastKind === FIN || shared.lastKind === RST)) {
      const left = conn.deadline - packet.tick
      const timeout = this.timeouts[UNACK]!
      if (left < STUBBORN_SECONDS * this.#tracking.hz || left <= timeout) return INVALID
      this.#tracking.table.setTimeout(conn, timeout)
      packet.note(IPPROTO_TCP, REASON.TCP_LOWERED)
    } else {
      shared.lastKind = kind
      shared.lastDir = dir
    }
    return INVALID
  }
}

/** Closing states: such an entry is the first to go when the table is full. Kernel: tcp_can_early_drop(). */
export function canEarlyDrop(state: number): boolean {
  return state === FIN_WAIT || state === LAST_ACK || state === TIME_WAIT || state === CLOSE || state === CLOSE_WAIT
}
