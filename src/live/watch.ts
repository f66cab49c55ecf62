// A live capture run through the engine. Time is the packets', and goes on by the wall clock while the wire is silent, so that
// entries expire as they do in the kernel; as far behind it as a packet may be late.

import {
  addTime, Engine, type EngineOptions, EventWatch, Frame, FRAME_PACKET, FRAME_UNSUPPORTED, type Moment, type OnEvent, type Source,
  type Time,
} from '../index.ts'

/** What is watched: a source that can be ended. */
export interface Watched extends Source {
  stop(): void
}

export interface WatchOptions extends EngineOptions {
  /** How late a packet may come, ms. */
  readonly lagMs: number
  /** Stop at equal distances of time, ms. Default: only at the end. */
  readonly everyMs?: number
  /** Ends after so many IP packets. */
  readonly count?: number
  /** Looks at each frame that holds an IP packet, right after the engine took it. Both are valid during the call only. */
  readonly onPacket?: (engine: Engine, frame: Frame) => void
  /** Told of each connection that is new, changed or gone, in the order of time. */
  readonly onEvent?: OnEvent
  /** The wall clock, ms since the epoch. Default: the system's. */
  readonly now?: () => number
}

const TURN = 100 // ms at most between two looks at the clock while nothing comes

export class Watch {
  readonly engine: Engine
  /** Frames of link types that nothing here reads, by type. */
  readonly unsupported = new Map<number, number>()
  readonly #source: Watched
  readonly #options: WatchOptions
  readonly #now: () => number
  readonly #frame = new Frame()
  /** The frame has been read and not yet given to the engine. */
  #held = false
  /** When the next moment is due, ms since the epoch: by equal distances, or because it was asked for. */
  #dueMs = Infinity
  #turnMs: number
  readonly #events: EventWatch | null
  readonly #asked: number[] = []
  #stopped = false
  /** Input has been asked for and has not come. */
  #waiting = false
  /** What came of it. */
  #more = true
  #wake: (() => void) | null = null

  constructor(source: Watched, options: WatchOptions) {
    const { onEvent } = options
    this.engine = new Engine(onEvent === undefined ? options : { ...options, ordered: true })
    this.#events = onEvent === undefined ? null : new EventWatch(this.engine.table, this.engine.clock, this.#frame, onEvent)
    this.#source = source
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#turnMs = options.everyMs === undefined ? Infinity : this.#now() + options.everyMs
    this.#plan()
  }

  /** Ends the capture: what has been captured by now is still taken. */
  stop(): void {
    this.#source.stop()
  }

  /** Asks for a moment beside those at equal distances. @param ms  since the epoch, not before one that was asked for earlier */
  ask(ms: number): void {
    this.#asked.push(ms)
    this.#plan()
  }

  #plan(): void {
    this.#dueMs = Math.min(this.#turnMs, this.#asked[0] ?? Infinity)
  }

  /** Runs to the end, stopping at each instant. Each moment is valid until the next is asked for. */
  async* moments(): AsyncGenerator<Moment, void> {
    while (this.#more) {
      while (this.#take()) yield this.#moment()
      if (this.#stopped) break
      if (!this.#waiting) this.#fill()
      if (!this.#waiting) continue
      if (await this.#hasCome()) continue
      while (this.#passTime()) yield this.#moment()
    }
    yield this.#moment('end')
  }

  /** Gives the frames that are there to the engine. @returns true when a moment is due first */
  #take(): boolean {
    const { engine } = this
    const frame = this.#frame
    const { count = Infinity, onPacket } = this.#options
    while (this.#held || this.#source.next(frame)) {
      this.#held = true
      if (frame.sec * 1000 + frame.nsec / 1_000_000 >= this.#dueMs) return true
      this.#held = false
      const what = engine.push(frame)
      if (what === FRAME_PACKET) {
        this.#events?.packet(engine.packet)
        onPacket?.(engine, frame)
        if (engine.packets >= count) {
          this.#stopped = true
          this.stop()
          return false
        }
      } else if (what === FRAME_UNSUPPORTED) this.unsupported.set(frame.linkType, (this.unsupported.get(frame.linkType) ?? 0) + 1)
    }
    return false
  }

  /** Nothing comes: time goes on all the same. @returns true when a moment is due */
  #passTime(): boolean {
    const now = this.#now() - this.#options.lagMs
    if (now >= this.#dueMs) return true
    this.#advance(now)
    return false
  }

  #advance(ms: number): void {
    if (this.engine.packets > 0) this.engine.advance(this.engine.clock.tickOf(Math.floor(ms / 1000), ms % 1000 * 1_000_000))
  }

  /** Asks for more input. */
  #fill(): void {
    const more = this.#source.fill()
    if (typeof more === 'boolean') {
      this.#more = more
      return
    }
    this.#waiting = true
    void more.then((some) => {
      this.#more = some
      this.#waiting = false
      this.#wake?.()
    })
  }

  /** Waits until input has come, or for a while. @returns whether it has come */
  #hasCome(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, TURN, false)
      this.#wake = () => {
        clearTimeout(timer)
        resolve(true)
      }
    })
  }

  /** The moment that is due; or the present one, by whatever name. */
  #moment(text?: string): Moment {
    const isDue = text === undefined
    const ms = isDue ? this.#dueMs : this.#tickMs()
    if (isDue) {
      this.#advance(ms)
      if (ms === this.#asked[0]) this.#asked.shift()
      else this.#turnMs += this.#options.everyMs ?? Infinity
      this.#plan()
    }
    const time = timeOf(ms)
    return { text: text ?? new Date(ms).toISOString(), time, frame: this.engine.frames, engine: this.engine }
  }

  #tickMs(): number {
    const { now, hz } = this.engine.clock
    return now * 1000 / hz
  }
}

/** ms since the epoch as a time. */
const timeOf = (ms: number): Time => addTime({ sec: Math.floor(ms / 1000), nsec: 0 }, { sec: 0, nsec: Math.floor(ms % 1000) * 1_000_000 })
