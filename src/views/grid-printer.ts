// Rows of cells for people: a drawn table that fits the terminal, or, beyond what a person reads, aligned text.

import Table from 'cli-table3'
import type { TextBuffer } from './text-buffer.ts'

export interface GridColumn {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** Left out when the terminal is too narrow, the highest number first; never when absent. */
  readonly drop?: number
}

/** A cell, or a cell in colour: an SGR parameter such as `32` for green. */
export type Cell = string | { readonly text: string, readonly colour: string }

export interface GridOptions {
  readonly colour: boolean
  /** Columns of the terminal; Infinity where there is none. */
  readonly width: number
}

const MOST_DRAWN = 1000 // rows; drawing takes more than twice as long for twice as many
const LEAST_WIDTH = 6 // columns a cell keeps, however narrow the terminal

const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text)

/** Prints one table. Rows come one by one; memory holds MOST_DRAWN of them at most. */
export class GridPrinter {
  readonly #columns: readonly GridColumn[]
  readonly #options: GridOptions
  readonly #rows: Cell[][] = []
  /** Widths of the columns once the rows flow past undrawn. */
  #flowing: number[] | null = null

  constructor(columns: readonly GridColumn[], options: GridOptions) {
    this.#columns = columns
    this.#options = options
  }

  add(out: TextBuffer, cells: Cell[]): void {
    if (this.#flowing !== null) {
      this.#flow(out, cells, this.#flowing)
      return
    }
    this.#rows.push(cells)
    if (this.#rows.length <= MOST_DRAWN) return
    const widths = this.#naturalWidths()
    this.#flowing = widths
    this.#flow(out, this.#columns.map(({ title }) => title), widths)
    for (const row of this.#rows) this.#flow(out, row, widths)
    this.#rows.length = 0
  }

  end(out: TextBuffer): void {
    if (this.#flowing !== null || this.#rows.length === 0) return
    const { shown, widths } = this.#fit()
    const table = new Table({
      head: shown.map((i) => this.#columns[i]?.title ?? ''),
      colWidths: widths.map((width) => width + 2),
      colAligns: shown.map((i) => this.#columns[i]?.align ?? 'left'),
      style: { head: [], border: [], compact: true, 'padding-left': 1, 'padding-right': 1 },
    })
    for (const row of this.#rows) table.push(shown.map((i, at) => this.#paint(row[i] ?? '', widths[at] ?? 0)))
    out.text(`${table.toString()}\n`)
  }

  /** Cut by us, because what cuts a painted cell must not cut its paint. */
  #paint(cell: Cell, width: number): string {
    const text = textOf(cell)
    const cut = text.length > width ? `${text.slice(0, width - 1)}…` : text
    return typeof cell === 'string' || !this.#options.colour || text === '' ? cut : `\u001b[${cell.colour}m${cut}\u001b[0m`
  }

  #flow(out: TextBuffer, cells: readonly Cell[], widths: readonly number[]): void {
    let line = ''
    cells.forEach((cell, i) => {
      const text = textOf(cell)
      const gap = ' '.repeat(Math.max(0, (widths[i] ?? 0) - text.length))
      const painted = this.#paint(cell, Infinity)
      line += (i > 0 ? '  ' : '') + (this.#columns[i]?.align === 'right' ? gap + painted : painted + gap)
    })
    out.text(`${line.trimEnd()}\n`)
  }

  #naturalWidths(): number[] {
    const width = (row: readonly Cell[], i: number): number => textOf(row[i] ?? '').length
    return this.#columns.map(({ title }, i) => this.#rows.reduce((most, row) => Math.max(most, width(row, i)), title.length))
  }

  /** Which columns the terminal has room for, and how wide each is. */
  #fit(): { shown: number[], widths: number[] } {
    const natural = this.#naturalWidths()
    let shown = this.#columns.map((_, i) => i).filter((i) => this.#rows.some((row) => textOf(row[i] ?? '') !== ''))
    const room = (): number => this.#options.width - shown.reduce((sum, i) => sum + (natural[i] ?? 0) + 3, 1)
    const drop = (i: number): number => this.#columns[i]?.drop ?? 0
    while (room() < 0) {
      const dropped = shown.reduce((worst, i) => (drop(i) > drop(worst) ? i : worst), shown[0] ?? 0)
      if (drop(dropped) === 0) break
      shown = shown.filter((i) => i !== dropped)
    }
    for (let missing = -room(); missing > 0; missing--) {
      const widest = shown.reduce((most, i) => ((natural[i] ?? 0) > (natural[most] ?? 0) ? i : most), shown[0] ?? 0)
      if ((natural[widest] ?? 0) <= LEAST_WIDTH) break
      natural[widest] = (natural[widest] ?? 0) - 1
    }
    return { shown, widths: shown.map((i) => natural[i] ?? 0) }
  }
}
