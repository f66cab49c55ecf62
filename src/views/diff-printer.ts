// Prints a diff piece by piece, and counts.

import type { Entries } from './entries.ts'
import { diffEntries, type DiffOptions, elapsedBetween } from './diff.ts'
import type { DiffCounts, DiffForm } from './diff-form.ts'
import type { EntryEnd } from './table-watch.ts'
import type { TextBuffer } from './text-buffer.ts'

/** One of the two tables of a diff. */
export interface DiffSide {
  /** What it is called. */
  readonly name: string
  readonly entries: Entries
}

export class DiffPrinter {
  /** Differences printed so far, in all diffs. */
  differences = 0
  readonly #form: DiffForm
  readonly #out: TextBuffer
  readonly #options: DiffOptions
  #begun = false

  constructor(form: DiffForm, out: TextBuffer, options: DiffOptions) {
    this.#form = form
    this.#out = out
    this.#options = options
  }

  /**
   * Prints what became of one table's entries in another.
   *
   * @param elapsed  seconds between the two; undefined: what the tables themselves tell
   * @param endOf    how an entry of the first ended, where that is known
   */
  async print(from: DiffSide, to: DiffSide, elapsed?: number, endOf?: (index: number) => EntryEnd | null): Promise<void> {
    this.#begin()
    const form = this.#form
    const out = this.#out
    const seconds = elapsed ?? this.#options.elapsed ?? elapsedBetween(from.entries, to.entries)
    form.open(out, { from: from.name, to: to.name, elapsed: seconds })
    const counts: DiffCounts = { appeared: 0, gone: 0, changed: 0, same: 0 }
    const differences = diffEntries(
      from.entries, to.entries, { ...this.#options, elapsed: seconds }, endOf === undefined ? undefined : (index) => endOf(index) !== null)
    for (;;) {
      const next = differences.next()
      if (next.done === true) {
        counts.same = next.value
        break
      }
      const difference = next.value
      counts[difference.kind]++
      form.difference(out, difference, difference.kind === 'appeared' ? null : endOf?.(difference.index) ?? null)
      if (out.full) await out.flush()
    }
    this.differences += counts.appeared + counts.gone + counts.changed
    form.close(out, counts)
    await out.flush()
  }

  async end(): Promise<void> {
    this.#begin()
    this.#form.end(this.#out)
    await this.#out.flush()
  }

  #begin(): void {
    if (!this.#begun) this.#form.begin(this.#out)
    this.#begun = true
  }
}
