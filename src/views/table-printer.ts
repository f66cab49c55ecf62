// Prints tables in one form, instant after instant, piece by piece: memory does not grow with the table.

import { Connection } from '../table/connection.ts'
import type { Moment } from '../replay.ts'
import { expectations } from './expect.ts'
import type { Form } from './form.ts'
import { type Order, ordered } from './order.ts'
import type { Row } from './row.ts'
import { rowOf } from './snapshot.ts'
import type { TextBuffer } from './text-buffer.ts'

export interface TablePrinterOptions {
  /** More than one table may come: each behind a line that says when. */
  readonly several: boolean
  /** Print the expectations too. */
  readonly expectations: boolean
  /** Which entries to print. Default: all. */
  readonly where?: ((row: Row) => boolean) | undefined
  /** In which order, and how many. Default: all, in that of creation. */
  readonly order?: Order | undefined
}

export class TablePrinter {
  readonly #form: Form
  readonly #out: TextBuffer
  readonly #options: TablePrinterOptions
  #begun = false

  constructor(form: Form, out: TextBuffer, options: TablePrinterOptions) {
    this.#form = form
    this.#out = out
    this.#options = options
  }

  /** Prints the table as the moment's engine holds it. */
  async print(moment: Moment): Promise<void> {
    this.#begin()
    const form = this.#form
    const out = this.#out
    const { engine } = moment
    const { now, hz } = engine.clock
    const { where, order } = this.#options
    if (form.open !== undefined) form.open(out, moment)
    else if (this.#options.several) out.text(`# at ${moment.text}\n`)
    const conn = new Connection(engine.table.records)
    for (const index of order === undefined ? engine.table.visible() : ordered(engine, order, where)) {
      conn.at(index)
      if ((where === undefined || order !== undefined) && form.connection !== undefined) form.connection(out, conn, now, hz)
      else {
        const row = rowOf(conn, now, hz)
        if (order === undefined && where !== undefined && !where(row)) continue
        form.row(out, row)
      }
      if (out.full) await out.flush()
    }
    if (this.#options.expectations) for (const row of expectations(engine)) form.expectation(out, row)
    form.close?.(out)
    await out.flush()
  }

  /** Ends the output. */
  async end(): Promise<void> {
    this.#begin()
    this.#form.end?.(this.#out)
    await this.#out.flush()
  }

  #begin(): void {
    if (!this.#begun) this.#form.begin?.(this.#out)
    this.#begun = true
  }
}
