// Diffs from instant to instant of a running engine, and all that a diff tells.

import { type Time, timeBetween } from '../base/when.ts'
import type { Engine } from '../engine.ts'
import type { Moment } from '../replay.ts'
import { diffEntries, type Difference, type DiffOptions } from './diff.ts'
import type { DiffCounts } from './diff-form.ts'
import type { Entries } from './entries.ts'
import { type EntryEnd, TableWatch } from './table-watch.ts'

/** One of the two tables of a diff. */
export interface DiffSide {
  /** What it is called. */
  readonly name: string
  readonly entries: Entries
}

/** From one instant to the next. */
export interface DiffStep {
  readonly from: DiffSide
  readonly to: DiffSide
  /** Seconds between them. */
  readonly elapsed: number
  /** How an entry of the first ended; null while it has not. */
  readonly endOf: (index: number) => EntryEnd | null
}

/** Holds the table of each instant beside that of the one before. */
export class DiffWatch {
  readonly #watch: TableWatch
  #before: Pick<Moment, 'text' | 'time'> | null = null

  constructor(engine: Engine) {
    this.#watch = new TableWatch(engine)
  }

  /** The first table is that of before the capture: empty. Without this, that of the first instant. Later calls change nothing. */
  begin(time: Time): void {
    this.#before ??= { text: 'start', time }
  }

  /** Takes the next instant. @returns null when there is none before it; else what is true until the next call */
  step({ text, time }: Pick<Moment, 'text' | 'time'>): DiffStep | null {
    const before = this.#before
    this.#before = { text, time }
    return before === null ? null : {
      from: { name: before.text, entries: this.#watch.entries }, to: { name: text, entries: this.#watch.now() },
      elapsed: timeBetween(before.time, time), endOf: (index) => this.#watch.endOf(index),
    }
  }

  /** From now on the ends of the present instant's entries are watched: to be called when its step has been told. */
  take(): void {
    this.#watch.take()
  }
}

/** One difference, and how the entry ended where that is known. */
export interface ToldDifference {
  readonly difference: Difference
  readonly end: EntryEnd | null
}

/** Every difference between two tables, counted. @param endOf  how an entry of the first ended, where that is known */
export function* tellDifferences(
  from: Entries, to: Entries, options: DiffOptions, endOf?: (index: number) => EntryEnd | null,
): Generator<ToldDifference, DiffCounts> {
  const counts: DiffCounts = { appeared: 0, gone: 0, changed: 0, same: 0 }
  const differences = diffEntries(from, to, options, endOf === undefined ? undefined : (index) => endOf(index) !== null)
  for (;;) {
    const next = differences.next()
    if (next.done === true) return { ...counts, same: next.value }
    const difference = next.value
    counts[difference.kind]++
    yield { difference, end: difference.kind === 'appeared' ? null : endOf?.(difference.index) ?? null }
  }
}
