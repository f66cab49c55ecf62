// Time comes from packets. One tick is one jiffy: floor(milliseconds since the epoch × HZ / 1000).

export class Clock {
  /** The kernel's HZ: ticks a second. */
  readonly hz: number
  /** Now, in ticks since the epoch. Never runs backwards. */
  now = 0
  /** Frames that were older than the one before them, and were taken at the latest time seen. */
  backwards = 0
  readonly #perMs: number

  constructor(hz = 1000) {
    this.hz = hz
    this.#perMs = hz / 1000
  }

  /** The tick a moment falls into. */
  tickOf(sec: number, nsec: number): number {
    const ms = sec * 1000 + ((nsec / 1_000_000) | 0)
    return this.hz === 1000 ? ms : Math.floor(ms * this.#perMs)
  }

  /** Moves to a tick. An older one is ignored. Returns true when time moved on. */
  advance(tick: number): boolean {
    if (tick <= this.now) return false
    this.now = tick
    return true
  }
}
