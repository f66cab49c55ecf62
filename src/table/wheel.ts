// A timing wheel over the deadlines of connections: finds what has expired without ever looking at the rest.
//
// A record sits on the slot of the span of time its deadline fell into when it was last placed. A later deadline leaves it
// where it is (it is placed again when its slot comes up); an earlier one moves it. Ordered, the records of the present
// span are spread over a second wheel, a slot a tick, and expire in the order of their deadlines, each at its own tick:
// what events need, and helpers that end other connections along with their own. Unordered, a span's records go when the
// span is over: nobody can tell, because whoever looks at a record looks at its deadline first.
//
// A span is a second; ordered, an eighth of it, so that a record that is spread over ticks is still in the cache when its
// tick comes.

import type { Desk, Memory } from '../base/memory.ts'
import { BLOCKS_AT, HAND_F64, MOST_BLANKS, NEXT_TURN_F64, ON_WHEEL, SPAN_F64 } from '../base/memory-map.ts'
import { DEADLINE_F64, RECORD_WORDS, WHEEL_PLACE, WHEEL_SLOT } from './layout.ts'
import type { Records } from './records.ts'
import { MOST_AT_ONCE, Stacks } from './stacks.ts'

const SLOTS = 1 << 14 // spans; a later deadline is placed again once a turn
const BLOCK = 1 << 7 // spans that are passed over at once where none of them holds a record
const MOST_GAPS = 1 << 16 // beside one for each record

export class Wheel {
  readonly #records: Records
  /** Ticks of a span. */
  readonly #span: number
  #ordered: boolean
  readonly #expire: (index: number) => void
  /** The records on each slot, + 1: spans, then the ticks of the hand's span. */
  readonly #slots: Stacks
  /** Slots that are not empty of each block of spans, and behind them of ticks. */
  readonly #inBlock: Int32Array
  /** Records that come off a slot together, + 1; a 0 ends fewer than fit. */
  readonly #batch = new Int32Array(MOST_AT_ONCE)
  /** The last span whose slot was emptied. */
  #hand = 0
  /** The next tick of it to be looked at. */
  #tick = 0
  /** Records on the wheel, and those among them that are on ticks. */
  #count = 0
  #countOnTicks = 0
  /** Before this tick there is nothing to do. */
  #next = 0

  /**
   * @param hz       ticks a second
   * @param ordered  expire in the order of deadlines, each as soon as time has reached it
   * @param memory   where the wheel lies
   * @param expire   called with each record whose deadline has passed, already off the wheel; frees it
   */
  constructor(records: Records, hz: number, ordered: boolean, memory: Memory, expire: (index: number) => void) {
    this.#records = records
    this.#span = ordered ? hz >>> 3 : hz
    this.#ordered = ordered
    this.#expire = expire
    this.#slots = new Stacks(SLOTS + this.#span, memory)
    this.#inBlock = memory.words(BLOCKS_AT, Math.ceil((SLOTS + this.#span) / BLOCK))
  }

  /** Places of records that moved or ended before their slot came up, and that nothing has used again. */
  get gaps(): number { return this.#slots.blanks }

  /** Starts the wheel at the first packet's time. */
  start(now: number): void {
    const turn = Math.floor(now / this.#span)
    this.#hand = this.#ordered ? turn : turn - 1
    this.#tick = now - turn * this.#span
    this.#next = (turn + 1) * this.#span
  }

  /** From now on, records expire in the order of their deadlines. */
  order(): void {
    if (this.#ordered) return
    this.#ordered = true
    this.#tick = this.#span // the hand's span is over
    this.#next = 0
  }

  /**
   * Tells that a record's deadline came nearer. It moves only when its slot would come up too late: a
   * connection whose timeout goes up and down with every packet stays where it is.
   */
  hasten(index: number): void {
    const slot = this.#records.words[index * RECORD_WORDS + WHEEL_SLOT]! - 1
    if (slot >= 0) {
      const comesUp = slot < SLOTS
        ? (this.#hand + ((slot - this.#hand) & (SLOTS - 1))) * this.#span
        : this.#hand * this.#span + slot - SLOTS
      if (this.#deadline(index) >= comesUp) return
    }
    this.place(index)
  }

  /** Places a record by its deadline, wherever it was. */
  place(index: number): void {
    this.remove(index)
    const slot = this.#slotOf(this.#deadline(index))
    this.#put(index, slot)
    this.#count++
    if (this.gaps > this.#count + MOST_GAPS) this.#close()
  }

  /** Lays down how things stand. False when records are to expire in order, which is not for the fast path. */
  lend(desk: Desk): boolean {
    desk.words[ON_WHEEL] = this.#count
    desk.words[MOST_BLANKS] = MOST_GAPS
    desk.setDouble(HAND_F64, this.#hand)
    desk.setDouble(SPAN_F64, this.#span)
    desk.setDouble(NEXT_TURN_F64, this.#next)
    this.#slots.lend(desk)
    return !this.#ordered
  }

  takeBack(desk: Desk): void {
    this.#slots.takeBack(desk)
    this.#count = desk.words[ON_WHEEL]!
    this.#hand = desk.double(HAND_F64)
    this.#next = desk.double(NEXT_TURN_F64)
    if (this.gaps > this.#count + MOST_GAPS) this.#close()
  }

  #put(index: number, slot: number): void {
    const words = this.#records.words
    const base = index * RECORD_WORDS
    if (this.#slots.isEmpty(slot)) this.#inBlock[(slot / BLOCK) | 0]!++
    words[base + WHEEL_SLOT] = slot + 1
    words[base + WHEEL_PLACE] = this.#slots.push(slot, index + 1)
  }

  #slotOf(deadline: number): number {
    const turn = Math.floor(deadline / this.#span)
    if (this.#ordered && turn <= this.#hand) {
      const start = this.#hand * this.#span
      const tick = Math.max(deadline - start, this.#tick)
      if (tick < this.#span) {
        this.#countOnTicks++
        this.#next = Math.min(this.#next, start + tick)
        return SLOTS + tick
      }
    }
    return Math.max(this.#hand + 1, Math.min(turn, this.#hand + SLOTS - 1)) & (SLOTS - 1)
  }

  /** Takes a record off the wheel, if it is on it. */
  remove(index: number): void {
    const words = this.#records.words
    const base = index * RECORD_WORDS
    const slot = words[base + WHEEL_SLOT]! - 1
    if (slot < 0) return
    this.#slots.blank(words[base + WHEEL_PLACE]!)
    words[base + WHEEL_SLOT] = 0
    this.#count--
    if (slot >= SLOTS) this.#countOnTicks--
  }

  /** Expires what time has overtaken. One comparison when there is nothing to do. */
  advance(now: number): void {
    if (now < this.#next) return
    if (this.#ordered) this.#turnInOrder(now)
    else this.#turn(now)
  }

  #turn(now: number): void {
    const target = Math.floor(now / this.#span) - 1
    const from = this.#hand + 1
    this.#hand = target
    const end = Math.min(target + 1, from + SLOTS)
    for (let turn = this.#nextHeld(from, end); turn < end; turn = this.#nextHeld(turn + 1, end)) this.#empty(turn & (SLOTS - 1), now)
    this.#next = (this.#hand + 2) * this.#span // the next span has to be over too
  }

  /** The first span from `from` on that holds a record, or the most that can be passed over, up to `last`. */
  #nextHeld(from: number, last: number): number {
    const slots = this.#slots
    const first = from & (SLOTS - 1)
    const most = Math.min(last - from, SLOTS) // small whole numbers from here on: spans since the epoch are none
    let passed = 0
    while (passed < most) {
      const slot = (first + passed) & (SLOTS - 1)
      if (!slots.isEmpty(slot)) break
      passed += slot % BLOCK === 0 && this.#inBlock[slot / BLOCK] === 0 ? BLOCK : 1
    }
    return from + Math.min(passed, most)
  }

  /** Span by span, and within each tick by tick. */
  #turnInOrder(now: number): void {
    const span = this.#span
    const target = Math.floor(now / span)
    for (;;) {
      this.#runTicks(Math.min(now - this.#hand * span, span - 1))
      if (this.#hand >= target) break
      this.#hand = this.#count === 0 ? target : this.#nextHeld(this.#hand + 1, target)
      this.#tick = 0
      this.#empty(this.#hand & (SLOTS - 1), -1)
    }
    this.#next = (this.#hand + 1) * span
    if (this.#countOnTicks > 0) {
      let tick = this.#tick
      while (this.#slots.isEmpty(SLOTS + tick)) tick++
      this.#next = this.#hand * span + tick
    }
  }

  /** Expires the records of the hand's span up to a tick of it; places again what was refreshed. */
  #runTicks(last: number): void {
    const start = this.#hand * this.#span
    while (this.#tick <= last && this.#countOnTicks > 0) {
      const link = this.#pop(SLOTS + this.#tick)
      if (link === 0) this.#tick++
      else {
        this.#countOnTicks--
        if (this.#deadline(link - 1) <= start + this.#tick) this.#expire(link - 1)
        else this.place(link - 1)
      }
    }
    this.#tick = Math.max(this.#tick, last + 1)
  }

  /** Takes a record off a slot. @returns the record + 1; 0 when there is none */
  #pop(slot: number): number {
    if (this.#slots.isEmpty(slot)) return 0
    const link = this.#slots.pop(slot)
    if (this.#slots.isEmpty(slot)) this.#inBlock[(slot / BLOCK) | 0]!--
    if (link === 0) return 0
    this.#records.words[(link - 1) * RECORD_WORDS + WHEEL_SLOT] = 0
    this.#count--
    return link
  }

  /** Takes every record off a span's slot: expires it, or places it again. @param now  -1: none is to expire yet */
  #empty(slot: number, now: number): void {
    let top = this.#slots.detach(slot)
    if (top === 0) return
    this.#inBlock[(slot / BLOCK) | 0]!--
    const batch = this.#batch
    while (top !== 0) {
      top = this.#slots.unload(top, batch)
      this.#takeOff(batch)
      for (let i = 0; i < MOST_AT_ONCE && batch[i] !== 0; i++) {
        const index = batch[i]! - 1
        if (this.#deadline(index) <= now) this.#expire(index)
        else this.place(index)
      }
    }
  }

  /**
   * What has waited on a slot is in no cache. Memory brings many records in the time of one, when they are asked for together:
   * so this comes before anything is done with them.
   */
  #takeOff(batch: Int32Array): void {
    const { words } = this.#records
    for (let i = 0; i < MOST_AT_ONCE && batch[i] !== 0; i++) {
      words[(batch[i]! - 1) * RECORD_WORDS + WHEEL_SLOT] = 0
      this.#count--
    }
  }

  /** Closes the gaps that records left behind on all slots. */
  #close(): void {
    const links: number[] = []
    for (let slot = 0; slot < SLOTS + this.#span; slot++) {
      if (this.#slots.isEmpty(slot)) continue
      for (let link = this.#slots.pop(slot); link !== 0; link = this.#slots.pop(slot)) links.push(link)
      this.#inBlock[(slot / BLOCK) | 0]!--
      for (let link = links.pop(); link !== undefined; link = links.pop()) this.#put(link - 1, slot)
    }
  }

  #deadline(index: number): number {
    return this.#records.doubles[(index * RECORD_WORDS + DEADLINE_F64) >>> 1]!
  }
}
