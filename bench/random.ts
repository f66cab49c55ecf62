// Random numbers that are the same on every machine: mulberry32, 32 bits of state.

export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** 32 random bits, signed. */
  word(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let x = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return x ^ (x >>> 14)
  }

  /** 0 … below - 1 */
  below(below: number): number {
    return Math.floor((this.word() >>> 0) / 2 ** 32 * below)
  }
}
