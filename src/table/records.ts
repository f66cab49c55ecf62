// The array that holds all connections, and its free list.
//
// The array is reserved in one piece and the operating system commits its pages as they are touched, so that a table of a
// thousand entries costs what a thousand entries cost. It doubles (by copying) only beyond RESERVE records.

import { ADDR6, RECORD_WORDS, WHEEL_PLACE } from './layout.ts'

const RESERVE = 1 << 20 // records; 256 MiB of address space

export class Records {
  words: Int32Array
  doubles: Float64Array
  /** Records in use. */
  live = 0
  /** Records ever used: the free ones below it are on the free list. */
  high = 0
  #capacity: number
  #free = 0

  /** @param most  the most records that will ever be wanted, 0 when unbounded */
  constructor(most: number) {
    this.#capacity = Math.min(most === 0 ? RESERVE : most + 1, RESERVE)
    const buffer = new ArrayBuffer(this.#capacity * RECORD_WORDS * 4)
    this.words = new Int32Array(buffer)
    this.doubles = new Float64Array(buffer)
  }

  /** Takes a record, its words all zero but for the tails of IPv6 addresses: those are read of IPv6 alone, and written first. */
  take(): number {
    let index: number
    if (this.#free !== 0) {
      index = this.#free - 1
      const base = index * RECORD_WORDS
      this.#free = this.words[base + WHEEL_PLACE]!
      const { doubles } = this
      for (let at = base >>> 1, end = (base + ADDR6) >>> 1; at < end; at++) doubles[at] = 0 // a call of fill() costs more
    } else {
      if (this.high === this.#capacity) this.#grow()
      index = this.high++
    }
    this.live++
    return index
  }

  /** Gives a record back. */
  release(index: number): void {
    const base = index * RECORD_WORDS
    this.words[base] = 0
    this.words[base + WHEEL_PLACE] = this.#free
    this.#free = index + 1
    this.live--
  }

  #grow(): void {
    this.#capacity *= 2
    const buffer = new ArrayBuffer(this.#capacity * RECORD_WORDS * 4)
    const words = new Int32Array(buffer)
    words.set(this.words)
    this.words = words
    this.doubles = new Float64Array(buffer)
  }
}
