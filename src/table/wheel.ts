// A timing wheel over the deadlines of connections: finds what has expired without ever looking at the rest.
//
// A record sits on the slot of the second its deadline fell into when it was last placed. A later deadline leaves it
// where it is (it is placed again when its slot comes up); an earlier one moves it. Ordered, records expire in the order
// of their deadlines, each at its own tick: what events need, and helpers that end other connections along with their own.
// Unordered, a second's records go when the second is over: nobody can tell, because whoever looks at a record looks at its
// deadline first.

import { DEADLINE_F64, PROTO, RECORD_WORDS, WHEEL_NEXT, WHEEL_PREV, WHEEL_SLOT } from './layout.ts'
import type { Records } from './records.ts'

const SLOTS = 1 << 14 // seconds; a later deadline is placed again once a turn

export class Wheel {
  readonly #records: Records
  readonly #hz: number
  readonly #ordered: boolean
  readonly #expire: (index: number) => void
  readonly #slots = new Int32Array(SLOTS)
  /** The last second whose slot was emptied. */
  #hand = 0
  /** Records off the wheel whose deadline falls into the hand's second, by deadline. Ordered only. */
  #due: number[] = []
  #dueAt = 0
  /** Before this tick there is nothing to do. */
  #next = 0

  /**
   * @param hz       ticks a second
   * @param ordered  expire in the order of deadlines, each as soon as time has reached it
   * @param expire   called with each record whose deadline has passed, already off the wheel; frees it
   */
  constructor(records: Records, hz: number, ordered: boolean, expire: (index: number) => void) {
    this.#records = records
    this.#hz = hz
    this.#ordered = ordered
    this.#expire = expire
  }

  /** Starts the wheel at the first packet's time. */
  start(now: number): void {
    this.#hand = Math.floor(now / this.#hz) - (this.#ordered ? 0 : 1)
    this.#next = (this.#hand + 1) * this.#hz
  }

  /**
   * Tells that a record's deadline came nearer, to `tick`. It moves only when its slot would come up too late: a
   * connection whose timeout goes up and down with every packet stays where it is.
   */
  hasten(index: number, tick: number): void {
    const slot = this.#records.words[index * RECORD_WORDS + WHEEL_SLOT]!
    if (slot !== 0) {
      const ahead = (slot - 1 - this.#hand) & (SLOTS - 1) // seconds from the hand to its slot
      if (tick >= (this.#hand + ahead) * this.#hz) return
    }
    this.place(index)
  }

  /** Places a record by its deadline, wherever it was. */
  place(index: number): void {
    this.remove(index)
    const words = this.#records.words
    const base = index * RECORD_WORDS
    const second = Math.floor(this.#records.doubles[(base + DEADLINE_F64) >>> 1]! / this.#hz)
    const slot = Math.max(this.#hand + 1, Math.min(second, this.#hand + SLOTS - 1)) & (SLOTS - 1)
    const head = this.#slots[slot]!
    words[base + WHEEL_SLOT] = slot + 1
    words[base + WHEEL_PREV] = 0
    words[base + WHEEL_NEXT] = head
    if (head !== 0) words[(head - 1) * RECORD_WORDS + WHEEL_PREV] = index + 1
    this.#slots[slot] = index + 1
  }

  /** Takes a record off the wheel, if it is on it. */
  remove(index: number): void {
    const words = this.#records.words
    const base = index * RECORD_WORDS
    const slot = words[base + WHEEL_SLOT]!
    if (slot === 0) return
    const prev = words[base + WHEEL_PREV]!
    const next = words[base + WHEEL_NEXT]!
    if (prev === 0) this.#slots[slot - 1] = next
    else words[(prev - 1) * RECORD_WORDS + WHEEL_NEXT] = next
    if (next !== 0) words[(next - 1) * RECORD_WORDS + WHEEL_PREV] = prev
    words[base + WHEEL_SLOT] = 0
  }

  /** Expires what time has overtaken. One comparison when there is nothing to do. */
  advance(now: number): void {
    if (now >= this.#next) this.#turn(now)
  }

  #turn(now: number): void {
    const target = Math.floor(now / this.#hz) - (this.#ordered ? 0 : 1)
    if (target > this.#hand) {
      const from = this.#hand + 1
      this.#hand = target
      const steps = Math.min(target - from + 1, SLOTS)
      for (let i = 0; i < steps; i++) this.#empty((from + i) & (SLOTS - 1), now)
      if (this.#ordered) this.#sortDue()
    }
    while (this.#dueAt < this.#due.length) {
      const index = this.#due[this.#dueAt]!
      if (this.#isDue(index)) {
        const deadline = this.#deadline(index)
        if (deadline <= now) this.#expire(index)
        else if (Math.floor(deadline / this.#hz) > this.#hand) this.place(index) // it was refreshed: those behind it do not wait
        else break
      }
      this.#dueAt++
    }
    this.#next = (this.#hand + 1) * this.#hz
    if (this.#dueAt < this.#due.length) this.#next = Math.min(this.#next, this.#deadline(this.#due[this.#dueAt]!))
  }

  /** Takes every record off a slot: expires it, puts it among the due, or places it again. */
  #empty(slot: number, now: number): void {
    let link = this.#slots[slot]!
    this.#slots[slot] = 0
    const words = this.#records.words
    while (link !== 0) {
      const index = link - 1
      const base = index * RECORD_WORDS
      link = words[base + WHEEL_NEXT]!
      words[base + WHEEL_SLOT] = 0
      const deadline = this.#deadline(index)
      if (this.#ordered ? Math.floor(deadline / this.#hz) <= this.#hand : deadline <= now) {
        if (this.#ordered) this.#due.push(index)
        else this.#expire(index)
      } else this.place(index)
    }
  }

  #sortDue(): void {
    const waiting = this.#due.slice(this.#dueAt).filter((index) => this.#isDue(index))
    waiting.sort((a, b) => this.#deadline(a) - this.#deadline(b) || a - b)
    this.#due = waiting
    this.#dueAt = 0
  }

  /** Still the record that was taken off its slot: neither freed nor placed again since. */
  #isDue(index: number): boolean {
    const base = index * RECORD_WORDS
    return this.#records.words[base + PROTO] !== 0 && this.#records.words[base + WHEEL_SLOT] === 0
  }

  #deadline(index: number): number {
    return this.#records.doubles[(index * RECORD_WORDS + DEADLINE_F64) >>> 1]!
  }
}
