// A capture run through the engine, stopping at instants on the way. One pass, whatever the number of instants.

import { CaptureError } from './base/errors.ts'
import { Schedule } from './base/schedule.ts'
import { defaultSysctl } from './base/sysctl.ts'
import { addTime, END, type Every, type Time, type When } from './base/when.ts'
import { Frame, type Source } from './capture/frame.ts'
import { EventWatch, type OnEvent } from './conntrack/events.ts'
import { FastPath } from './fast-path/fast-path.ts'
import { Engine, FRAME_PACKET, FRAME_UNSUPPORTED, type EngineOptions } from './engine.ts'
import { linkTypeName } from './link/link-types.ts'
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
  /** Told of each connection that is new, changed or gone, in the order of time: what `conntrack -E` shows. */
  readonly onEvent?: OnEvent
  /** Looks at each frame that holds no IP packet: ARP, for one. Valid during the call only. */
  readonly onOther?: (frame: Frame) => void
  /** Usual packets take the fast path (assembly/), where nobody looks at each. Default: of captures that are not small. */
  readonly fastPath?: boolean
  /**
   * Called between two pieces of the input (a megabyte or so): for progress, and to let timers and signals have their turn.
   * What it returns is waited for; `false` ends the replay here.
   */
  readonly between?: (replay: Replay) => boolean | Promise<boolean>
}

/** The watch over events comes first: whoever looks at the packet may print what it did. */
function withEvents({ onPacket, onEvent }: ReplayOptions, engine: Engine, frame: Frame): OnPacket | null {
  if (onEvent === undefined) return onPacket ?? null
  const watch = new EventWatch(engine.table, engine.clock, frame, onEvent)
  return (_, current) => {
    watch.packet(engine.packet)
    onPacket?.(engine, current)
  }
}

/** The fast path, where nobody looks at packets one by one and the capture is worth laying it out. */
function fastPathFor(source: Source, options: ReplayOptions): FastPath | null {
  const { fastPath = source.size === 0 || source.size > SMALL, onPacket, onEvent, hooks, helpers = [], ordered = false } = options
  const isWatched = onPacket !== undefined || onEvent !== undefined || hooks !== undefined || helpers.length > 0 || ordered
  return fastPath && !isWatched && source.hand !== undefined ? FastPath.open((options.sysctl ?? defaultSysctl()).max) : null
}

const FEW = 1000 // records: quick to look through
const SMALL = 1 << 20 // bytes of a capture: the long way has read it before the fast path is laid out

// Why the inner loop came back.
const MORE_INPUT = 0
const MOMENT = 1

/** One run of one capture. */
export class Replay {
  readonly engine: Engine
  readonly source: Source
  /** Time of the first frame; null before there is one. */
  first: Time | null = null
  readonly #schedule: Schedule
  readonly #onPacket: OnPacket | null
  readonly #onOther: ((frame: Frame) => void) | null
  readonly #between: NonNullable<ReplayOptions['between']> | null
  readonly #frame = new Frame()
  readonly #fastPath: FastPath | null
  /** The frame has been read and not yet given to the engine. */
  #held = false
  #lastSec = 0
  #lastNsec = 0
  /** What the last moment showed. */
  #shownPackets = -1
  #shownTick = -1
  #stopped = false
  #wake: ((more: boolean) => void) | null = null
  readonly #unsupported = new Set<string>()
  readonly #damage: CaptureError[] = []

  /** @throws UsageError */
  constructor(source: Source, options: ReplayOptions = {}) {
    this.source = source
    this.#fastPath = fastPathFor(source, options)
    const memory = this.#fastPath === null ? {} : { memory: this.#fastPath.memory }
    this.engine = new Engine({ ...options, ...memory, ordered: options.ordered === true || options.onEvent !== undefined })
    this.#fastPath?.serve(this.engine)
    this.#schedule = new Schedule(options.at, options.every, (time) => this.#tickOf(time))
    this.#onPacket = withEvents(options, this.engine, this.#frame)
    this.#onOther = options.onOther ?? null
    this.#between = options.between ?? null
  }

  /** What was wrong with the input so far: damage, and link types that nothing here reads. */
  get damage(): readonly CaptureError[] {
    return [...this.source.damage, ...this.#damage]
  }

  /** Time of the last frame that held an IP packet, as the file has it, null before there is one. `end+…` counts from it. */
  get last(): Time | null {
    return this.engine.packets === 0 ? null : { sec: this.#lastSec, nsec: this.#lastNsec }
  }

  /** Frames of the capture asked for and never reached. */
  get missed(): readonly When[] {
    return this.#schedule.missed
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
      this.first = { sec: this.#frame.sec, nsec: this.#frame.nsec }
      this.#schedule.begin(this.first)
    }
    return this.#schedule.isOnlyEnd ? this.#drainPlain() : this.#drainWatched()
  }

  #drainPlain(): number {
    const { engine } = this
    const frame = this.#frame
    const onPacket = this.#onPacket
    const onOther = this.#onOther
    while (this.#held || this.#next()) {
      this.#held = false
      const what = engine.push(frame)
      if (what === FRAME_PACKET) {
        this.#lastSec = frame.sec
        this.#lastNsec = frame.nsec
        if (onPacket !== null) onPacket(engine, frame)
      } else if (what === FRAME_UNSUPPORTED) this.#noteUnsupported(frame)
      else if (onOther !== null) onOther(frame)
    }
    return MORE_INPUT
  }

  #drainWatched(): number {
    const { engine } = this
    const frame = this.#frame
    const schedule = this.#schedule
    while (this.#held || this.#next()) {
      this.#held = true
      if (this.#isOverdue(frame)) return MOMENT
      this.#held = false
      const what = engine.push(frame)
      if (what === FRAME_PACKET) {
        this.#lastSec = frame.sec
        this.#lastNsec = frame.nsec
        if (this.#onPacket !== null) this.#onPacket(engine, frame)
      } else if (what === FRAME_UNSUPPORTED) this.#noteUnsupported(frame)
      else this.#onOther?.(frame)
      if (engine.packets >= schedule.nextCount || engine.frames >= schedule.nextFrame) return MOMENT
    }
    return MORE_INPUT
  }

  /** Aims at the next frame that does not take the fast path. */
  #next(): boolean {
    if (this.#fastPath !== null) this.#takeUsual(this.#fastPath)
    return this.source.next(this.#frame)
  }

  /** Lets usual packets take the fast path, up to the next instant. */
  #takeUsual(fastPath: FastPath): void {
    const { engine } = this
    const { nextTick, nextCount, nextFrame } = this.#schedule
    fastPath.go(this.source, nextTick, Math.min(nextCount - engine.packets, nextFrame - engine.frames) - 1)
    if (fastPath.taken === 0) return
    this.#lastSec = fastPath.sec
    this.#lastNsec = fastPath.nsec
  }

  /** The next instant of time lies before this frame. Frames without IP do not move the clock, so they tell nothing. */
  #isOverdue(frame: Frame): boolean {
    return this.engine.clock.tickOf(frame.sec, frame.nsec) > this.#schedule.nextTick && findIp(frame) >= 0
  }

  /** The moments that are due right now. */
  * #due(): Generator<Moment, void> {
    const { engine } = this
    const schedule = this.#schedule
    while (this.#held && this.#isOverdue(this.#frame)) {
      const timed = schedule.takeTimed()
      if (timed === undefined) return
      yield this.#moment(timed.text, timed.time)
      schedule.repeat(timed, this.#isEmpty() ? this.#frame : null)
    }
    if (this.#held) return
    if (engine.packets >= schedule.nextCount) {
      schedule.takeCount()
      yield this.#moment(`frame:${String(engine.frames)}`, this.last)
    }
    while (engine.frames >= schedule.nextFrame) yield this.#moment(schedule.takeFrame()?.text ?? '', this.last)
  }

  /** What is left when the capture is over. */
  * #rest(): Generator<Moment, void> {
    const schedule = this.#schedule
    for (let next = schedule.takeRemaining(this.last); next !== undefined; next = schedule.takeRemaining(this.last)) {
      if (next.kind === 'time') {
        yield this.#moment(next.timed.text, next.timed.time)
        schedule.repeat(next.timed, null)
      } else if (!next.isOptional || !this.#isShown()) yield this.#endMoment(next.when)
    }
  }

  /** Nothing is visible. A table of many expired entries counts as full for the second until they are swept. */
  #isEmpty(): boolean {
    const { table } = this.engine
    return table.records.live < FEW && table.visible().length === 0
  }

  /** The last moment showed the table that the end shows. */
  #isShown(): boolean {
    return this.last !== null && this.#shownPackets === this.engine.packets && this.#shownTick === this.#tickOf(this.last)
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

  #tickOf(time: Time): number {
    return this.engine.clock.tickOf(time.sec, time.nsec)
  }

  #noteUnsupported(frame: Frame): void {
    const origin = this.source.origin(frame)
    const key = `${origin.path}\n${String(frame.iface)}`
    if (this.#unsupported.has(key)) return
    this.#unsupported.add(key)
    const detail = `link type ${String(frame.linkType)} (${linkTypeName(frame.linkType)}) is not one this program reads`
    this.#damage.push(new CaptureError('UNSUPPORTED_LINKTYPE', origin.path, origin.offset, detail))
  }
}
