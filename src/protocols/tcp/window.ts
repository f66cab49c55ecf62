// Whether a segment fits what both sides have said before. 'Real Stateful TCP Packet Filtering in IP Filter' by Guido van
// Rooij (SANE 2000), with the bounds as Linux has changed them.
// Kernel: tcp_in_window() in nf_conntrack_proto_tcp.c (v6.12), here in three steps: prepare, check, update.
//
// The bounds, for a segment seq…end with window win and highest (selective) acknowledgement sack:
//   I    seq  <= sender.maxEnd                       starts inside what the receiver will take
//   II   end  >= sender.end - receiver.maxWin        is not older than a whole window
//   III  sack <= receiver.end                        acknowledges what was seen
//   IV   sack >= receiver.end - max(66000, maxWin)   and something recent

import { REASON } from '../../base/reasons.ts'
import { seqAdd, seqAfter, seqBefore, seqDiff } from '../../base/seq.ts'
import { REPLY } from '../../base/verdict.ts'
import type { Connection } from '../../table/connection.ts'
import { PRIVATE } from '../../table/layout.ts'
import type { Segment } from './segment.ts'
import { ACK, SYN_RECV, SYN_SENT } from './states.ts'
import {
  END, FLAG_BE_LIBERAL, FLAG_DATA_UNACKNOWLEDGED, FLAG_MAXACK_SET, FLAG_SACK_PERM, FLAG_WINDOW_SCALE, FLAGS, LAST_ACK, LAST_END, LAST_SEQ,
  LAST_WIN, MAX_ACK, MAX_END, MAX_WIN, SIDE_WORDS, STATE,
} from './fields.ts'
import { type TcpCursors, type TcpSide } from './words.ts'

const ACK_SLACK = 66_000 // bytes an ACK may lag behind, at least; MAXACKWINCONST

// What the check says.
export const INSIDE = 1
/** Let through without a trace in the entry, and logged. */
export const IGNORED = 0
/** Refused. */
export const OUTSIDE = -1

/** The window check of one segment, and why it said what it said. */
export class WindowCheck {
  /** Why the last segment was not INSIDE, and the bound it crossed. */
  reason = 0
  bound = 0
  /** Equal ACKs in a row, this one included. */
  retransmits = 0
  readonly #cursors: TcpCursors
  readonly #isLiberal: boolean

  /**
   * @param cursors    to be aimed by whoever needs them
   * @param isLiberal  what does not fit passes all the same, and leaves no trace on either side
   */
  constructor(cursors: TcpCursors, isLiberal: boolean) {
    this.#cursors = cursors
    this.#isLiberal = isLiberal
  }

  /**
   * Runs the whole check and, when the segment fits, updates both sides. Sets `segment.sack`; of a segment that is not
   * judged by its own numbers, `seq`, `end` and `ack` too.
   * @returns  INSIDE, IGNORED or OUTSIDE
   */
  run(segment: Segment, conn: Connection, dir: number): number {
    const { words } = conn
    const g = conn.base + PRIVATE
    const s = g + dir * SIDE_WORDS
    const r = g + SIDE_WORDS - dir * SIDE_WORDS
    this.retransmits = words[g + STATE]! >>> 24
    segment.sack = segment.headerLength > 20 && (words[r + FLAGS]! & FLAG_SACK_PERM) !== 0 ? segment.highestSack() : segment.ack
    if ((!segment.isUsual || words[s + MAX_WIN] === 0) && this.#prepare(segment, conn, dir)) return INSIDE

    const { seq, end, ack, sack } = segment
    const senderMaxWin = words[s + MAX_WIN]! >>> 0
    const receiverMaxWin = words[r + MAX_WIN]! >>> 0
    const senderEnd = words[s + END]!
    const senderMaxEnd = words[s + MAX_END]!
    const receiverEnd = words[r + END]!
    const startsInside = seqBefore(seq, seqAdd(senderMaxEnd, 1))
    const endsInside = receiverMaxWin === 0 || seqAfter(end, seqAdd(senderEnd, -receiverMaxWin - 1))
    const acksSeenData = seqBefore(sack, seqAdd(receiverEnd, 1))
    const acksRecentData = seqAfter(sack, seqAdd(receiverEnd, -(senderMaxWin > ACK_SLACK ? senderMaxWin : ACK_SLACK) - 1))
    if (!(startsInside && endsInside && acksSeenData && acksRecentData)) {
      return this.#judge(segment, conn, dir, startsInside, endsInside, acksSeenData, acksRecentData)
    }

    // It fits. First the sender: what it offered, what it sent, what it acknowledged.
    const senderFlags = words[s + FLAGS]!
    let flags = senderFlags
    // Window scaling applies to every segment but a SYN (RFC 7323 section 2.2).
    const window = segment.syn ? segment.window : segment.window << (senderFlags >>> 8)
    const reach = seqAdd(window, seqDiff(sack, ack))
    if (senderMaxWin < reach >>> 0) words[s + MAX_WIN] = reach
    if (seqAfter(end, senderEnd)) {
      words[s + END] = end
      flags |= FLAG_DATA_UNACKNOWLEDGED
    }
    if (segment.hasAck) {
      if ((flags & FLAG_MAXACK_SET) === 0 || seqAfter(ack, words[s + MAX_ACK]!)) words[s + MAX_ACK] = ack
      flags |= FLAG_MAXACK_SET
    }
    if (flags !== senderFlags) words[s + FLAGS] = flags

    // Then the receiver: how much more it may be sent, and whether all it sent is acknowledged.
    if (receiverMaxWin !== 0 && seqAfter(end, senderMaxEnd)) words[r + MAX_WIN] = seqAdd(receiverMaxWin, seqDiff(end, senderMaxEnd))
    const edge = seqAdd(sack, window)
    if (seqAfter(edge, seqAdd(words[r + MAX_END]!, -1))) words[r + MAX_END] = window === 0 ? seqAdd(edge, 1) : edge
    if (ack === receiverEnd) {
      const receiverFlags = words[r + FLAGS]!
      if ((receiverFlags & FLAG_DATA_UNACKNOWLEDGED) !== 0) words[r + FLAGS] = receiverFlags & ~FLAG_DATA_UNACKNOWLEDGED
    }

    // ACKs that say exactly what the one before said are counted: eight bits, as in the kernel.
    if (segment.kind === ACK) {
      const lastWin = words[g + LAST_WIN]!
      const isRepeated = ((words[g + STATE]! >>> 16) & 255) === dir && words[g + LAST_SEQ] === seq && words[g + LAST_ACK] === ack &&
        words[g + LAST_END] === end && (lastWin & 0xffff) === segment.window
      if (isRepeated) this.retransmits = (this.retransmits + 1) & 255
      else {
        words[g + LAST_SEQ] = seq
        words[g + LAST_ACK] = ack
        words[g + LAST_END] = end
        words[g + LAST_WIN] = (lastWin & ~0xffff) | segment.window
        this.retransmits = 0
      }
    }
    return INSIDE
  }

  /**
   * Learns a side that is new or starts anew, and settles which seq, ack and sack are to be checked.
   * @returns  true when there is nothing to check: a SYN of a simultaneous open
   */
  #prepare(segment: Segment, conn: Connection, dir: number): boolean {
    const { sender, receiver, shared } = this.#cursors.at(conn, dir)
    if (sender.maxWin === 0) {
      if (segment.syn) {
        initSender(segment, sender, receiver, dir)
        if (!segment.hasAck) return true
      } else pickUpSender(segment, sender, receiver)
    } else if (segment.syn && seqAfter(segment.end, sender.end) && (shared.state === SYN_SENT || shared.state === SYN_RECV)) {
      // RFC 9293 section 3.6.1: a connection may be reinitialised with higher sequence numbers than recently used.
      initSender(segment, sender, receiver, dir)
      if (dir === REPLY && !segment.hasAck) return true
    }

    // No ACK, or the broken RST,ACK with an ack of zero: as if it acknowledged all there is.
    if (!segment.hasAck || (segment.rst && segment.ack === 0)) segment.ack = segment.sack = receiver.end
    // A RST that answers a SYN carries no sequence number of its own.
    if (segment.rst && segment.seq === 0 && shared.state === SYN_SENT) segment.seq = segment.end = sender.end
    return false
  }

  /** Which of the crossed bounds counts, in the kernel's order, and what follows from it. */
  #judge(
    segment: Segment, conn: Connection, dir: number,
    startsInside: boolean, endsInside: boolean, acksSeenData: boolean, acksRecentData: boolean,
  ): number {
    const { sender, receiver } = this.#cursors.at(conn, dir)
    const isLiberal = this.#isLiberal || (sender.flags & FLAG_BE_LIBERAL) !== 0
    let verdict: number
    if (!startsInside) {
      const overshot = seqAdd(seqDiff(segment.end, sender.maxEnd), 1) >>> 0
      if (receiver.maxWin !== 0 && endsInside && acksRecentData && acksSeenData && overshot <= receiver.maxWin) {
        verdict = this.#say(IGNORED, REASON.TCP_OVERSHOT, overshot)
        // More bytes than the receiver allowed: remembered, so that an ACK of them is not refused later.
        sender.end = segment.end
        sender.flags |= FLAG_DATA_UNACKNOWLEDGED
      } else verdict = this.#say(OUTSIDE, REASON.TCP_SEQ_OVER, seqAdd(sender.maxEnd, 1))
    } else if (!acksSeenData) verdict = this.#say(OUTSIDE, REASON.TCP_ACK_OVER, seqAdd(receiver.end, 1))
    else if (!endsInside) verdict = this.#say(IGNORED, REASON.TCP_SEQ_UNDER, seqAdd(sender.end, -receiver.maxWin - 1))
    else verdict = this.#say(IGNORED, REASON.TCP_ACK_UNDER, seqAdd(receiver.end, -Math.max(sender.maxWin, ACK_SLACK) - 1))
    return isLiberal ? INSIDE : verdict
  }

  #say(verdict: number, reason: number, bound: number): number {
    this.reason = reason
    this.bound = bound >>> 0
    return verdict
  }
}

/** First segment of a side whose beginning was not seen. */
function pickUpSender(segment: Segment, sender: TcpSide, receiver: TcpSide): void {
  const window = segment.window << sender.scale
  sender.end = segment.end
  sender.maxWin = window === 0 ? 1 : window
  sender.maxEnd = seqAdd(segment.end, sender.maxWin)
  if (receiver.maxWin === 0) receiver.end = receiver.maxEnd = segment.sack
  else if (segment.sack === seqAdd(receiver.end, 1)) receiver.end = segment.sack // likely the answer to a keep-alive
}

/** First SYN of a side, or one that starts it anew. Scaling holds only when both sides offer it. Kernel: tcp_init_sender(). */
function initSender(segment: Segment, sender: TcpSide, receiver: TcpSide, dir: number): void {
  sender.end = sender.maxEnd = segment.end
  sender.maxWin = segment.window === 0 ? 1 : segment.window
  segment.readSynOptions(sender)
  if (dir === REPLY && (sender.flags & receiver.flags & FLAG_WINDOW_SCALE) === 0) sender.scale = receiver.scale = 0
}
