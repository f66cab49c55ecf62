// How long the chains of the kernel's hash would be: both tuples of each entry, spread over the buckets by a keyed hash.

import { Tuple } from '../table/tuple.ts'

/** Lengths of chains. */
export interface Chains {
  readonly buckets: number
  /** Two an entry. */
  readonly tuples: number
  readonly longest: number
  /** Chains by their length, from 0. */
  readonly lengths: readonly number[]
  /** Links looked at on the way to a tuple that is there, on average. */
  readonly meanWalk: number
}

/** Fills chains with the tuples of entries, original and reply, as the kernel does. */
export class ChainCount {
  readonly #lengths: Uint32Array
  readonly #inverse = new Tuple()
  #tuples = 0

  constructor(buckets: number) {
    this.#lengths = new Uint32Array(buckets)
  }

  /** Adds an entry by its original tuple, `times` times with other ports. */
  add(tuple: Tuple, times: number): void {
    const hasInverse = this.#inverse.invert(tuple)
    for (let i = 0; i < times; i++) {
      this.#put(tuple, i)
      if (hasInverse) this.#put(this.#inverse, i)
    }
  }

  #put(tuple: Tuple, salt: number): void {
    const bucket = Math.floor((hash(tuple, salt) / 2 ** 32) * this.#lengths.length)
    this.#lengths[bucket] = (this.#lengths[bucket] ?? 0) + 1
    this.#tuples++
  }

  result(): Chains {
    const lengths: number[] = []
    let walk = 0
    for (const length of this.#lengths) {
      while (lengths.length <= length) lengths.push(0)
      lengths[length] = (lengths[length] ?? 0) + 1
      walk += length * (length + 1) / 2
    }
    return {
      buckets: this.#lengths.length, tuples: this.#tuples, longest: lengths.length - 1, lengths,
      meanWalk: this.#tuples === 0 ? 0 : walk / this.#tuples,
    }
  }
}

/** Direction matters, as in the kernel, whose own hash is keyed by a secret: no two boots have the same chains. */
function hash(tuple: Tuple, salt: number): number {
  let h = tuple.proto ^ Math.imul(salt, 0x9e3779b1)
  h = step(h, tuple.ports)
  h = step(h, tuple.source0)
  h = step(h, tuple.sourceTail)
  h = step(h, tuple.destination0)
  h = step(h, tuple.destinationTail)
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d)
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
  return (h ^ (h >>> 16)) >>> 0
}

function step(h: number, word: number): number {
  const mixed = Math.imul(h ^ word, 0x85ebca6b)
  return mixed ^ (mixed >>> 13)
}
