// Transition tables written as text: what is written is what is parsed, and what does not fit does not load.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CELL_IGNORE, CELL_INVALID, parseGrid } from '../../src/base/grid.ts'

const COLUMNS = ['sNO', 'sSS', 'sES', 'sCL']
const ROWS = ['syn', 'ack', 'none']
const CODES = [...COLUMNS, 'sIV', 'sIG']

const cells = fc.array(fc.constantFrom(...CODES), { minLength: 12, maxLength: 12 })
const write = (codes: readonly string[], remark = ''): string => [
  '', `      ${COLUMNS.join(' ')}`, ...ROWS.map((row, at) => `${row}  ${codes.slice(at * 4, at * 4 + 4).join('   ')} ${remark}`), '',
].join('\n')

describe('a grid', () => {
  test('holds the cells of its text, whatever the spaces and remarks', () => {
    fc.assert(fc.property(cells, fc.constantFrom('', '// sNO sIV: a remark'), (codes, remark) => {
      const grid = parseGrid(write(codes, remark), COLUMNS, ROWS)
      expect([grid.rows, grid.columns]).toEqual([3, 4])
      expect([...grid.cells]).toEqual(codes.map((code) =>
        code === 'sIV' ? CELL_INVALID : code === 'sIG' ? CELL_IGNORE : COLUMNS.indexOf(code)))
    }))
  })

  test('with one word changed, dropped or added does not load', () => {
    fc.assert(fc.property(cells, fc.nat(), fc.constantFrom('drop', 'add', 'change'), (codes, at, how) => {
      const words = write(codes).split(/(?<=\s)(?=\S)/)
      const place = words.findIndex((word, i) => i >= at % words.length && word.trim() !== '')
      fc.pre(place >= 0)
      const word = words[place] ?? ''
      const broken = words.with(place, how === 'drop' ? '' : how === 'add' ? `sXX ${word}` : `sXX${word.slice(3)}`)
      expect(() => parseGrid(broken.join(''), COLUMNS, ROWS)).toThrow(/^grid: /)
    }))
  })

  test('says which cell it does not know', () => {
    expect(() => parseGrid('sNO sSS sES sCL\nsyn sNO sSS sES sCL\nack sNO sXY sES sCL\nnone sNO sSS sES sCL', COLUMNS, ROWS))
      .toThrow('grid: row ack, column sSS: "sXY"')
  })
})
