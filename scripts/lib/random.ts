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

  /** from … to */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1)
  }

  /** True so many times in a hundred. */
  percent(percent: number): boolean {
    return this.below(100) < percent
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }

  /** One of them, each as often as its weight says. */
  weighted<T>(choices: readonly (readonly [choice: T, weight: number])[]): T {
    let left = this.below(choices.reduce((sum, [, weight]) => sum + weight, 0))
    for (const [choice, weight] of choices) {
      left -= weight
      if (left < 0) return choice
    }
    return choices[0]![0]
  }

  /** In another order. */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items]
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const item = shuffled[i]!
      shuffled[i] = shuffled[j]!
      shuffled[j] = item
    }
    return shuffled
  }
}
