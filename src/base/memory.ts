// Where the large arrays of an engine lie: each in a buffer of its own, or at their places in one memory that the fast path sees too.

import {
  BATCH_AT, BLOCKS_AT, COPIES_AT, DESK_AT, DESK_WORDS, FRAMES_AT, HEADS_AT, RECORDS_AT, SLOTS_AT, STACKS_AT, TIMEOUTS_AT,
} from './memory-map.ts'

/** Where each place that an array may ask for ends; records go on to the end of the memory. */
const ENDS = new Map([
  [DESK_AT, TIMEOUTS_AT], [COPIES_AT, SLOTS_AT], [SLOTS_AT, BLOCKS_AT], [BLOCKS_AT, BATCH_AT], [FRAMES_AT, HEADS_AT],
  [HEADS_AT, STACKS_AT], [STACKS_AT, RECORDS_AT], [RECORDS_AT, Infinity],
])

/** Gives arrays their room. */
export class Memory {
  /** The memory that is shared, null where each array is by itself. */
  readonly shared: ArrayBuffer | null
  /** An array has become too large for its place, and lies elsewhere. */
  outgrown = false

  constructor(shared: ArrayBuffer | null = null) {
    this.shared = shared
  }

  /**
   * An array of `count` words: at its place in the shared memory, or by itself where that is too small for it. Asked for again, a
   * place gives the same words, and more of them: whatever is there stays.
   * @param place  …_AT of memory-map.ts
   */
  words(place: number, count: number): Int32Array {
    const { shared } = this
    if (shared !== null && place + count * 4 <= this.#endOf(place)) return new Int32Array(shared, place, count)
    this.outgrown = true
    return new Int32Array(count)
  }

  /** The same with as many words as have room there, and no less than `count`. */
  mostWords(place: number, count: number): Int32Array {
    return this.words(place, this.shared === null ? count : Math.max(count, (this.#endOf(place) - place) / 4))
  }

  #endOf(place: number): number {
    return Math.min(ENDS.get(place) ?? 0, this.shared?.byteLength ?? 0)
  }
}

/** The words and doubles that the fast path and the rest leave for each other (memory-map.ts). */
export class Desk {
  readonly words: Int32Array
  readonly doubles: Float64Array

  constructor(memory: Memory) {
    this.words = memory.words(DESK_AT, DESK_WORDS)
    this.doubles = new Float64Array(this.words.buffer, this.words.byteOffset, DESK_WORDS / 2)
  }

  /** A word of the desk. */
  word(field: number): number {
    return this.words[field] ?? 0
  }

  /** Two words of the desk, as a double. @param field  …_F64 of memory-map.ts */
  double(field: number): number {
    return this.doubles[field >>> 1] ?? NaN
  }

  setDouble(field: number, value: number): void {
    this.doubles[field >>> 1] = value
  }
}
