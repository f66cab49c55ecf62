// A capture run through the engine, stopping at instants on the way. One pass, whatever the number of instants.

import { CaptureError, UsageError } from './base/errors.ts'
import { addTime, compareTimes, END, type Every, formatSeconds, subtractTime, type Time, timesTime, type When } from './base/when.ts'
import { NSEC_PER_SEC } from './base/units.ts'
import { Frame, type Source } from './capture/frame.ts'
import { Engine, FRAME_PACKET, FRAME_UNSUPPORTED, type EngineOptions } from './engine.ts'
import { findIp } from './link/link.ts'

/** An instant of a replay. The engine stands at it until the replay goes on. */
export interface Moment {
  /** What named it: `end`, `frame:123`, `+10s`, … */
  readonly text: string
  readonly time: Time
  /** Frames read so far. */
  readonly frame: number
  readonly engine: Engine
}

/** Looks at each frame that holds an IP packet, right after the engine took it. Both are valid during the call only. */
export type OnPacket = (engine: Engine, frame: Frame) => void

export interface ReplayOptions extends EngineOptions {
  /** Where to stop. Default: at the end, or nowhere else than `every` says. */
  readonly at?: readonly When[]
  /** Stop at equal distances too, and at the end. While the table is empty, intervals of time are passed over. */
  readonly every?: Every
  readonly onPacket?: OnPacket
  /**
   * Called between two pieces of the input (a megabyte or so): for progress, and to let timers and signals have their turn.
   * What it returns is waited for; `false` ends the replay here.
   */
  readonly between?: (replay: Replay) => boolean | Promise<boolean>
}

interface TimedInstant {
  readonly tick: number
  readonly time: Time
  readonly text: string
  /** How many intervals it lies behind the first frame; 0 when it stands for itself. */
  readonly turn: number
}

const FEW = 1000 // records: quick to look through

/** The end that nobody asked for: shown where it differs from the last of the equal distances. */
const LAST: When & { kind: 'end' } = { ...END }

// Why the inner loop came back.
const MORE_INPUT = 0
const MOMENT = 1

/** One run of one capture. */
export class Replay {
  readonly engine: Engine
  readonly source: Source
  /** Time of the first frame, and of the last one that held an IP packet; null before there is one. */
  first: Time | null = null
  #stopped = false
  #wake: ((more: boolean) => void) | null = null
  readonly #frame = new Frame()
  /** The frame has been read and not yet given to the engine. */
  #held = false
  readonly #onPacket: OnPacket | null
  readonly #between: NonNullable<ReplayOptions['between']> | null
  #lastSec = 0
  #lastNsec = 0
  /** Instants of each kind yet to come, the next one last. */
  readonly #byTime: TimedInstant[] = []
  readonly #byFrame: (When & { kind: 'frame' })[] = []
  readonly #relative: (When & { kind: 'start' })[] = []
  readonly #byEnd: (When & { kind: 'end' })[] = []
  readonly #interval: Time | null
  readonly #stride: number
  /** Engine packets at which a moment by count is due. */
  #nextCount = Infinity
  /** What the last moment showed. */
  #shownPackets = -1
  #shownTick = -1
  readonly #unsupported = new Set<string>()
  readonly #damage: CaptureError[] = []

  constructor(source: Source, options: ReplayOptions = {}) {
    this.source = source
    this.engine = new Engine(options)
    this.#onPacket = options.onPacket ?? null
    this.#between = options.between ?? null
    const every = options.every
    this.#interval = every?.kind === 'time' ? every.interval : null
    if (this.#interval !== null && this.#interval.sec <= 0 && this.#interval.nsec <= 0) throw new UsageError('an interval of no time')
    this.#stride = every?.kind === 'packets' ? every.count : 0
    if (this.#stride > 0) this.#nextCount = this.#stride
    for (const when of options.at ?? (every === undefined ? [END] : [])) {
      switch (when.kind) {
        case 'time': this.#addTime(when.time, when.text); break
        case 'frame': this.#byFrame.push(when); break
        case 'start': this.#relative.push(when); break
        case 'end': this.#byEnd.push(when); break
      }
    }
    if (every !== undefined && !this.#byEnd.some(({ offset }) => compareTimes(offset, END.offset) === 0)) this.#byEnd.push(LAST)
    this.#byFrame.sort((a, b) => b.frame - a.frame)
    this.#byEnd.sort((a, b) => compareTimes(b.offset, a.offset))
  }

  /** What was wrong with the input so far: damage, and link types that nothing here reads. */
  get damage(): readonly CaptureError[] {
    return [...this.source.damage, ...this.#damage]
  }

  /** Time of the last frame that held an IP packet, null before there is one. */
  get last(): Time | null {
    return this.engine.packets === 0 ? null : { sec: this.#lastSec, nsec: this.#lastNsec }
  }

  /** Frames of the capture asked for and never reached. */
  get missed(): readonly When[] {
    return this.#byFrame
  }

  /** Ends the replay here, as though the capture went no further; also while it waits for input. */
  stop(): void {
    this.#stopped = true
    this.#wake?.(false)
  }

  /** It was stopped early. */
  get stopped(): boolean {
    return this.#stopped
  }

  /** Waits for the input, or for `stop`. */
  #interruptible(more: Promise<boolean>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#wake = resolve
      more.then(resolve, reject)
    })
  }

  /** Runs to the end without a look at the instants. */
  async run(): Promise<void> {
    const moments = this.moments()
    while ((await moments.next()).done !== true) { /* go on */ }
  }

  /** Runs to the end, stopping at each instant, in the order of time. Each is valid until the next is asked for. */
  async* moments(): AsyncGenerator<Moment, void> {
    for (;;) {
      while (this.#drain() === MOMENT) yield* this.#due()
      if (this.#between !== null) {
        const goOn = this.#between(this)
        if (!(typeof goOn === 'boolean' ? goOn : await goOn)) this.#stopped = true
      }
      if (this.#stopped) break
      const more = this.source.fill()
      if (!(typeof more === 'boolean' ? more : await this.#interruptible(more))) break
    }
    if (this.stopped) yield this.#endMoment(END)
    else yield* this.#rest()
  }

  /** Gives frames to the engine until more input is needed or a moment is due. */
  #drain(): number {
    if (this.first === null) {
      if (!this.source.next(this.#frame)) return MORE_INPUT
      this.#held = true
      this.#resolve({ sec: this.#frame.sec, nsec: this.#frame.nsec })
    }
    return this.#isWatched() ? this.#drainWatched() : this.#drainPlain()
  }

  #isWatched(): boolean {
    return this.#onPacket !== null || this.#byTime.length > 0 || this.#byFrame.length > 0 || this.#stride > 0
  }

  #drainPlain(): number {
    const { source, engine } = this
    const frame = this.#frame
    while (this.#held || source.next(frame)) {
      this.#held = false
      const what = engine.push(frame)
      if (what === FRAME_PACKET) {
        if (frame.sec > this.#lastSec || (frame.sec === this.#lastSec && frame.nsec > this.#lastNsec)) {
          this.#lastSec = frame.sec
          this.#lastNsec = frame.nsec
        }
      } else if (what === FRAME_UNSUPPORTED) this.#noteUnsupported(frame)
    }
    return MORE_INPUT
  }

  #drainWatched(): number {
    const { source, engine } = this
    const frame = this.#frame
    while (this.#held || source.next(frame)) {
      this.#held = true
      if (this.#isOverdue(frame)) return MOMENT
      this.#held = false
      const what = engine.push(frame)
      if (what === FRAME_PACKET) {
        if (frame.sec > this.#lastSec || (frame.sec === this.#lastSec && frame.nsec > this.#lastNsec)) {
          this.#lastSec = frame.sec
          this.#lastNsec = frame.nsec
        }
        if (this.#onPacket !== null) this.#onPacket(engine, frame)
      } else if (what === FRAME_UNSUPPORTED) this.#noteUnsupported(frame)
      if (engine.packets >= this.#nextCount) return MOMENT
      const next = this.#byFrame.at(-1)
      if (next !== undefined && engine.frames >= next.frame) return MOMENT
    }
    return MORE_INPUT
  }

  /** The next instant of time lies before this frame. Frames without IP do not move the clock, so they tell nothing. */
  #isOverdue(frame: Frame): boolean {
    const next = this.#byTime.at(-1)
    return next !== undefined && this.engine.clock.tickOf(frame.sec, frame.nsec) > next.tick && findIp(frame) >= 0
  }

  /** The moments that are due right now. */
  * #due(): Generator<Moment, void> {
    const { engine } = this
    if (this.#held) {
      while (this.#isOverdue(this.#frame)) yield* this.#timeMoment()
      return
    }
    if (engine.packets >= this.#nextCount) {
      this.#nextCount += this.#stride
      yield this.#moment(`frame:${String(engine.frames)}`, this.last)
    }
    for (let next = this.#byFrame.at(-1); next !== undefined && engine.frames >= next.frame; next = this.#byFrame.at(-1)) {
      this.#byFrame.pop()
      yield this.#moment(next.text, this.last)
    }
  }

  * #timeMoment(): Generator<Moment, void> {
    const next = this.#byTime.pop()
    if (next === undefined) return
    yield this.#moment(next.text, next.time)
    if (next.turn > 0) this.#addTurn(this.#isEmpty() ? this.#turnAt(this.#frame, next.turn + 1) : next.turn + 1)
  }

  /** Nothing is visible. A table of many expired entries counts as full for the second until they are swept. */
  #isEmpty(): boolean {
    const { table } = this.engine
    return table.records.live < FEW && table.visible().length === 0
  }

  /** The first turn that is not before a frame, nor before `least`: what lies between has an empty table. */
  #turnAt(frame: Frame, least: number): number {
    if (this.#interval === null || this.first === null) return least
    const seconds = (time: Time): number => time.sec + time.nsec / NSEC_PER_SEC
    const estimate = Math.floor(seconds(subtractTime(frame, this.first)) / seconds(this.#interval)) - 1
    const tick = this.#tickOf(frame)
    let turn = Math.max(least, estimate)
    while (this.#tickOf(addTime(this.first, timesTime(this.#interval, turn))) < tick) turn++
    return turn
  }

  /** What is left when the capture is over. */
  * #rest(): Generator<Moment, void> {
    if (this.first === null) this.#resolve({ sec: 0, nsec: 0 })
    const ends = this.#byEnd.map((when) => ({ when, tick: this.#tickOf(addTime(this.last ?? { sec: 0, nsec: 0 }, when.offset)) }))
    while (ends.length > 0 || this.#byTime.length > 0) {
      const end = ends.at(-1)
      const time = this.#byTime.at(-1)
      if (time !== undefined && time.turn > 0 && (this.last === null || time.tick > this.#tickOf(this.last))) {
        this.#byTime.pop() // intervals end with the capture
        continue
      }
      if (end !== undefined && (time === undefined || end.tick < time.tick)) {
        ends.pop()
        if (end.when !== LAST || !this.#isShown(end.tick)) yield this.#endMoment(end.when)
      } else yield* this.#timeMoment()
    }
  }

  /** The last moment showed this very table. */
  #isShown(tick: number): boolean {
    return this.#shownPackets === this.engine.packets && this.#shownTick === tick
  }

  #endMoment(when: When & { kind: 'end' }): Moment {
    return this.#moment(when.text, this.last === null ? null : addTime(this.last, when.offset))
  }

  /** @param time  null before the first packet */
  #moment(text: string, time: Time | null): Moment {
    if (time !== null) this.engine.advance(this.#tickOf(time))
    this.#shownPackets = this.engine.packets
    this.#shownTick = this.engine.clock.now
    return { text, time: time ?? { sec: 0, nsec: 0 }, frame: this.engine.frames, engine: this.engine }
  }

  /** Fixes what is counted from the first frame. */
  #resolve(first: Time): void {
    this.first = first
    for (const when of this.#relative) this.#addTime(addTime(first, when.offset), when.text)
    this.#addTurn(1)
  }

  /** Adds one of the instants at equal distances. */
  #addTurn(turn: number): void {
    if (this.#interval === null || this.first === null) return
    const offset = timesTime(this.#interval, turn)
    this.#addTime(addTime(this.first, offset), `+${formatSeconds(offset)}s`, turn)
  }

  #addTime(time: Time, text: string, turn = 0): void {
    this.#byTime.push({ tick: this.#tickOf(time), time, text, turn })
    this.#byTime.sort((a, b) => compareTimes(b.time, a.time))
  }

  #tickOf(time: Time): number {
    return this.engine.clock.tickOf(time.sec, time.nsec)
  }

  #noteUnsupported(frame: Frame): void {
    const origin = this.source.origin(frame)
    const key = `${origin.path}\n${String(frame.iface)}`
    if (this.#unsupported.has(key)) return
    this.#unsupported.add(key)
    const detail = `link type ${String(frame.linkType)} is not one this program reads`
    this.#damage.push(new CaptureError('UNSUPPORTED_LINKTYPE', origin.path, origin.offset, detail))
  }
}
