// Which instants of a capture come when: those asked for and those at equal distances, in the order of time.

import { UsageError } from './errors.ts'
import { NSEC_PER_SEC } from './units.ts'
import { addTime, compareTimes, END, type Every, formatSeconds, subtractTime, type Time, timesTime, type When } from './when.ts'

/** An instant of time. */
export interface Timed {
  readonly tick: number
  readonly time: Time
  readonly text: string
  /** How many intervals it lies behind the first frame; 0 when it stands for itself. */
  readonly turn: number
}

type FrameWhen = When & { readonly kind: 'frame' }
type StartWhen = When & { readonly kind: 'start' }
type EndWhen = When & { readonly kind: 'end' }

/** What is left when the capture is over: an instant of time, or the end. */
export type Remaining = RemainingTime | RemainingEnd

interface RemainingTime {
  readonly kind: 'time'
  readonly timed: Timed
}

interface RemainingEnd {
  readonly kind: 'end'
  readonly when: EndWhen
  /** Nobody asked for it: to be shown only where it differs from what was shown last. */
  readonly isOptional: boolean
}

/** The end behind the last of the equal distances. */
const LAST: EndWhen = { ...END }

export class Schedule {
  /** The tick of the next instant of time: due before the first packet that is later. */
  nextTick = Infinity
  /** The next frame with an instant right behind it. */
  nextFrame = Infinity
  /** So many packets make the next instant by count. */
  nextCount = Infinity
  readonly #tickOf: (time: Time) => number
  readonly #interval: Time | null
  readonly #stride: number
  #first: Time | null = null
  /** Instants of each kind yet to come, the next one last. */
  readonly #timed: Timed[] = []
  readonly #frames: FrameWhen[] = []
  readonly #starts: StartWhen[] = []
  readonly #ends: EndWhen[] = []

  /**
   * @param at      instants, in any order; default: the end, or what `every` says
   * @param tickOf  the tick a moment falls into
   * @throws        UsageError
   */
  constructor(at: readonly When[] | undefined, every: Every | undefined, tickOf: (time: Time) => number) {
    this.#tickOf = tickOf
    this.#interval = every?.kind === 'time' ? every.interval : null
    this.#stride = every?.kind === 'packets' ? every.count : 0
    if (this.#interval !== null && compareTimes(this.#interval, { sec: 0, nsec: 0 }) <= 0) throw new UsageError('an interval of no time')
    if (this.#stride > 0) this.nextCount = this.#stride
    for (const when of at ?? (every === undefined ? [END] : [])) {
      switch (when.kind) {
        case 'time': this.#add(when.time, when.text, 0); break
        case 'frame': this.#frames.push(when); break
        case 'start': this.#starts.push(when); break
        case 'end': this.#ends.push(when); break
      }
    }
    if (every !== undefined && !this.#ends.some(({ offset }) => compareTimes(offset, END.offset) === 0)) this.#ends.push(LAST)
    this.#frames.sort((a, b) => b.frame - a.frame)
    this.#ends.sort((a, b) => compareTimes(b.offset, a.offset))
    this.nextFrame = this.#frames.at(-1)?.frame ?? Infinity
  }

  /** Nothing can be due before the end. */
  get isOnlyEnd(): boolean {
    return this.nextTick === Infinity && this.nextFrame === Infinity && this.nextCount === Infinity
  }

  /** Frames asked for that have not come. */
  get missed(): readonly When[] {
    return this.#frames
  }

  /** Fixes what counts from the first frame. */
  begin(first: Time): void {
    this.#first = first
    for (const when of this.#starts) this.#add(addTime(first, when.offset), when.text, 0)
    this.#addTurn(1)
  }

  /** Takes the next instant of time. */
  takeTimed(): Timed | undefined {
    const next = this.#timed.pop()
    this.nextTick = this.#timed.at(-1)?.tick ?? Infinity
    return next
  }

  /** Takes the next instant behind a frame. */
  takeFrame(): When | undefined {
    const next = this.#frames.pop()
    this.nextFrame = this.#frames.at(-1)?.frame ?? Infinity
    return next
  }

  /** Takes the instant by count. */
  takeCount(): void {
    this.nextCount += this.#stride
  }

  /**
   * Adds the turn behind one that was shown.
   * @param until  where the table was empty: the time before which there is nothing more to see; else null
   */
  repeat(shown: Timed, until: Time | null): void {
    if (shown.turn > 0) this.#addTurn(until === null ? shown.turn + 1 : this.#turnAt(until, shown.turn + 1))
  }

  /** Takes what is left when the capture is over, in the order of time. @param last time of its last packet */
  takeRemaining(last: Time | null): Remaining | undefined {
    if (this.#first === null) this.begin({ sec: 0, nsec: 0 })
    let timed = this.#timed.at(-1)
    while (timed !== undefined && timed.turn > 0 && (last === null || timed.tick > this.#tickOf(last))) { // intervals end with the capture
      this.takeTimed()
      timed = this.#timed.at(-1)
    }
    const end = this.#ends.at(-1)
    if (end !== undefined && (timed === undefined || this.#tickOf(addTime(last ?? { sec: 0, nsec: 0 }, end.offset)) < timed.tick)) {
      this.#ends.pop()
      return { kind: 'end', when: end, isOptional: end === LAST }
    }
    this.takeTimed()
    return timed === undefined ? undefined : { kind: 'time', timed }
  }

  #addTurn(turn: number): void {
    if (this.#interval === null || this.#first === null) return
    const offset = timesTime(this.#interval, turn)
    this.#add(addTime(this.#first, offset), `+${formatSeconds(offset)}s`, turn)
  }

  /** The first turn that is neither before a time nor before `least`. */
  #turnAt(until: Time, least: number): number {
    if (this.#interval === null || this.#first === null) return least
    const seconds = (time: Time): number => time.sec + time.nsec / NSEC_PER_SEC
    const estimate = Math.floor(seconds(subtractTime(until, this.#first)) / seconds(this.#interval)) - 1
    let turn = Math.max(least, estimate)
    while (this.#tickOf(addTime(this.#first, timesTime(this.#interval, turn))) < this.#tickOf(until)) turn++
    return turn
  }

  #add(time: Time, text: string, turn: number): void {
    this.#timed.push({ tick: this.#tickOf(time), time, text, turn })
    this.#timed.sort((a, b) => compareTimes(b.time, a.time))
    this.nextTick = this.#timed.at(-1)?.tick ?? Infinity
  }
}
