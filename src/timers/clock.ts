// Time comes from packets. One tick is one jiffy: floor(milliseconds since the epoch × HZ / 1000).

import type { Desk } from '../base/memory.ts'
import { NOW_F64, NSEC_FROM, NSEC_TO, PER_MS_F64, SECOND } from '../base/memory-map.ts'

const NSEC_PER_MSEC = 1_000_000
const LAST_SECOND = 2 ** 32 - 1 // that a word of the desk can say; a record may carry into later ones

export class Clock {
  /** The kernel's HZ: ticks a second. */
  readonly hz: number
  /** Now, in ticks since the epoch. Never runs backwards. */
  now = 0
  /** Frames that were older than the one before them, and were taken at the latest time seen. */
  backwards = 0
  readonly #perMs: number
  /** The millisecond that began last, as frames give it: second, and nanoseconds from … to. */
  #sec = -1
  #from = 0
  #to = 0

  constructor(hz = 1000) {
    this.hz = hz
    this.#perMs = hz / 1000
  }

  /** The tick a moment falls into. */
  tickOf(sec: number, nsec: number): number {
    const ms = sec * 1000 + ((nsec / NSEC_PER_MSEC) | 0)
    return this.hz === 1000 ? ms : Math.floor(ms * this.#perMs)
  }

  /**
   * Moves to a moment, unless it is an older one: that is counted. Nearly every frame comes in the millisecond of the one
   * before it, which two comparisons of whole numbers tell.
   * @returns  true when time moved on
   */
  meet(sec: number, nsec: number): boolean {
    if (sec === this.#sec && nsec >= this.#from && nsec < this.#to) return false
    const tick = this.tickOf(sec, nsec)
    if (tick < this.now) {
      this.backwards++
      return false
    }
    this.#sec = sec
    this.#from = nsec - nsec % NSEC_PER_MSEC
    this.#to = this.#from + NSEC_PER_MSEC
    return this.advance(tick)
  }

  /** Lays down how things stand. */
  lend(desk: Desk): void {
    desk.words[SECOND] = this.#sec
    desk.words[NSEC_FROM] = this.#from
    desk.words[NSEC_TO] = this.#sec > LAST_SECOND ? 0 : this.#to
    desk.setDouble(NOW_F64, this.now)
    desk.setDouble(PER_MS_F64, this.#perMs)
  }

  takeBack(desk: Desk): void {
    this.#sec = desk.words[SECOND]! >>> 0
    this.#from = desk.words[NSEC_FROM]!
    this.#to = desk.words[NSEC_TO]!
    this.now = desk.double(NOW_F64)
  }

  /** Moves to a tick. An older one is ignored. Returns true when time moved on. */
  advance(tick: number): boolean {
    if (tick <= this.now) return false
    this.now = tick
    return true
  }
}
