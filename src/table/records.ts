// The array that holds all connections, and its free list.
//
// The array is reserved in one piece and the operating system commits its pages as they are touched, so that a table of a
// thousand entries costs what a thousand entries cost. It doubles (by copying) only beyond RESERVE records.

import type { Desk, Memory } from '../base/memory.ts'
import { CAPACITY, FREE, HIGH, LIVE, RECORDS_AT } from '../base/memory-map.ts'
import { ADDR6, RECORD_WORDS, WHEEL_PLACE } from './layout.ts'

const RESERVE = 1 << 20 // records; 256 MiB of address space

export class Records {
  words: Int32Array
  doubles: Float64Array
  /** Records in use. */
  live = 0
  /** Records ever used: the free ones below it are on the free list. */
  high = 0
  readonly #memory: Memory
  #capacity: number
  #free = 0

  /**
   * @param most    the most records that will ever be wanted, 0 when unbounded
   * @param memory  where they lie
   */
  constructor(most: number, memory: Memory) {
    this.#memory = memory
    this.#capacity = reserve(most)
    this.words = memory.words(RECORDS_AT, this.#capacity * RECORD_WORDS)
    this.doubles = doublesOf(this.words)
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
    const words = this.#memory.words(RECORDS_AT, this.#capacity * RECORD_WORDS)
    words.set(this.words)
    this.words = words
    this.doubles = doublesOf(words)
  }

  /** Lays down how things stand. */
  lend(desk: Desk): void {
    desk.words[LIVE] = this.live
    desk.words[HIGH] = this.high
    desk.words[FREE] = this.#free
    desk.words[CAPACITY] = this.#capacity
  }

  takeBack(desk: Desk): void {
    this.live = desk.words[LIVE]!
    this.high = desk.words[HIGH]!
    this.#free = desk.words[FREE]!
  }
}

/** How many records there is room for at first. @param most  the most that will ever be wanted, 0 when unbounded */
export function reserve(most: number): number {
  return Math.min(most === 0 ? RESERVE : most + 1, RESERVE)
}

function doublesOf(words: Int32Array): Float64Array {
  return new Float64Array(words.buffer, words.byteOffset, words.length / 2)
}
