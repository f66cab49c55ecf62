// Counts over time in fixed room: slots of equal length, which doubles when there are too many of them.

export const MOST_SLOTS = 512

export class Series {
  /** Length of a slot, in ticks. */
  width = 1
  /** Slots that are over. */
  length = 0
  /** The most entries during each slot. */
  readonly peaks = new Float64Array(MOST_SLOTS)
  /** Counts by kind at the end of each slot, one row after another. */
  readonly counts: Int32Array
  readonly #kinds: number
  #start = 0
  #next = Infinity
  #peak = 0

  /** @param kinds  numbers in a row of counts */
  constructor(kinds: number) {
    this.#kinds = kinds
    this.counts = new Int32Array(MOST_SLOTS * kinds)
  }

  /** The first tick behind the slot that runs now. */
  get next(): number { return this.#next }

  /** Starts at a tick. */
  start(tick: number): void {
    this.#start = tick
    this.#next = tick + this.width
  }

  /** Notes how many entries there are. */
  note(entries: number): void {
    if (entries > this.#peak) this.#peak = entries
  }

  /** Closes every slot that is over at a tick. `counts` and `entries` have held since the last change. */
  reach(tick: number, counts: Int32Array, entries: number): void {
    while (tick >= this.#next) this.#close(counts, entries)
  }

  /** Closes the slot that runs, at the end. */
  finish(counts: Int32Array, entries: number): void {
    if (this.#next !== Infinity) this.#close(counts, entries)
  }

  #close(counts: Int32Array, entries: number): void {
    if (this.length === MOST_SLOTS) {
      this.#halve()
      // The slot that runs has become twice as long; it may not be over yet.
      if (this.#next !== this.#start + (this.length + 1) * this.width) {
        this.#next = this.#start + (this.length + 1) * this.width
        return
      }
    }
    this.counts.set(counts, this.length * this.#kinds)
    this.peaks[this.length++] = Math.max(this.#peak, entries)
    this.#peak = entries
    this.#next += this.width
  }

  #halve(): void {
    const kinds = this.#kinds
    this.length = MOST_SLOTS / 2
    for (let i = 0; i < this.length; i++) {
      this.peaks[i] = Math.max(this.peaks[2 * i] ?? 0, this.peaks[2 * i + 1] ?? 0)
      this.counts.copyWithin(i * kinds, (2 * i + 1) * kinds, (2 * i + 2) * kinds)
    }
    this.width *= 2
  }
}
