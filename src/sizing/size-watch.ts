// Watches how full the table is while a capture runs through the engine: by kind, over time, at its peak, and what was lost.

import type { Time } from '../base/when.ts'
import type { Frame } from '../capture/frame.ts'
import type { Engine } from '../engine.ts'
import { Connection } from '../table/connection.ts'
import { IPS_CONFIRMED, IPS_DYING } from '../table/status.ts'
import { END_TIMEOUT } from '../table/table.ts'
import { AtPeak } from './at-peak.ts'
import { kindOf, KINDS } from './kinds.ts'
import { Series } from './series.ts'

/** A frame, and when it came. */
export interface FrameAt {
  readonly frame: number
  readonly time: Time
}

const at = (frame: Frame): FrameAt => ({ frame: frame.number, time: { sec: frame.sec, nsec: frame.nsec } })

/** Watches one engine, whose connections must expire in order (`ordered`). Give it to a replay: `onPacket: watch.packet`. */
export class SizeWatch {
  readonly series = new Series(KINDS.length)
  /** The most entries there were at once, the frame that made it so, and the counts by kind right after it. */
  peak = 0
  peakFrame = 0
  peakTime: Time = { sec: 0, nsec: 0 }
  readonly peakCounts = new Int32Array(KINDS.length)
  /** The first packet that found no room, and the first that made another connection go early. */
  firstLost: FrameAt | null = null
  firstEarly: FrameAt | null = null
  entries = 0
  #engine: Engine | null = null
  #conn: Connection | null = null
  #atPeak: AtPeak | null = null
  readonly #counts = new Int32Array(KINDS.length)
  #kinds = new Uint8Array(1024)

  /** Who held the table at its peak; null before the first packet. */
  get atPeak(): AtPeak | null { return this.#atPeak }

  /** Looks at a packet that the engine has just taken. */
  readonly packet = (engine: Engine, frame: Frame): void => {
    const conn = this.#conn ?? this.#attach(engine)
    const { clock, packet } = engine
    if (clock.now >= this.series.next) this.series.reach(clock.now, this.#counts, this.entries)
    const index = packet.connection
    if (index >= 0 && (conn.at(index).status & (IPS_CONFIRMED | IPS_DYING)) === IPS_CONFIRMED) this.#count(conn, index, frame)
    const { stats } = engine.table
    if (stats.earlyDrop > 0) this.firstEarly ??= at(frame)
    if (stats.tableFull > 0) this.firstLost ??= at(frame)
  }

  /** To be called when the capture is over: what has expired by now is gone from the counts. */
  finish(): void {
    const engine = this.#engine
    if (engine === null) return
    this.series.reach(engine.clock.now, this.#counts, this.entries)
    this.series.finish(this.#counts, this.entries)
  }

  #attach(engine: Engine): Connection {
    this.#engine = engine
    this.#conn = new Connection(engine.table.records)
    this.#atPeak = new AtPeak(engine.table)
    engine.table.listen((index, why) => { this.#gone(index, why) })
    this.series.start(engine.clock.now)
    return this.#conn
  }

  #count(conn: Connection, index: number, frame: Frame): void {
    const kind = kindOf(conn)
    if (index >= this.#kinds.length) {
      const wider = new Uint8Array(Math.max(this.#kinds.length * 2, index + 1))
      wider.set(this.#kinds)
      this.#kinds = wider
    }
    const before = this.#kinds[index] ?? 0
    if (kind === before) return
    this.#kinds[index] = kind
    const counts = this.#counts
    counts[kind] = (counts[kind] ?? 0) + 1
    if (before !== 0) {
      counts[before] = (counts[before] ?? 0) - 1
      return
    }
    this.entries++
    this.series.note(this.entries)
    if (this.entries <= this.peak) return
    this.peak = this.entries
    this.peakFrame = frame.number
    this.peakTime = { sec: frame.sec, nsec: frame.nsec }
    this.peakCounts.set(counts)
    this.#atPeak?.mark(conn.serial)
  }

  #gone(index: number, why: number): void {
    const engine = this.#engine
    const conn = this.#conn
    const kind = this.#kinds[index] ?? 0
    if (engine === null || conn === null || kind === 0) return
    const tick = why === END_TIMEOUT ? conn.at(index).deadline : engine.clock.now
    if (tick >= this.series.next) this.series.reach(tick, this.#counts, this.entries)
    this.#atPeak?.leave(index)
    this.#kinds[index] = 0
    this.#counts[kind] = (this.#counts[kind] ?? 0) - 1
    this.entries--
  }
}
