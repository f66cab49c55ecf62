// Prints a diff piece by piece, and counts.

import { type DiffOptions, elapsedBetween } from './diff.ts'
import type { DiffForm } from './diff-form.ts'
import { type DiffSide, tellDifferences } from './diff-watch.ts'
import type { EntryEnd } from './table-watch.ts'
import type { TextBuffer } from './text-buffer.ts'

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
    const told = tellDifferences(from.entries, to.entries, { ...this.#options, elapsed: seconds }, endOf)
    let next = told.next()
    for (; next.done !== true; next = told.next()) {
      form.difference(out, next.value.difference, next.value.end)
      if (out.full) await out.flush()
    }
    const counts = next.value
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
