// A running engine's table at one instant, held beside what becomes of its connections afterwards.

import type { Time } from '../base/when.ts'
import type { Engine } from '../engine.ts'
import { Connection } from '../table/connection.ts'
import { END_TIMEOUT } from '../table/table.ts'
import { Entries, entriesOf } from './entries.ts'
import { type EndName, endName } from './event-row.ts'

/** How a connection left the table. */
export interface EntryEnd {
  readonly why: EndName
  readonly time: Time
  /** Frames of the capture read by then: where a packet ended it, the number of its frame. */
  readonly frame: number
}

const NOBODY = -1

/** Takes pictures of an engine's table, and remembers how the connections of the last one ended. */
export class TableWatch {
  readonly #engine: Engine
  readonly #conn: Connection
  #entries = new Entries()
  /** By record: which entry of the picture it is, and the serial that it has as such. */
  #entryOf = new Int32Array(0)
  #serials = new Int32Array(0)
  #ends = new Map<number, EntryEnd>()

  constructor(engine: Engine) {
    this.#engine = engine
    this.#conn = new Connection(engine.table.records)
    engine.table.listen((index, why) => { this.#ended(index, why) })
  }

  /** The last picture. */
  get entries(): Entries { return this.#entries }

  /** How an entry of the last picture ended; null while it has not. */
  endOf(index: number): EntryEnd | null { return this.#ends.get(index) ?? null }

  /** The table as it is now, without a change to what is watched. */
  now(): Entries { return entriesOf(this.#engine) }

  /** Takes a picture: from now on its entries are watched, and those of the one before no longer. */
  take(): void {
    this.#ends = new Map()
    const { high } = this.#engine.table.records
    this.#entryOf = new Int32Array(high).fill(NOBODY)
    this.#serials = new Int32Array(high)
    this.#entries = new Entries()
    const conn = this.#conn
    const { now, hz } = this.#engine.clock
    for (const index of this.#engine.table.visible()) {
      this.#entryOf[index] = this.#entries.length
      this.#serials[index] = conn.at(index).serial
      this.#entries.addConnection(conn, now, hz)
    }
  }

  #ended(index: number, why: number): void {
    const entry = index < this.#entryOf.length ? this.#entryOf[index] ?? NOBODY : NOBODY
    const conn = this.#conn.at(index)
    if (entry === NOBODY || this.#serials[index] !== conn.serial) return
    const { hz } = this.#engine.clock
    const tick = why === END_TIMEOUT ? conn.deadline : this.#engine.clock.now
    const sec = Math.floor(tick / hz)
    this.#ends.set(entry, {
      why: endName(why) ?? 'deleted',
      time: { sec, nsec: Math.round((tick - sec * hz) * (1e9 / hz)) },
      frame: this.#engine.frames,
    })
  }
}
