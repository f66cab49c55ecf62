// The columns of the full-screen table: what stands in them, how they are sorted, and which give way on a narrow screen.

import { endpoint, type Row, stateColour } from '../../index.ts'

export interface Column {
  readonly title: string
  readonly isRight: boolean
  /** Narrow screens lose the columns with the highest number first; 0 stays. */
  readonly drop: number
  text(row: Row): string
  /** What it is sorted by: numbers by size, text by the alphabet. */
  key(row: Row): number | string
  /** SGR colour. */
  colour?(row: Row): string
}

const packets = (row: Row): number => (row.originalCounters?.packets ?? 0) + (row.replyCounters?.packets ?? 0)
const bytes = (row: Row): number => (row.originalCounters?.bytes ?? 0) + (row.replyCounters?.bytes ?? 0)

export const COLUMNS: readonly Column[] = [
  { title: 'age', isRight: true, drop: 4, text: (row) => short(row.age ?? 0), key: (row) => -(row.age ?? 0) },
  { title: 'proto', isRight: false, drop: 0, text: (row) => row.l4, key: (row) => row.l4 },
  { title: 'state', isRight: false, drop: 0, text: (row) => row.state ?? '', key: (row) => row.state ?? '', colour: stateColour },
  {
    title: 'source', isRight: false, drop: 0,
    text: (row) => endpoint(row.original, 'source'), key: (row) => endpoint(row.original, 'source'),
  },
  {
    title: 'destination', isRight: false, drop: 0,
    text: (row) => endpoint(row.original, 'destination'), key: (row) => endpoint(row.original, 'destination'),
  },
  { title: 'timeout', isRight: true, drop: 1, text: (row) => String(row.timeout ?? ''), key: (row) => row.timeout ?? Infinity },
  { title: 'packets', isRight: true, drop: 2, text: (row) => short(packets(row)), key: packets },
  { title: 'bytes', isRight: true, drop: 3, text: (row) => short(bytes(row)), key: bytes },
  { title: 'flags', isRight: false, drop: 0, text: flags, key: flags, colour: stateColour },
]

function flags(row: Row): string {
  return row.assured ? 'ASSURED' : row.seenReply ? '' : 'UNREPLIED'
}

/** Sorting by it sets large numbers before small ones. */
export const isLargestFirst = ({ title }: Column): boolean => title === 'age'

const UNITS = ['', 'k', 'M', 'G', 'T', 'P']

/** A number in five characters at most: 999, 12.3k, 4.56M. */
export function short(value: number): string {
  let rest = value
  let unit = 0
  while (rest >= 999.5 && unit < UNITS.length - 1) {
    rest /= 1000
    unit++
  }
  return unit === 0 ? String(Math.round(rest)) : `${rest.toPrecision(3)}${UNITS[unit] ?? ''}`
}

/** Sorts by a column; rows that are equal in it stay in their order, which is that of their making. */
export function sortRows(rows: readonly Row[], column: Column, isReverse: boolean): Row[] {
  const keyed = rows.map((row) => ({ row, key: column.key(row) }))
  const sign = isReverse ? -1 : 1
  return keyed.sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : 0)).map(({ row }) => row)
}

/** Is a row what the words ask for? Each has to be in it somewhere; one behind `!` must not be. */
export function matches(row: Row, words: readonly string[]): boolean {
  if (words.length === 0) return true
  const { original, reply } = row
  const ends = [original, reply].flatMap((tuple) => [endpoint(tuple, 'source'), endpoint(tuple, 'destination')])
  const text = `${row.l3} ${row.l4} ${row.state ?? ''} ${ends.join(' ')} ${flags(row)} ${row.helper ?? ''}`.toLowerCase()
  return words.every((word) => (word.startsWith('!') ? word === '!' || !text.includes(word.slice(1)) : text.includes(word)))
}
