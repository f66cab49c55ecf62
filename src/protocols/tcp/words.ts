// TCP's private words, and the cursors over them: two sides of five words each, then what was seen last.
// Kernel: struct ip_ct_tcp and struct ip_ct_tcp_state, v6.12.

import { PRIVATE, RECORD_WORDS } from '../../table/layout.ts'
import {
  END, MAX_END, MAX_WIN, MAX_ACK, FLAGS, SIDE_WORDS, STATE, LAST_SEQ, LAST_ACK, LAST_END, LAST_WIN, FLAG_BE_LIBERAL,
} from './fields.ts'
import type { Connection } from '../../table/connection.ts'

// The offsets leave this file for the path that nearly every segment takes, through tcp.ts and the window check: words in
// locals cost a third of what reading each through a cursor costs. All else reads through the cursors.

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
