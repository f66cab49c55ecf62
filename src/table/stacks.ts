// Many stacks of numbers in one array, of which any number can be blanked out where it stands: what sits on each slot of the
// timing wheel. Numbers lie side by side, so that whoever takes many of them knows the next ones ahead, which a list from
// record to record would not tell.

import type { Desk, Memory } from '../base/memory.ts'
import { BLANKS, SLOTS_AT, STACKS_AT, STACKS_FREE, STACKS_HIGH } from '../base/memory-map.ts'

const CHUNK = 16 // words: where the stack goes on below, then numbers
const FIRST = 256 // chunks

/** Most numbers that `unload` gives at once. */
export const MOST_AT_ONCE = CHUNK - 1

export class Stacks {
  /** Where the last number of each stack stands; 0 of an empty one. */
  readonly #tops: Int32Array
  #words: Int32Array
  readonly #memory: Memory
  /** First word behind the chunks ever used; the first chunk never is. */
  #high = CHUNK
  /** First chunk of the free ones, by its first word; each holds the next. */
  #free = 0
  /** Places on stacks that hold nothing any more. */
  #blanks = 0

  constructor(count: number, memory: Memory) {
    this.#memory = memory
    this.#tops = memory.words(SLOTS_AT, count)
    this.#words = memory.mostWords(STACKS_AT, FIRST * CHUNK) // the fast path asks for no more
  }

  /** Places that were blanked out and still take room. */
  get blanks(): number { return this.#blanks }

  /** Nothing is on a stack, blanked places neither. */
  isEmpty(stack: number): boolean {
    return this.#tops[stack] === 0
  }

  /** Puts a number above 0 on a stack. @returns its place */
  push(stack: number, value: number): number {
    const top = this.#tops[stack]!
    const place = top === 0 || (top & (CHUNK - 1)) === CHUNK - 1 ? this.#takeChunk(top) + 1 : top + 1
    this.#words[place] = value
    this.#tops[stack] = place
    return place
  }

  /** Takes a number away from wherever it stands. */
  blank(place: number): void {
    this.#words[place] = 0
    this.#blanks++
  }

  /** Takes the last number off a stack. @returns 0 when there is none */
  pop(stack: number): number {
    const words = this.#words
    for (let top = this.#tops[stack]!; top !== 0; top = this.#tops[stack]!) {
      this.#tops[stack] = (top & (CHUNK - 1)) === 1 ? this.#releaseChunk(top - 1) : top - 1
      if (words[top] !== 0) return words[top]!
      this.#blanks--
    }
    return 0
  }

  /** Empties a stack. @returns where its last number stands, for `unload` */
  detach(stack: number): number {
    const top = this.#tops[stack]!
    this.#tops[stack] = 0
    return top
  }

  /**
   * Gives the numbers of a detached stack, the last one first, as many as lie together.
   * @param top   where the last one stands
   * @param into  gets them: MOST_AT_ONCE fit, and a 0 ends fewer
   * @returns     where the last one of the rest stands; 0 when there is none
   */
  unload(top: number, into: Int32Array): number {
    const words = this.#words
    const chunk = top & -CHUNK
    let count = 0
    for (let place = top; place > chunk; place--) {
      if (words[place] !== 0) into[count++] = words[place]!
      else this.#blanks--
    }
    if (count < MOST_AT_ONCE) into[count] = 0
    return this.#releaseChunk(chunk)
  }

  /** @param below  where the stack ends so far. @returns the chunk's first word */
  #takeChunk(below: number): number {
    let chunk = this.#free
    if (chunk !== 0) this.#free = this.#words[chunk]!
    else {
      chunk = this.#high
      this.#high += CHUNK
      if (this.#high > this.#words.length) this.#grow()
    }
    this.#words[chunk] = below
    return chunk
  }

  /** @returns where the stack ends without the chunk */
  #releaseChunk(chunk: number): number {
    const below = this.#words[chunk]!
    this.#words[chunk] = this.#free
    this.#free = chunk
    return below
  }

  #grow(): void {
    const words = this.#memory.words(STACKS_AT, this.#words.length * 2)
    words.set(this.#words)
    this.#words = words
  }

  /** Lays down how things stand. */
  lend(desk: Desk): void {
    desk.words[STACKS_HIGH] = this.#high
    desk.words[STACKS_FREE] = this.#free
    desk.words[BLANKS] = this.#blanks
  }

  takeBack(desk: Desk): void {
    this.#high = desk.words[STACKS_HIGH]!
    this.#free = desk.words[STACKS_FREE]!
    this.#blanks = desk.words[BLANKS]!
  }
}
