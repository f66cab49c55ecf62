// DCCP's private words, and the cursor over them. All zero they say what a new connection is: in no state yet, its client
// in the original direction, where a Request was the last packet.
// Kernel: struct nf_ct_dccp, v6.12.

import { PRIVATE, RECORD_WORDS } from '../../table/layout.ts'
import type { Connection } from '../../table/connection.ts'

//    field     word   holds                                                                                unit
const STATE     = 0 // state | direction of the client << 8 | of the last packet << 9 | its type << 16
const SEQ_HIGH  = 1 // of the Response that began the handshake: the upper 16 bits                          sequence number
const SEQ_LOW   = 2 // and the lower 32

/** One DCCP connection. Re-aim it with `at`; never keep it across packets. */
export class DccpWords {
  words: Int32Array = new Int32Array(0)
  base = 0

  at(conn: Connection): this {
    this.words = conn.words
    this.base = conn.index * RECORD_WORDS + PRIVATE
    return this
  }

  get state(): number { return this.words[this.base + STATE]! & 255 }
  /** The direction in which the client sends. */
  get client(): number { return (this.words[this.base + STATE]! >>> 8) & 1 }
  set client(dir: number) { this.words[this.base + STATE] = (this.words[this.base + STATE]! & ~0x100) | (dir << 8) }
  get lastDir(): number { return (this.words[this.base + STATE]! >>> 9) & 1 }
  get lastType(): number { return this.words[this.base + STATE]! >>> 16 }

  /** Notes a packet, and the state it led to. */
  move(state: number, type: number, dir: number): void {
    this.words[this.base + STATE] = (this.words[this.base + STATE]! & 0x100) | state | (dir << 9) | (type << 16)
  }

  /** The Response that the client's Ack must name. Both halves as signed words. */
  isHandshake(high: number, low: number): boolean {
    return this.words[this.base + SEQ_HIGH] === high && this.words[this.base + SEQ_LOW] === low
  }

  setHandshake(high: number, low: number): void {
    this.words[this.base + SEQ_HIGH] = high
    this.words[this.base + SEQ_LOW] = low
  }
}
