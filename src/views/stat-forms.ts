// Counters as `conntrack -S`, as /proc/net/stat/nf_conntrack, as JSON, and for people.
// Kernel: ct_cpu_seq_show() in nf_conntrack_standalone.c (v6.12). One processor: a capture is one queue.

import { UsageError } from '../base/errors.ts'
import { formatSeconds, formatTime, subtractTime } from '../base/when.ts'
import { KERNEL, SCHEMA } from './schema.ts'
import type { Cell, GridColumn, GridOptions } from './grid-printer.ts'
import type { Counters, Statistics } from './tally.ts'
import type { TextBuffer } from './text-buffer.ts'

export const STAT_FORM_NAMES = ['table', 'conntrack', 'proc', 'json'] as const

/** Prints statistics in one form. @throws UsageError */
export async function printStatistics(out: TextBuffer, statistics: Statistics, form: string, options: GridOptions): Promise<void> {
  switch (form) {
    case 'conntrack': out.text(`${printConntrackStats(statistics.counters)}\n`); break
    case 'proc': out.text(`${printProcStats(statistics.counters)}\n`); break
    case 'json': out.text(`${JSON.stringify(jsonStatistics(statistics), null, 2)}\n`); break
    case 'table': await printTables(out, statistics, options); break
    default: throw new UsageError(`unknown output "${form}": there are ${STAT_FORM_NAMES.join(', ')}`)
  }
}

/** As `conntrack -S` prints them, without the newline. */
export function printConntrackStats(counters: Counters): string {
  const fields: [string, number][] = [
    ['found', counters.found], ['invalid', counters.invalid], ['insert', counters.insert], ['insert_failed', counters.insertFailed],
    ['drop', counters.drop], ['early_drop', counters.earlyDrop], ['error', counters.icmpError], ['search_restart', counters.searchRestart],
    ['clash_resolve', counters.clashResolve], ['chaintoolong', counters.chainTooLong],
  ]
  return `cpu=0   \t${fields.map(([name, count]) => `${name}=${String(count)}`).join(' ')}`
}

/** As /proc/net/stat/nf_conntrack shows them: hexadecimal, columns of old kernels held at zero; without the last newline. */
export function printProcStats(counters: Counters): string {
  const hex = (...counts: number[]): string => counts.map((count) => (count >>> 0).toString(16).padStart(8, '0')).join(' ')
  const head = 'entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  ' +
    'expect_new expect_create expect_delete search_restart'
  const first = hex(
    counters.clashResolve, counters.found, 0, counters.invalid, 0, 0, counters.chainTooLong, counters.insert, counters.insertFailed,
    counters.drop, counters.earlyDrop, counters.icmpError,
  )
  const second = hex(counters.expectNew, counters.expectCreate, counters.expectDelete, counters.searchRestart)
  return `${head}\n${hex(counters.entries)}  ${first}  ${second}`
}

function jsonStatistics(statistics: Statistics): object {
  const { first, last, ...rest } = statistics
  return {
    schema: SCHEMA, kernel: KERNEL,
    first: first === null ? null : formatTime(first), last: last === null ? null : formatTime(last),
    ...rest,
  }
}

async function printTables(out: TextBuffer, statistics: Statistics, options: GridOptions): Promise<void> {
  const { GridPrinter } = await import('./grid-printer.ts')
  const print = (columns: GridColumn[], rows: Cell[][]): void => {
    const grid = new GridPrinter(columns, options)
    for (const row of rows) grid.add(out, row)
    grid.end(out)
  }
  const { first, last, counters } = statistics
  const fit = statistics.counted === statistics.packets ? '' : `; ${String(statistics.counted)} of them fit the filters`
  out.text(`${String(statistics.frames)} frames, ${String(statistics.packets)} IP packets${fit}, ${String(statistics.bytes)} bytes\n`)
  if (first !== null && last !== null) out.text(`${formatTime(first)} + ${formatSeconds(subtractTime(last, first))} s\n`)
  out.text(`${String(statistics.created)} connections, ${String(counters.entries)} of them still in the table\n`)
  if (statistics.backwards > 0) out.text(`${String(statistics.backwards)} older than a frame before them\n`)
  if (statistics.tableFull > 0) out.text(`nf_conntrack: table full, dropping packet: ${String(statistics.tableFull)} times\n`)
  out.text('\n')
  const right = (title: string): GridColumn => ({ title, align: 'right' })
  print([{ title: 'protocol' }, right('packets'), right('bytes')], statistics.protocols
    .map(({ protocol, packets, bytes }) => [protocol, String(packets), String(bytes)]))
  print([{ title: 'ctstate' }, right('original'), right('reply')], Object.entries(statistics.verdicts)
    .filter(([, { original, reply }]) => original + reply > 0)
    .map(([name, { original, reply }]) => [name, String(original), String(reply)]))
  print([{ title: 'counter' }, right('count')], Object.entries(counters)
    .filter(([name, count]) => count > 0 || name === 'entries')
    .map(([name, count]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), String(count)]))
  print([{ title: 'logged' }, right('packets')], statistics.reasons.map(({ reason, packets }) => [reason, String(packets)]))
}
