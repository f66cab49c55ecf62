// Tables as they were, for going back in time: as many as fit a bound.

import { Entries, type Row, type Time } from '../../index.ts'

/** What stands above the table, at one instant. */
export interface Totals {
  readonly time: Time
  /** Frames read, IP packets among them, and those of them that were INVALID. */
  readonly frames: number
  readonly packets: number
  readonly invalid: number
  /** Connections made, dropped early, and packets dropped because the table was full. */
  readonly created: number
  readonly earlyDrop: number
  readonly tableFull: number
  /** Entries there may be. */
  readonly most: number
  /** Packets lost before they reached us; null where nobody knows. */
  readonly lost: number | null
}

export interface Snapshot {
  readonly totals: Totals
  readonly entries: Entries
}

const MOST_SNAPSHOTS = 600
const MOST_ENTRIES = 250_000 // in all snapshots: some 40 MB

export class History {
  readonly #snapshots: Snapshot[] = []
  #entries = 0

  get length(): number {
    return this.#snapshots.length
  }

  /** Keeps a table; the oldest are let go. */
  add(totals: Totals, rows: Iterable<Row>): void {
    const entries = new Entries()
    for (const row of rows) entries.add(row)
    this.#snapshots.push({ totals, entries })
    this.#entries += entries.length
    while (this.#snapshots.length > 1 && (this.#snapshots.length > MOST_SNAPSHOTS || this.#entries > MOST_ENTRIES)) {
      this.#entries -= this.#snapshots.shift()?.entries.length ?? 0
    }
  }

  /** A table by how many lie behind it: 0 is the present one. */
  back(steps: number): Snapshot | undefined {
    return this.#snapshots.at(-1 - steps)
  }
}
