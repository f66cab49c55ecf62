// TCP's private words, and the cursors over them: two sides of five words each, then what was seen last.
// Kernel: struct ip_ct_tcp and struct ip_ct_tcp_state, v6.12.

import { PRIVATE, RECORD_WORDS } from '../../table/layout.ts'
import type { Connection } from '../../table/connection.ts'

// The offsets leave this file for the path that nearly every segment takes, through tcp.ts and the window check: words in
// locals cost a third of what reading each through a cursor costs. All else reads through the cursors.

//    field            word   holds                                                 unit
export const END       = 0 // highest seq + len this side has sent                         sequence number
export const MAX_END   = 1 // highest seq + len the other side will take                   sequence number
export const MAX_WIN   = 2 // widest window this side ever offered                         bytes, scale applied
export const MAX_ACK   = 3 // highest ack this side has sent (FLAG_MAXACK_SET)             sequence number
export const FLAGS     = 4 // FLAG_… | window scale << 8
export const SIDE_WORDS = 5

export const STATE     = 10 // state | kind of the last segment << 8 | its direction << 16 | equal ACKs in a row << 24
export const LAST_SEQ  = 11 // of the last segment that said something                     sequence number
export const LAST_ACK  = 12
export const LAST_END  = 13
export const LAST_WIN  = 14 // its window, unscaled | its window scale << 16 | LAST_… flags << 24

// Flags of a side. Source: IP_CT_TCP_FLAG_*, nf_conntrack_tcp.h (uapi), v6.12.
export const FLAG_WINDOW_SCALE = 0x01
export const FLAG_SACK_PERM = 0x02
export const FLAG_CLOSE_INIT = 0x04
export const FLAG_BE_LIBERAL = 0x08
export const FLAG_DATA_UNACKNOWLEDGED = 0x10
export const FLAG_MAXACK_SET = 0x20
// Flags noted with the last segment, beside the first two above.
export const FLAG_EXPECT_CHALLENGE_ACK = 0x40
export const FLAG_SIMULTANEOUS_OPEN = 0x80

/** One side of a TCP connection. Re-aim it with `at`; never keep it across packets. */
export class TcpSide {
  words: Int32Array = new Int32Array(0)
  base = 0

  at(conn: Connection, dir: number): this {
    this.words = conn.words
    this.base = conn.index * RECORD_WORDS + PRIVATE + dir * SIDE_WORDS
    return this
  }

  get end(): number { return this.words[this.base + END]! }
  set end(seq: number) { this.words[this.base + END] = seq }
  get maxEnd(): number { return this.words[this.base + MAX_END]! }
  set maxEnd(seq: number) { this.words[this.base + MAX_END] = seq }
  get maxWin(): number { return this.words[this.base + MAX_WIN]! >>> 0 }
  set maxWin(bytes: number) { this.words[this.base + MAX_WIN] = bytes }
  get maxAck(): number { return this.words[this.base + MAX_ACK]! }
  set maxAck(seq: number) { this.words[this.base + MAX_ACK] = seq }
  get flags(): number { return this.words[this.base + FLAGS]! & 255 }
  set flags(bits: number) { this.words[this.base + FLAGS] = (this.words[this.base + FLAGS]! & ~255) | bits }
  get scale(): number { return this.words[this.base + FLAGS]! >>> 8 }
  set scale(shift: number) { this.words[this.base + FLAGS] = (this.words[this.base + FLAGS]! & 255) | (shift << 8) }

  /** Forgets everything but the promise to be liberal. Kernel: nf_ct_tcp_state_reset(). */
  clear(): void {
    this.words.fill(0, this.base, this.base + FLAGS)
    this.words[this.base + FLAGS] = this.words[this.base + FLAGS]! & FLAG_BE_LIBERAL
  }
}

/** What both sides share: the state and what was seen last. */
export class TcpShared {
  words: Int32Array = new Int32Array(0)
  base = 0

  at(conn: Connection): this {
    this.words = conn.words
    this.base = conn.index * RECORD_WORDS + PRIVATE
    return this
  }

  get state(): number { return this.words[this.base + STATE]! & 255 }
  get lastKind(): number { return (this.words[this.base + STATE]! >>> 8) & 255 }
  set lastKind(kind: number) { this.words[this.base + STATE] = (this.words[this.base + STATE]! & ~0xff00) | (kind << 8) }
  get lastDir(): number { return (this.words[this.base + STATE]! >>> 16) & 255 }
  set lastDir(dir: number) { this.words[this.base + STATE] = (this.words[this.base + STATE]! & ~0xff0000) | (dir << 16) }
  /** Equal ACKs in a row; eight bits, as in the kernel. */
  get retransmits(): number { return this.words[this.base + STATE]! >>> 24 }
  /** Sets state, kind, direction and the count of equal ACKs at once. */
  move(state: number, kind: number, dir: number, retransmits: number): void {
    this.words[this.base + STATE] = (retransmits << 24) | (dir << 16) | (kind << 8) | state
  }

  get lastSeq(): number { return this.words[this.base + LAST_SEQ]! }
  set lastSeq(seq: number) { this.words[this.base + LAST_SEQ] = seq }
  get lastAck(): number { return this.words[this.base + LAST_ACK]! }
  set lastAck(seq: number) { this.words[this.base + LAST_ACK] = seq }
  get lastEnd(): number { return this.words[this.base + LAST_END]! }
  set lastEnd(seq: number) { this.words[this.base + LAST_END] = seq }
  get lastWin(): number { return this.words[this.base + LAST_WIN]! & 0xffff }
  set lastWin(bytes: number) { this.words[this.base + LAST_WIN] = (this.words[this.base + LAST_WIN]! & ~0xffff) | bytes }
  get lastScale(): number { return (this.words[this.base + LAST_WIN]! >>> 16) & 255 }
  set lastScale(shift: number) { this.words[this.base + LAST_WIN] = (this.words[this.base + LAST_WIN]! & ~0xff0000) | (shift << 16) }
  get lastFlags(): number { return this.words[this.base + LAST_WIN]! >>> 24 }
  set lastFlags(bits: number) { this.words[this.base + LAST_WIN] = (this.words[this.base + LAST_WIN]! & 0xffffff) | (bits << 24) }
}

/** Both sides as one segment sees them, and what they share. */
export class TcpCursors {
  readonly sender = new TcpSide()
  readonly receiver = new TcpSide()
  readonly shared = new TcpShared()

  /** Aims all three. @param dir  the segment's direction */
  at(conn: Connection, dir: number): this {
    this.sender.at(conn, dir)
    this.receiver.at(conn, 1 - dir)
    this.shared.at(conn)
    return this
  }
}
