// Whether a segment fits what both sides have said before. 'Real Stateful TCP Packet Filtering in IP Filter' by Guido van
// Rooij (SANE 2000), with the bounds as Linux has changed them.
// Kernel: tcp_in_window() in nf_conntrack_proto_tcp.c (v6.12), here in three steps: prepare, check, update.

import { REASON } from '../../base/reasons.ts'
import { seqAdd, seqAfter, seqBefore } from '../../base/seq.ts'
import { REPLY } from '../../base/verdict.ts'
import type { Segment } from './segment.ts'
import { ACK, SYN_RECV, SYN_SENT } from './states.ts'
import {
  FLAG_DATA_UNACKNOWLEDGED, FLAG_MAXACK_SET, FLAG_SACK_PERM, FLAG_WINDOW_SCALE, type TcpShared, type TcpSide,
} from './words.ts'

const ACK_SLACK = 66_000 // bytes an ACK may lag behind, at least; MAXACKWINCONST

// What the check says.
export const INSIDE = 1
/** Let through without a trace in the entry, and logged. */
export const IGNORED = 0
/** Refused. */
export const OUTSIDE = -1

/** The window check of one segment. `reason` and `bound` say why it was not INSIDE; `shortcut` that there was no check. */
export class WindowCheck {
  /** Highest acknowledged byte, SACK blocks included; what bounds III and IV look at. */
  sack = 0
  ack = 0
  seq = 0
  end = 0
  reason = 0
  bound = 0

  /**
   * Runs the whole check and, when the segment fits, updates both sides.
   * @returns  INSIDE, IGNORED or OUTSIDE
   */
  run(segment: Segment, sender: TcpSide, receiver: TcpSide, shared: TcpShared, dir: number, liberal: boolean): number {
    this.reason = 0
    if (this.#prepare(segment, sender, receiver, shared, dir)) return INSIDE
    const verdict = this.#check(sender, receiver)
    if (verdict !== INSIDE) {
      if (this.reason === REASON.TCP_OVERSHOT) this.#noteOvershot(sender)
      if (!liberal) return verdict
      // Liberal: the segment passes although it does not fit, and leaves no trace on either side.
      this.reason = 0
      return INSIDE
    }
    this.#update(segment, sender, receiver, shared, dir)
    return INSIDE
  }

  /** Learns a side that is new, and settles which seq, ack and sack are to be checked. True when there is nothing to check. */
  #prepare(segment: Segment, sender: TcpSide, receiver: TcpSide, shared: TcpShared, dir: number): boolean {
    this.seq = segment.seq
    this.end = segment.end
    this.ack = segment.ack
    this.sack = (receiver.flags & FLAG_SACK_PERM) !== 0 ? segment.highestSack() : segment.ack

    if (sender.maxWin === 0) {
      if (segment.syn) {
        initSender(segment, sender, receiver, dir)
        if (!segment.hasAck) return true // simultaneous open
      } else this.#pickUpSender(segment, sender, receiver)
    } else if (segment.syn && seqAfter(this.end, sender.end) && (shared.state === SYN_SENT || shared.state === SYN_RECV)) {
      // RFC 9293 section 3.6.1: a connection may be reinitialised with higher sequence numbers than recently used.
      initSender(segment, sender, receiver, dir)
      if (dir === REPLY && !segment.hasAck) return true
    }

    // No ACK, or the broken RST,ACK with an ack of zero: as if it acknowledged all there is.
    if (!segment.hasAck || (segment.rst && this.ack === 0)) this.ack = this.sack = receiver.end
    // A RST that answers a SYN carries no sequence number of its own.
    if (segment.rst && this.seq === 0 && shared.state === SYN_SENT) this.seq = this.end = sender.end
    return false
  }

  /** First segment of a side whose beginning was not seen. */
  #pickUpSender(segment: Segment, sender: TcpSide, receiver: TcpSide): void {
    const window = segment.window << sender.scale
    sender.end = this.end
    sender.maxWin = window === 0 ? 1 : window
    sender.maxEnd = seqAdd(this.end, sender.maxWin)
    if (receiver.maxWin === 0) receiver.end = receiver.maxEnd = this.sack
    else if (this.sack === seqAdd(receiver.end, 1)) receiver.end = this.sack // likely the answer to a keep-alive
  }

  /** The four bounds, in the kernel's order. Changes neither side. */
  #check(sender: TcpSide, receiver: TcpSide): number {
    const { seq, end, sack } = this
    const receiverWin = receiver.maxWin
    const slack = Math.max(sender.maxWin, ACK_SLACK)
    const lowestEnd = seqAdd(sender.end, -receiverWin - 1)
    const lowestAck = seqAdd(receiver.end, -slack - 1)
    const startsInside = seqBefore(seq, seqAdd(sender.maxEnd, 1)) // I
    const endsInside = receiverWin === 0 || seqAfter(end, lowestEnd) // II
    const acksSeenData = seqBefore(sack, seqAdd(receiver.end, 1)) // III
    const acksRecentData = seqAfter(sack, lowestAck) // IV

    if (!startsInside) {
      const overshot = seqAdd(end, 1 - sender.maxEnd) >>> 0
      if (receiverWin !== 0 && endsInside && acksRecentData && overshot <= receiverWin && acksSeenData) {
        return this.#say(IGNORED, REASON.TCP_OVERSHOT, overshot)
      }
      return this.#say(OUTSIDE, REASON.TCP_SEQ_OVER, seqAdd(sender.maxEnd, 1))
    }
    if (!acksSeenData) return this.#say(OUTSIDE, REASON.TCP_ACK_OVER, seqAdd(receiver.end, 1))
    if (!endsInside) return this.#say(IGNORED, REASON.TCP_SEQ_UNDER, lowestEnd)
    if (!acksRecentData) return this.#say(IGNORED, REASON.TCP_ACK_UNDER, lowestAck)
    return INSIDE
  }

  #say(verdict: number, reason: number, bound: number): number {
    this.reason = reason
    this.bound = bound
    return verdict
  }

  /** More bytes than the receiver allowed: remembered, so that an ACK of them is not refused later. */
  #noteOvershot(sender: TcpSide): void {
    sender.end = this.end
    sender.flags |= FLAG_DATA_UNACKNOWLEDGED
  }

  #update(segment: Segment, sender: TcpSide, receiver: TcpSide, shared: TcpShared, dir: number): void {
    const { seq, end, ack, sack } = this
    // Window scaling applies to every segment but a SYN (RFC 7323 section 2.2).
    const window = segment.syn ? segment.window : segment.window << sender.scale

    const reach = seqAdd(window, sack - ack) >>> 0
    if (sender.maxWin < reach) sender.maxWin = reach
    if (seqAfter(end, sender.end)) {
      sender.end = end
      sender.flags |= FLAG_DATA_UNACKNOWLEDGED
    }
    if (segment.hasAck) {
      if ((sender.flags & FLAG_MAXACK_SET) === 0) {
        sender.maxAck = ack
        sender.flags |= FLAG_MAXACK_SET
      } else if (seqAfter(ack, sender.maxAck)) sender.maxAck = ack
    }

    if (receiver.maxWin !== 0 && seqAfter(end, sender.maxEnd)) receiver.maxWin = seqAdd(receiver.maxWin, end - sender.maxEnd)
    const edge = seqAdd(sack, window)
    if (seqAfter(edge, seqAdd(receiver.maxEnd, -1))) receiver.maxEnd = window === 0 ? seqAdd(edge, 1) : edge
    if (ack === receiver.end) receiver.flags &= ~FLAG_DATA_UNACKNOWLEDGED

    if (segment.kind === ACK) countRetransmit(segment, shared, dir, seq, ack, end)
  }
}

/** First SYN of a side, or one that starts it anew. Scaling holds only when both sides offer it. Kernel: tcp_init_sender(). */
function initSender(segment: Segment, sender: TcpSide, receiver: TcpSide, dir: number): void {
  sender.end = sender.maxEnd = segment.end
  sender.maxWin = segment.window === 0 ? 1 : segment.window
  segment.readSynOptions(sender)
  if (dir === REPLY && (sender.flags & receiver.flags & FLAG_WINDOW_SCALE) === 0) sender.scale = receiver.scale = 0
}

/** Counts ACKs that say exactly what the one before said. */
function countRetransmit(segment: Segment, shared: TcpShared, dir: number, seq: number, ack: number, end: number): void {
  if (
    shared.lastDir === dir && shared.lastSeq === seq && shared.lastAck === ack && shared.lastEnd === end &&
    shared.lastWin === segment.window
  ) {
    shared.retransmits = (shared.retransmits + 1) & 255
    return
  }
  shared.lastDir = dir
  shared.lastSeq = seq
  shared.lastAck = ack
  shared.lastEnd = end
  shared.lastWin = segment.window
  shared.retransmits = 0
}
