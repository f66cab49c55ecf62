// The full-screen table as lines for a terminal of a size.

import { flowName, formatTime, type Row } from '../../index.ts'
import type { Beside } from '../beside-kernel.ts'
import { COLUMNS, type Column, short } from './columns.ts'
import { flowLines } from './details.ts'
import type { Totals } from './history.ts'
import type { Top } from './top.ts'

export interface Size {
  readonly width: number
  readonly height: number
  readonly colour: boolean
}

const ESCAPE = '\u001b'
const PIECES = new RegExp(`${ESCAPE}\\[[\\d;]*m|[^]`, 'gu') // a colour, or a character

const HEAD = 4 // lines above the rows
const FOOT = 1

const HELP = `Keys

  up down, j k, page up, page down, home, end     choose a flow
  return                  explain the chosen flow
  s  < >                  sort by the next column, by the one before
  r                       sort the other way round
  /                       show only what has these words: tcp established 10.0.0.1, !udp
  escape                  show all again
  space                   hold this table; tracking goes on
  left right              back in time through the tables kept, and forward
  w                       save the table shown, as /proc/net/nf_conntrack prints it
  h                       this page
  q                       end

ASSURED flows are not dropped early when the table is full; UNREPLIED ones are the first to go.`

/** Lines of the screen, none wider than it is, as many as it is high. */
export function draw(top: Top, size: Size): string[] {
  const { width, height } = size
  top.resize(height - HEAD - FOOT)
  const body = top.page === 'help' ? HELP.split('\n')
    : top.page === 'flow' ? flowLines(top, width, height)
      : tableLines(top, size)
  const lines = [...headLines(top, size), ...body].slice(0, height - FOOT)
  while (lines.length < height - FOOT) lines.push('')
  return [...lines, footLine(top)].map((line) => clip(line, width))
}

/** Rates are what came since the table before, a second. */
function headLines(top: Top, { colour, width }: Size): string[] {
  const { shown, before } = top
  if (shown === undefined) return [top.title, 'waiting for the first table', '', '']
  const { totals, entries, beside } = shown
  const per = (what: 'packets' | 'invalid' | 'created'): string => {
    if (before === undefined) return '-'
    const seconds = secondsOf(totals) - secondsOf(before.totals)
    return seconds > 0 ? short((totals[what] - before.totals[what]) / seconds) : '-'
  }
  const held = top.back === null ? '' : paint('7', top.back === 0 ? ' held ' : ` ${secondsBack(top)} s ago `, colour)
  const wanted = top.filter.length === 0 ? '' : `   ${top.rows.length} with: ${top.filter.join(' ')}`
  const lost = totals.lost === null ? 'lost: not known' : `lost ${totals.lost}`
  const kernel = beside === null ? ''
    : `   beside the kernel: ${beside.same} the same, ${beside.marks.size} not, ${beside.onlyThere.length} only there`
  const early = totals.earlyDrop > 0 ? paint('33', `   ${totals.earlyDrop} dropped early`, colour) : ''
  const full = totals.tableFull > 0 ? paint('31', `   table full: ${totals.tableFull} packets dropped`, colour) : ''
  return [
    `${top.title}   ${formatTime(totals.time)}   ${held}`,
    `entries ${entries.length} of ${totals.most} ${bar(entries.length / totals.most, Math.min(20, width >> 3))}` +
      `   new/s ${per('created')}   packets/s ${per('packets')}   invalid/s ${per('invalid')}   ${lost}${early}${full}`,
    `sorted by ${top.column.title}${top.isReverse ? ', reversed' : ''}${wanted}${kernel}`,
  ]
}

const secondsOf = ({ time }: Totals): number => time.sec + time.nsec / 1e9

function secondsBack(top: Top): number {
  const now = top.history.back(0)
  return now === undefined || top.shown === undefined ? 0 : Math.round(secondsOf(now.totals) - secondsOf(top.shown.totals))
}

function bar(share: number, width: number): string {
  const full = Math.min(width, Math.ceil(share * width))
  return `[${'|'.repeat(full)}${' '.repeat(width - full)}]`
}

/** What the kernel has where it differs. */
function kernelColumn({ marks }: Beside): Column {
  const text = (row: Row): string => marks.get(flowName(row)) ?? '='
  return { title: 'kernel', isRight: false, drop: 0, text, key: text, colour: (row) => (marks.has(flowName(row)) ? '31' : '90') }
}

/** The title of each column, and the rows that fit. */
function tableLines(top: Top, { width, height, colour }: Size): string[] {
  const rows = top.rows.slice(top.scroll, top.scroll + height - HEAD - FOOT)
  const { beside = null } = top.shown ?? {}
  const columns = fit(beside === null ? COLUMNS : [...COLUMNS, kernelColumn(beside)], rows, width)
  const title = columns.map(({ column, size }) => pad(column.title, size, column.isRight)).join('  ')
  const lines = rows.map((row, i) => {
    const isChosen = top.scroll + i === top.chosen
    const cells = columns.map(({ column, size }) => {
      const text = pad(column.text(row), size, column.isRight)
      return column.colour === undefined || isChosen ? text : paint(column.colour(row), text, colour)
    })
    return isChosen ? paint('7', pad(cells.join('  '), width, false), colour) : cells.join('  ')
  })
  if (rows.length === 0) lines.push(top.filter.length > 0 ? 'nothing has these words (escape shows all)' : 'no connections')
  return [paint('1', title, colour), ...lines]
}

interface Fitted {
  readonly column: Column
  readonly size: number
}

/** Columns as wide as these rows need; those that may go do where they do not all fit. */
function fit(columns: readonly Column[], rows: readonly Row[], width: number): Fitted[] {
  const sized = columns.map((column) => ({
    column, size: Math.max(column.title.length, ...rows.map((row) => column.text(row).length)),
  }))
  const total = (list: readonly Fitted[]): number => list.reduce((sum, { size }) => sum + size + 2, -2)
  let fitted: Fitted[] = sized
  for (let drop = 4; drop > 0 && total(fitted) > width; drop--) fitted = fitted.filter(({ column }) => column.drop !== drop)
  return fitted
}

function footLine(top: Top): string {
  if (top.typing !== null) return `/${top.typing}_   (return: show only these, escape: no change)`
  if (top.note !== '') return top.note
  const remark = top.remarks.last
  const last = remark === undefined ? '' : `   last: ${remark.from} → ${remark.to} ${remark.reason}`
  return `h help  / filter  s sort  return explain  space hold  ← → time  w save  q end${last}`
}

function pad(text: string, size: number, isRight: boolean): string {
  return isRight ? text.padStart(size) : text.padEnd(size)
}

export function paint(sgr: string, text: string, colour: boolean): string {
  return colour || sgr === '7' ? `${ESCAPE}[${sgr}m${text}${ESCAPE}[0m` : text
}

/** Cuts a line at a width; colours take none. What is not printable is not printed. */
function clip(line: string, width: number): string {
  let seen = 0
  let out = ''
  for (const [piece] of line.matchAll(PIECES)) {
    if (piece.startsWith(`${ESCAPE}[`)) out += piece
    else if (seen < width && piece >= ' ' && piece !== '\u007f') {
      out += piece
      seen++
    }
  }
  return out
}
