// One flow explained: what it is now, the states it went through in the tables kept, and which of its packets were refused or logged.

import { flowName, formatTime, printProc, type Row } from '../../index.ts'
import type { Totals } from './history.ts'
import type { Top } from './top.ts'

/** A run of tables that say the same of the flow. */
interface Stretch {
  readonly from: Totals
  readonly what: string
}

/** Lines for a screen of a size, in characters. */
export function flowLines(top: Top, width: number, height: number): string[] {
  const { flow } = top
  if (flow === null) return []
  const stretches: Stretch[] = []
  let last: Row | null = null
  for (const { totals, row } of top.biography()) {
    last = row
    const what = row === null ? 'not in the table' : describe(row)
    if (stretches.at(-1)?.what !== what) stretches.push({ from: totals, what })
  }
  const remarks = top.remarks.of(flow.original)
  const room = Math.max(2, Math.floor((height - 12) / 2))
  const now = last === null ? ['  not in the table any more'] : wrap(printProc(last, { counters: true, timestamps: false }), width - 2)
  return [
    flowName(flow), '', ...now, '',
    'Seen in the tables kept, from',
    ...stretches.slice(-room).map(({ from, what }) => `  ${formatTime(from.time)}  ${what}`), '',
    remarks.length === 0 ? 'None of its packets was refused or logged.' : 'Of its packets the kernel would have said',
    ...remarks.slice(-room).map(({ ms, verdict, from, to, reason }) => (
      `  ${new Date(ms).toISOString()}  ${verdict}  ${from} → ${to}  ${reason}`)),
  ]
}

function describe(row: Row): string {
  const flags = row.assured ? 'ASSURED' : row.seenReply ? 'answered' : 'UNREPLIED'
  return row.state === null ? flags : `${row.state} ${flags}`
}

/** Breaks a line between words. */
function wrap(line: string, width: number): string[] {
  const lines: string[] = []
  let rest = ''
  for (const word of line.split(' ')) {
    if (rest !== '' && rest.length + 1 + word.length > width) {
      lines.push(`  ${rest}`)
      rest = word
    } else rest = rest === '' ? word : `${rest} ${word}`
  }
  return [...lines, `  ${rest}`]
}
