// Differences between tables for people, in colour, and as JSON.

import { formatTime } from '../base/when.ts'
import type { Changed, Difference, FieldChange } from './diff.ts'
import { flowName } from './endpoint.ts'
import { jsonEntry } from './json.ts'
import type { Row } from './row.ts'
import { KERNEL, SCHEMA } from './schema.ts'
import type { EntryEnd } from './table-watch.ts'
import type { TextBuffer } from './text-buffer.ts'

/** Between what a diff is. */
export interface DiffHead {
  /** What the two tables are called: `+1s` and `end`, or the names of files. */
  readonly from: string
  readonly to: string
  /** Seconds between them; null where nothing tells. */
  readonly elapsed: number | null
}

/** How many entries there were of each kind. */
export interface DiffCounts {
  appeared: number
  gone: number
  changed: number
  same: number
}

/** One form of output for diffs: for each `open`, its differences, `close`; at last `end`. */
export interface DiffForm {
  begin(out: TextBuffer): void
  open(out: TextBuffer, head: DiffHead): void
  difference(out: TextBuffer, difference: Difference, end: EntryEnd | null): void
  close(out: TextBuffer, counts: DiffCounts): void
  end(out: TextBuffer): void
}

export const DIFF_FORM_NAMES = ['text', 'json'] as const

const GREEN = '32'
const RED = '31'
const YELLOW = '33'
const BOLD = '1'

export function diffText(options: { readonly colour: boolean }): DiffForm {
  const paint = (colour: string, text: string): string => (options.colour ? `\u001b[${colour}m${text}\u001b[0m` : text)
  return {
    begin() { /* nothing stands in front */ },
    open(out, { from, to, elapsed }) {
      out.text(`${paint(BOLD, `# from ${from} to ${to}`)}${elapsed === null ? '' : ` (${secondsText(elapsed)})`}\n`)
    },
    difference(out, difference, end) {
      switch (difference.kind) {
        case 'gone': out.text(`${paint(RED, `- ${flowName(difference.before)}`)}  ${wasText(difference.before, end)}\n`); break
        case 'appeared': out.text(`${paint(GREEN, `+ ${flowName(difference.after)}`)}  ${nowText(difference.after)}\n`); break
        case 'changed': out.text(`${paint(YELLOW, `~ ${flowName(difference.before)}`)}  ${changeText(difference, end)}\n`); break
      }
    },
    close(out, { appeared, gone, changed, same }) {
      out.text(`${String(appeared)} appeared, ${String(gone)} gone, ${String(changed)} changed, ${String(same)} the same\n`)
    },
    end() { /* nothing stands behind */ },
  }
}

const secondsText = (seconds: number): string => `${String(Math.round(seconds * 1000) / 1000)} s`

/** `ESTABLISHED [ASSURED] 431999 s` */
function nowText(row: Row): string {
  const words = [row.state ?? '', flagText(row), row.timeout === null ? '' : secondsText(row.timeout)]
  return words.filter((word) => word !== '').join(' ')
}

function flagText(row: Row): string {
  if (row.offload !== undefined) return `[${row.offload}]`
  if (row.statusUnknown === true) return ''
  return row.assured ? '[ASSURED]' : row.seenReply ? '' : '[UNREPLIED]'
}

function wasText(row: Row, end: EntryEnd | null): string {
  return `was ${nowText(row)}${end === null ? '' : `; ${endText(end)}`}`
}

/** How it ended, as a half sentence. */
export function endText({ why, time, frame }: EntryEnd): string {
  switch (why) {
    case 'timeout': return `timed out at ${formatTime(time)}`
    case 'killed': return `ended by frame ${String(frame)}`
    case 'reopened': return `ended by frame ${String(frame)}, which opened it anew`
    case 'early-drop': return `dropped early for frame ${String(frame)}: the table was full`
    case 'deleted': return `deleted at ${formatTime(time)}`
  }
}

function changeText({ fields, before, after, isReopened }: Changed, end: EntryEnd | null): string {
  const parts = isReopened ? [end === null ? 'another connection with the same tuple' : `${endText(end)}; there is another`] : []
  const [from, to] = [flagText(before), flagText(after)]
  let isFlagTold = false
  for (const field of fields) {
    if (field.aspect === 'counters') continue
    if (field.aspect !== 'flags') parts.push(fieldText(field))
    else if (!isFlagTold) {
      isFlagTold = true
      parts.push(`${from === '' ? 'answered' : from} → ${to === '' ? 'answered' : to}`)
    }
  }
  const counters = fields.some(({ aspect }) => aspect === 'counters') ? countersText(before, after) : ''
  return [...parts, counters].filter((part) => part !== '').join(', ')
}

function fieldText({ field, before, after, due }: FieldChange): string {
  const note = due === undefined ? '' : ` (${String(due)} was due)`
  return `${field} ${String(before)} → ${String(after)}${note}`
}

/** `packets 1/0 → 5/4, bytes 40/0 → 300/1000`: original/reply */
function countersText(before: Row, after: Row): string {
  const count = (row: Row, what: 'packets' | 'bytes'): string =>
    `${String(row.originalCounters?.[what] ?? 0)}/${String(row.replyCounters?.[what] ?? 0)}`
  return `packets ${count(before, 'packets')} → ${count(after, 'packets')}, bytes ${count(before, 'bytes')} → ${count(after, 'bytes')}`
}

/** One document: a diff, or several in `diffs`; a difference a line. @param several  more than one may come */
export function diffJson(several: boolean): DiffForm {
  let diffs = 0
  let differences = 0
  const head = `{"schema":${JSON.stringify(SCHEMA)},"kernel":${JSON.stringify(KERNEL)}`
  return {
    begin(out) { if (several) out.text(`${head},"diffs":[`) },
    open(out, { from, to, elapsed }) {
      differences = 0
      out.text(several ? `${diffs++ > 0 ? ',' : ''}\n{` : `${head},`)
      out.text(`"from":${JSON.stringify(from)},"to":${JSON.stringify(to)},"elapsed":${JSON.stringify(elapsed)},"differences":[`)
    },
    difference(out, difference, end) {
      out.text(`${differences++ > 0 ? ',' : ''}\n${JSON.stringify(jsonDifference(difference, end))}`)
    },
    close(out, counts) { out.text(`],"counts":${JSON.stringify(counts)}}`) },
    end(out) { out.text(several ? ']}\n' : '\n') },
  }
}

function jsonDifference(difference: Difference, end: EntryEnd | null): object {
  const ended = end === null ? {} : { end: { why: end.why, time: formatTime(end.time), frame: end.frame } }
  switch (difference.kind) {
    case 'gone': return { kind: 'gone', before: jsonEntry(difference.before), ...ended }
    case 'appeared': return { kind: 'appeared', after: jsonEntry(difference.after) }
    case 'changed': {
      const { before, after, fields, isReopened } = difference
      return { kind: 'changed', before: jsonEntry(before), after: jsonEntry(after), fields, reopened: isReopened, ...ended }
    }
  }
}
