// SCTP's private words, and the cursor over them.
// Kernel: struct ip_ct_sctp, v6.12.

import { PRIVATE, RECORD_WORDS } from '../../table/layout.ts'
import type { Connection } from '../../table/connection.ts'

//    field     word   holds
const STATE     = 0 // state | FLAG_… << 8 | events that a refused packet has caused << 16
const TAG       = 1 // +dir: verification tag that side must send, as a little-endian machine reads it; 0 not known

const INIT_SEEN = 1 << 8 // << dir: that side sent an INIT that is not a repetition
const LAST_DIR  = 1 << 10 // direction of the heartbeat whose tag did not fit
const BAD_TAG   = 1 << 11 // a heartbeat's tag did not fit; its answer may say that the tag is new
const EVENTS    = 16

/** One SCTP connection. Re-aim it with `at`; never keep it across packets. */
export class SctpWords {
  words: Int32Array = new Int32Array(0)
  base = 0

  at(conn: Connection): this {
    this.words = conn.words
    this.base = conn.index * RECORD_WORDS + PRIVATE
    return this
  }

  get state(): number { return this.words[this.base + STATE]! & 255 }
  set state(state: number) { this.words[this.base + STATE] = (this.words[this.base + STATE]! & ~255) | state }

  /** The verification tag that packets of direction `dir` carry. */
  tag(dir: number): number { return this.words[this.base + TAG + dir]! }
  setTag(dir: number, tag: number): void { this.words[this.base + TAG + dir] = tag }

  initSeen(dir: number): boolean { return (this.words[this.base + STATE]! & INIT_SEEN << dir) !== 0 }
  setInitSeen(dir: number, seen: boolean): void { this.#set(INIT_SEEN << dir, seen) }

  get badTag(): boolean { return (this.words[this.base + STATE]! & BAD_TAG) !== 0 }
  set badTag(bad: boolean) { this.#set(BAD_TAG, bad) }
  /** Direction of the heartbeat that `badTag` speaks of. */
  get lastDir(): number { return (this.words[this.base + STATE]! & LAST_DIR) !== 0 ? 1 : 0 }
  set lastDir(dir: number) { this.#set(LAST_DIR, dir !== 0) }

  /** Events of a packet that was refused after its first chunks had counted: they come with the next one that is let through. */
  get heldEvents(): number { return this.words[this.base + STATE]! >>> EVENTS }
  set heldEvents(events: number) {
    this.words[this.base + STATE] = (this.words[this.base + STATE]! & 0xffff) | (events << EVENTS)
  }

  #set(bit: number, on: boolean): void {
    const word = this.words[this.base + STATE]!
    this.words[this.base + STATE] = on ? word | bit : word & ~bit
  }
}
