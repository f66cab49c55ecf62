// What `whatif` prints for people.

import type { SweepPlan, SweepRow } from './sweep.ts'
import type { WorldCount, WorldsReport } from './worlds.ts'

export const WHATIF_FORM_NAMES = ['text', 'json'] as const

const MOST_LINES = 10
const BAR = 24 // columns

/** Two worlds: first what they came to, then only what differs. */
export function worldsText(report: WorldsReport): string {
  const { base, other, verdicts, flows, gone, kept, changed } = report
  const row = (title: string, pick: (count: WorldCount) => number): string =>
    `${title.padEnd(24)}${String(pick(base)).padStart(10)}${String(pick(other)).padStart(10)}`
  const lines = [
    `${''.padEnd(24)}${'base'.padStart(10)}${'other'.padStart(10)}`,
    row('peak entries', (count) => count.peak), row('entries at end', (count) => count.entries),
    row('connections', (count) => count.created), row('INVALID packets', (count) => count.invalid),
    row('early drops', (count) => count.earlyDrops), row('table full, dropped', (count) => count.tableFull),
  ]
  if (verdicts.length === 0 && gone.length + kept.length + changed.length === 0) {
    return `${[...lines, '', 'no packet and no entry fares otherwise'].join('\n')}\n`
  }
  const differ = verdicts.reduce((sum, { packets }) => sum + packets, 0)
  lines.push('', `${String(differ)} of ${String(report.packets)} packets fare otherwise`)
  for (const { base: was, other: is, packets } of verdicts) lines.push(`  ${was} → ${is}: ${String(packets)}`)
  some(lines, 'flows', flows.length, flows.map((fate) =>
    `${fate.flow}: ${String(fate.packets)} packet${fate.packets === 1 ? '' : 's'} from frame ${String(fate.firstFrame)} ` +
    `(${fate.base} → ${fate.other})`))
  some(lines, 'entries gone at the end', report.goneCount, gone)
  some(lines, 'entries kept at the end', report.keptCount, kept)
  some(lines, 'entries in another state at the end', report.changedCount, changed.map((entry) =>
    `${entry.entry}: ${entry.base} → ${entry.other}`))
  return `${lines.join('\n')}\n`
}

function some(lines: string[], title: string, count: number, texts: readonly string[]): void {
  if (count === 0) return
  lines.push('', `${title}: ${String(count)}`, ...texts.slice(0, MOST_LINES).map((text) => `  ${text}`))
  if (count > MOST_LINES) lines.push(`  … and ${String(count - MOST_LINES)} more`)
}

/** A line a value, with bars: the peak, and the connections forgotten while in use. */
export function sweepText({ knob }: SweepPlan, rows: readonly SweepRow[]): string {
  const most = (pick: (row: SweepRow) => number): number => Math.max(1, ...rows.map(pick))
  const peaks = most((row) => row.peak)
  const losses = most((row) => row.forgotten)
  const bar = (value: number, whole: number): string => '█'.repeat(Math.round(value / whole * BAR)) || (value > 0 ? '▏' : '')
  const lines = rows.map(({ value, peak, entries, forgotten, invalid }) => [
    String(value).padStart(Math.max(8, knob.length)), String(peak).padStart(8), String(entries).padStart(8), String(invalid).padStart(8),
    String(forgotten).padStart(10), ` ${bar(peak, peaks).padEnd(BAR)} ${bar(forgotten, losses)}`,
  ].join(' ').trimEnd())
  const head = [
    knob.padStart(8), 'peak'.padStart(8), 'at end'.padStart(8), 'INVALID'.padStart(8), 'forgotten'.padStart(10),
    ` ${'peak'.padEnd(BAR)} forgotten in use`,
  ].join(' ')
  return `${[head, ...lines].join('\n')}\n`
}
