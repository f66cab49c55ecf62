// Timestamps of pcapng: a 64-bit count of units, in two halves, to seconds and nanoseconds. Exact, and rounded down where
// the unit is finer than a nanosecond.

import { NSEC_PER_SEC } from '../base/units.ts'
import { LAST_SECOND } from './decoder.ts'
import type { Frame } from './frame.ts'

const WORD = 2 ** 32
const FEMTO = 1_000_000 // the largest power of ten that divides two words without a remainder beyond 2^53

/** How one interface counts time (if_tsresol, if_tsoffset). */
export class TimeScale {
  /** Units to a second where they are a power of ten, no finer than nanoseconds, counted from the epoch; else 0. */
  readonly decimalPerSec: number
  /** Units to a second, at most 2^32. */
  readonly #perSec: number
  /** 2^48 and 2^32 units: whole seconds, and units beyond them. */
  readonly #sec48: number
  readonly #rest48: number
  readonly #sec32: number
  readonly #rest32: number
  /** Nanoseconds of a unit, as a fraction of which each product stays below 2^53. */
  readonly #times: number
  readonly #over: number
  readonly #offsetSec: number
  /** The count is divided by these first: units finer than nanoseconds. */
  readonly #divisors: readonly number[]
  /** log2 of units to a second where neither division nor doubles are enough, else 0. */
  readonly #fine: number

  /**
   * @param resolution  units to a second: a power of ten, or of two with bit 7 set
   * @param offsetSec   added to each time, seconds
   */
  constructor(resolution: number, offsetSec: number) {
    const power = resolution & 0x7f
    const isBinary = (resolution & 0x80) !== 0
    this.#divisors = isBinary ? [] : divisorsOf(power)
    this.#fine = isBinary && power > 32 ? power : 0
    const perSec = isBinary ? 2 ** Math.min(power, 32) : 10 ** Math.min(power, 9)
    this.#perSec = perSec
    this.decimalPerSec = isBinary || power > 9 || offsetSec !== 0 ? 0 : perSec
    this.#sec32 = Math.floor(WORD / perSec)
    this.#rest32 = WORD % perSec
    this.#sec48 = Math.floor(2 ** 48 / perSec)
    this.#rest48 = 2 ** 48 % perSec
    this.#times = isBinary ? 1_953_125 : NSEC_PER_SEC / perSec // 10^9 = 2^9 · 1953125
    this.#over = isBinary ? perSec / 512 : 1
    this.#offsetSec = offsetSec
  }

  /** Sets a frame's time. @param high, low  halves of the count, 32 bits each, unsigned */
  stamp(frame: Frame, high: number, low: number): void {
    if (this.#fine > 0) {
      this.#stampFine(frame, high, low)
      return
    }
    for (let i = 0; i < this.#divisors.length; i++) {
      const divisor = this.#divisors[i]!
      const quotient = Math.floor(high / divisor)
      low = Math.floor(((high - quotient * divisor) * WORD + low) / divisor)
      high = quotient
    }
    const upper = high >>> 16
    const lower = high & 0xffff
    const rest = upper * this.#rest48 + lower * this.#rest32 + low // below 2^50
    const restSec = Math.floor(rest / this.#perSec)
    const nsec = (rest - restSec * this.#perSec) * this.#times / this.#over
    const sec = upper * this.#sec48 + lower * this.#sec32 + restSec + this.#offsetSec
    if (sec >= 0 && sec <= LAST_SECOND) {
      frame.sec = sec
      frame.nsec = Math.floor(nsec)
    } else {
      frame.sec = sec < 0 ? 0 : LAST_SECOND
      frame.nsec = 0
    }
  }

  /** Binary units finer than 2^-32 s: nothing known writes them, so they may cost what they cost. */
  #stampFine(frame: Frame, high: number, low: number): void {
    const count = BigInt(high) << 32n | BigInt(low)
    const power = BigInt(this.#fine)
    const sec = Number(count >> power) + this.#offsetSec
    const isInReach = sec >= 0 && sec <= LAST_SECOND
    frame.sec = Math.min(Math.max(sec, 0), LAST_SECOND)
    frame.nsec = isInReach ? Number(BigInt.asUintN(this.#fine, count) * BigInt(NSEC_PER_SEC) >> power) : 0
  }
}

/** What brings 10^power units to a second down to 10^9. */
function divisorsOf(power: number): number[] {
  const divisors: number[] = []
  for (let left = power - 9; left > 0; left -= 6) divisors.push(left >= 6 ? FEMTO : 10 ** left)
  return divisors
}
