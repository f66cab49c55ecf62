// What a form of output for tables is: the interface that each file of a form fills in.

import type { Time } from '../base/when.ts'
import type { Connection } from '../table/connection.ts'
import type { ExpectRow } from './expect.ts'
import type { Row } from './row.ts'
import type { TextBuffer } from './text-buffer.ts'

/** The instant a table is shown at. */
export interface Instant {
  /** As it was asked for: `end`, `frame:123`, `+10s`, … */
  readonly text: string
  readonly time: Time
  /** Frames of the capture read by then. */
  readonly frame: number
}

export interface FormOptions {
  /** nf_conntrack_acct: packets and bytes are shown. */
  readonly counters: boolean
  /** nf_conntrack_timestamp: the age is shown. */
  readonly timestamps: boolean
  /** Colour may be used. */
  readonly colour: boolean
  /** Columns of the terminal; Infinity where there is none. */
  readonly width: number
  /** More than one table may come. */
  readonly several: boolean
  /** Expectations are asked for. */
  readonly expectations: boolean
}

/** One form of output. A run prints `begin`, then for each instant `open`, its rows, its expectations and `close`, then `end`. */
export interface Form {
  begin?(out: TextBuffer): void
  /** Default, when several tables may come: a line `# at WHEN`. */
  open?(out: TextBuffer, instant: Instant): void
  row(out: TextBuffer, row: Row): void
  /** The same straight from the record, for forms that are printed by the million. `now` in ticks, `hz` ticks a second. */
  connection?(out: TextBuffer, conn: Connection, now: number, hz: number): void
  expectation(out: TextBuffer, row: ExpectRow): void
  close?(out: TextBuffer): void
  end?(out: TextBuffer): void
}

export type MakeForm = (options: FormOptions) => Form
