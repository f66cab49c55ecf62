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
    const indices = order === undefined ? engine.table.visible() : ordered(engine, order, where)
    const wanted = order === undefined ? where : undefined
    let next = 0
    while (next < indices.length) {
      next = this.#printSome(indices, next, conn, now, hz, wanted)
      if (out.full) await out.flush()
    }
    if (this.#options.expectations) for (const row of expectations(engine)) form.expectation(out, row)
    form.close?.(out)
    await out.flush()
  }

  /** Prints entries until enough has gathered. @returns which is the next. A function of its own: V8 is slow with long loops that wait. */
  #printSome(
    indices: Uint32Array, from: number, conn: Connection, now: number, hz: number, wanted: ((row: Row) => boolean) | undefined,
  ): number {
    const form = this.#form
    const out = this.#out
    let next = from
    while (next < indices.length && !out.full) {
      conn.at(indices[next++] ?? 0)
      if (wanted === undefined && form.connection !== undefined) form.connection(out, conn, now, hz)
      else {
        const row = rowOf(conn, now, hz)
        if (wanted === undefined || wanted(row)) form.row(out, row)
      }
    }
    return next
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
