// A datagram whose fragments are still coming: which bytes are there, and the bytes themselves.

import { copyBytes } from '../copy.ts'
import type { Room } from '../room.ts'

export const QUEUED = 0
/** Wholly within one run that is there already: ignored. */
export const DUPLICATE = 1
/** Partly over what is there, or over several runs: it spoils the datagram. */
export const OVERLAP = 2

const NO_BYTES = new Uint8Array(0)
const FIRST_STORE = 2048 // bytes
const KEPT_STORE = 16_384 // bytes: a longer one is not kept for the next datagram
const LONGEST = 65_535 // bytes a datagram's payload can have
const PIECE = 4 // numbers a piece

/** A source of fragments, while any of its datagrams is waiting: how many fragments it sent. Kernel: struct inet_peer. */
export interface Source {
  readonly address: number
  fragments: number
  datagrams: number
}

/** What is there of one datagram. Offsets count bytes of its payload: what stands behind the headers that every fragment has. */
export class Datagram {
  // --- set and read by queues.ts ---
  /** Addresses, identification and (IPv4) protocol. */
  readonly key: Uint32Array
  bucket = 0
  /** Next of its bucket, and its neighbours in the order of deadlines. */
  next: Datagram | null = null
  older: Datagram | null = null
  newer: Datagram | null = null
  /** Tick at which it is given up. */
  deadline = 0
  /** What it counts for, bytes of kernel memory. */
  memory = 0

  // --- set and read by the rules of IPv4 and IPv6 ---
  /** The highest end of a fragment so far; of the whole payload once the last one is there. */
  length = 0
  firstIn = false
  lastIn = false
  /** One bit for each ECN codepoint seen: 1 << codepoint. */
  ecn = 0
  source: Source | null = null
  /** Number of the source's last fragment that belonged here. */
  sourceCount = 0
  /** IPv6: the fragment header's next header, and where in the headers kept it belongs. */
  nextHeader = 0
  nextHeaderAt = 0

  /** Runs of bytes that are there, ascending: a fragment extends the last run or is a run of its own. */
  #starts: number[] = []
  #ends: number[] = []
  #bytesIn = 0
  /** PIECE numbers for each fragment: offset, length, how much of it is stored, and where. */
  #pieces: number[] = []
  #store: Uint8Array = NO_BYTES
  #stored = 0
  #headersAt = 0
  #headersLength = 0

  constructor(keyWords: number) {
    this.key = new Uint32Array(keyWords)
  }

  get isComplete(): boolean { return this.firstIn && this.lastIn && this.#bytesIn === this.length }
  get isEmpty(): boolean { return this.#starts.length === 0 }
  get headersLength(): number { return this.#headersLength }

  /**
   * Enters the fragment from `start` to `end` (not empty) into the runs.
   * @returns  QUEUED, DUPLICATE or OVERLAP; only the first changes anything
   * @kernel   inet_frag_queue_insert() — v6.12
   */
  insert(start: number, end: number): number {
    const starts = this.#starts
    const ends = this.#ends
    const last = ends.length - 1
    if (last < 0 || ends[last]! < end) {
      if (last >= 0 && start < ends[last]!) return OVERLAP
      if (last >= 0 && start === ends[last]) ends[last] = end
      else {
        starts.push(start)
        ends.push(end)
      }
    } else {
      let low = 0 // the first run that ends behind `start`
      let high = last
      while (low < high) {
        const middle = (low + high) >>> 1
        if (ends[middle]! > start) high = middle
        else low = middle + 1
      }
      if (starts[low]! < end) return start >= starts[low]! && end <= ends[low]! ? DUPLICATE : OVERLAP
      starts.splice(low, 0, start)
      ends.splice(low, 0, end)
    }
    this.#bytesIn += end - start
    return QUEUED
  }

  /** Keeps the bytes of a fragment just entered: `length` of them, of which `captured` are there. */
  keep(offset: number, length: number, bytes: Uint8Array, at: number, captured: number): void {
    if (offset + length > LONGEST) return // no datagram will come of this
    const there = Math.min(Math.max(captured, 0), length)
    this.#pieces.push(offset, length, there, this.#append(bytes, at, there))
  }

  /** Keeps the headers of the first fragment. */
  keepHeaders(bytes: Uint8Array, at: number, length: number): void {
    this.#headersAt = this.#append(bytes, at, length)
    this.#headersLength = length
  }

  /**
   * Writes headers and payload one behind the other, from the room's first byte on.
   * @returns  offset of the first byte that no fragment had captured, or of the datagram's end
   */
  writeTo(room: Room): number {
    room.empty()
    room.put(0, this.#store, this.#headersAt, this.#headersLength)
    let captured = this.#headersLength + this.length
    const pieces = this.#pieces
    for (let i = 0; i < pieces.length; i += PIECE) {
      const at = this.#headersLength + pieces[i]!
      room.put(at, this.#store, pieces[i + 3]!, pieces[i + 2]!)
      if (pieces[i + 2]! < pieces[i + 1]!) captured = Math.min(captured, at + pieces[i + 2]!)
    }
    return captured
  }

  /** Forgets all fragments. */
  clear(): void {
    this.length = 0
    this.firstIn = false
    this.lastIn = false
    this.ecn = 0
    this.#starts.length = 0
    this.#ends.length = 0
    this.#bytesIn = 0
    this.#pieces.length = 0
    this.#stored = 0
    this.#headersLength = 0
    if (this.#store.length > KEPT_STORE) this.#store = NO_BYTES
  }

  #append(bytes: Uint8Array, at: number, count: number): number {
    const where = this.#stored
    if (where + count > this.#store.length) {
      const longer = new Uint8Array(Math.max(FIRST_STORE, 2 * this.#store.length, where + count))
      copyBytes(this.#store, 0, where, longer, 0)
      this.#store = longer
    }
    copyBytes(bytes, at, count, this.#store, where)
    this.#stored = where + count
    return where
  }
}
