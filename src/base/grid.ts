// A state transition table written as text in the kernel's own shape, checked when the module loads.

/** The code of a cell that is not a state: the packet is invalid, or ignored. */
export const CELL_INVALID = 254
export const CELL_IGNORE = 255

/** A parsed table: one flat array, `cells[row * columns + column]`. */
export interface Grid {
  readonly rows: number
  readonly columns: number
  readonly cells: Uint8Array
}

/**
 * Parses a table of three-letter cells. The first line holds the column codes; each further line holds a row's name and
 * its cells; what follows `//` is a remark. `sIV` is invalid, `sIG` ignored.
 *
 * @param text     the table
 * @param columns  the codes of the states, in the order of their numbers, e.g. `['sNO', 'sSS', …]`
 * @param rows     the names of the rows, in the order of their numbers
 * @throws         Error naming the first row, column or cell that does not fit
 */
export function parseGrid(text: string, columns: readonly string[], rows: readonly string[]): Grid {
  const lines = text.split('\n').map((line) => line.replace(/\/\/.*$/, '').trim()).filter((line) => line !== '')
  const header = (lines[0] ?? '').split(/\s+/)
  if (header.join(' ') !== columns.join(' ')) throw new Error(`grid: header is "${header.join(' ')}", not "${columns.join(' ')}"`)
  if (lines.length - 1 !== rows.length) throw new Error(`grid: ${String(lines.length - 1)} rows, not ${String(rows.length)}`)
  const cells = new Uint8Array(rows.length * columns.length)
  rows.forEach((name, row) => {
    const [label, ...codes] = (lines[row + 1] ?? '').split(/\s+/)
    if (label !== name) throw new Error(`grid: row ${String(row)} is "${label ?? ''}", not "${name}"`)
    if (codes.length !== columns.length) throw new Error(`grid: row ${name} has ${String(codes.length)} cells`)
    codes.forEach((code, column) => {
      const state = code === 'sIV' ? CELL_INVALID : code === 'sIG' ? CELL_IGNORE : columns.indexOf(code)
      if (state < 0) throw new Error(`grid: row ${name}, column ${columns[column] ?? ''}: "${code}"`)
      cells[row * columns.length + column] = state
    })
  })
  return { rows: rows.length, columns: columns.length, cells }
}
