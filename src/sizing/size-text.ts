// What `size` prints: for people, as CSV, as JSON.

import { KERNEL, SCHEMA } from '../views/schema.ts'
import { barPlot } from './plot.ts'
import type { Holder } from './holders.ts'
import { LEAST_CHAIN_LIMIT, MOST_CHAIN_LIMIT } from './kernel-memory.ts'
import { type Kind, KINDS } from './kinds.ts'
import type { KindCount, LostAt, SizeReport } from './size-report.ts'

export const SIZE_FORM_NAMES = ['text', 'csv', 'json'] as const

const nameOf = ({ protocol, state }: Kind): string => (state === '' ? protocol : `${protocol} ${state}`)

/** Bytes with a binary unit. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  let unit = 0
  let value = bytes
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit] ?? ''}`
}

/** For people. @param width  columns of the terminal */
export function sizeText(report: SizeReport, width: number): string {
  const { peak, chains, memory, byDefault, recommended, scale } = report
  const lines = [
    `${String(report.frames)} frames, ${String(report.packets)} IP packets${scale === 1 ? '' : `; all counts times ${String(scale)}`}`,
  ]
  if (peak === null) return `${[...lines, 'no connections'].join('\n')}\n`
  lines.push(`peak      ${String(peak.entries)} entries, after frame ${String(peak.frame)} at ${peak.time}`)
  lines.push(`          ${peak.kinds.map((kind) => `${nameOf(kind)} ${String(kind.entries)}`).join(', ')}`)
  lines.push(`at end    ${String(report.entries)} entries`)
  lines.push('', ...barPlot(report.series.map((point) => point.peak), Math.min(width, 78)))
  lines.push(`  over ${String(Math.round(report.series.length * report.interval * 1000) / 1000)} s`, '')
  for (const [title, holders] of Object.entries(report.holders)) lines.push(holderLine(title, holders, peak.entries))
  lines.push('', `inserts   ${String(report.created)}`)
  lines.push(`with nf_conntrack_max=${String(report.max)}`)
  lines.push(`          early drops ${String(report.earlyDrops)}${lostText(report.firstEarlyDrop)}`)
  lines.push(`          table full, dropping packet: ${String(report.tableFull)}${lostText(report.firstLost)}`)
  lines.push(`chains    ${String(chains.buckets)} buckets, ${String(chains.tuples)} tuples at the peak: ` +
    `longest ${String(chains.longest)}, ${chains.meanWalk.toFixed(2)} looked at on average; the limit is ` +
    `${String(LEAST_CHAIN_LIMIT)} to ${String(MOST_CHAIN_LIMIT)}`)
  const entryBytes = `(${String(memory.entryBytes)} + ${String(memory.extensionBytes)})`
  const bytes = `entries × ${entryBytes} + buckets × ${String(memory.bucketBytes)} bytes`
  const whenFull = memory.whenFull === null ? '' : `, ${bytesText(memory.whenFull)} when full`
  lines.push(`memory    ${bytesText(memory.atPeak)} at the peak${whenFull}: ${bytes}`)
  if (byDefault !== null) {
    lines.push(`kernel    with ${bytesText(byDefault.memory)} it chooses nf_conntrack_max=${String(byDefault.max)}, ` +
      `nf_conntrack_buckets=${String(byDefault.buckets)}`)
  }
  lines.push(`set       nf_conntrack_max=${String(recommended.max)} nf_conntrack_buckets=${String(recommended.buckets)}: ` +
    `at least twice the peak, ${bytesText(recommended.bytes)} when full`)
  if (report.tableFull + report.earlyDrops > 0) {
    lines.push('          the table was full, so the true peak is higher: run with --max 0 to see it')
  }
  return `${lines.join('\n')}\n`
}

const lostText = (at: LostAt | null): string => (at === null ? '' : `, first at frame ${String(at.frame)}, ${at.time}`)

function holderLine(title: string, holders: readonly Holder[], all: number): string {
  const shown = holders.slice(0, 3).map(({ name, entries }) => `${name} ${String(entries)} (${(entries / all * 100).toFixed(0)} %)`)
  return `${title.padEnd(13)} ${shown.join(', ')}`
}

/** One line a point of time: the peak since the point before, the entries, and the entries of each kind that ever was. */
export function sizeCsv({ series }: SizeReport): string {
  const used = KINDS.filter((kind) => series.some(({ kinds }) => find(kinds, kind) > 0))
  const lines = series.map(({ start, peak, entries, kinds }) =>
    [start, peak, entries, ...used.map((kind) => find(kinds, kind))].join(','))
  return `${[['start', 'peak', 'entries', ...used.map((kind) => nameOf(kind).replace(' ', '_'))].join(','), ...lines].join('\n')}\n`
}

const find = (kinds: readonly KindCount[], wanted: Kind): number =>
  kinds.find(({ protocol, state }) => protocol === wanted.protocol && state === wanted.state)?.entries ?? 0

/** The whole report. */
export function sizeJson(report: SizeReport): object {
  return { schema: SCHEMA, kernel: KERNEL, ...report }
}
