// Tables as they were, for going back in time: as many as fit a bound.

import { Entries, type Row, type Time } from '../../index.ts'
import type { Beside } from '../beside-kernel.ts'

/** What stands above the table, at one instant. */
export interface Totals {
  readonly time: Time
  /** IP packets, and those of them that were INVALID. */
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
  /** How it stood beside the kernel's, where that was looked at. */
  readonly beside: Beside | null
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
  add(totals: Totals, rows: Iterable<Row>, beside: Beside | null = null): void {
    const entries = new Entries()
    for (const row of rows) entries.add(row)
    this.#snapshots.push({ totals, entries, beside })
    this.#entries += weightOf(entries, beside)
    while (this.#snapshots.length > 1 && (this.#snapshots.length > MOST_SNAPSHOTS || this.#entries > MOST_ENTRIES)) {
      const oldest = this.#snapshots.shift()
      if (oldest !== undefined) this.#entries -= weightOf(oldest.entries, oldest.beside)
    }
  }

  /** A table by how many lie behind it: 0 is the present one. */
  back(steps: number): Snapshot | undefined {
    return this.#snapshots.at(-1 - steps)
  }
}

/** What a table counts for; what differs is text, and weighs more. */
function weightOf(entries: Entries, beside: Beside | null): number {
  return entries.length + 4 * ((beside?.marks.size ?? 0) + (beside?.onlyThere.length ?? 0))
}
