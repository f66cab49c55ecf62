// Comparisons for people, in colour, and as JSON.

import { formatTime, type Time } from '../../base/when.ts'
import type { FieldChange } from '../diff.ts'
import { flowName } from '../endpoint.ts'
import { jsonEntry } from '../json.ts'
import type { Row } from '../row.ts'
import { KERNEL, SCHEMA } from '../schema.ts'
import type { TextBuffer } from '../text-buffer.ts'
import type { Agreeing, Comparison } from './compare.ts'

export interface CompareHead {
  readonly machine: string
  readonly capture: string
  /** The instant as it was asked for, and in time. */
  readonly at: string
  readonly time: Time
}

export type CompareCounts = Record<Agreeing, number>

/** Counts before anything was counted. */
export const noCounts = (): CompareCounts =>
  ({ same: 0, differs: 0, timeout: 0, counters: 0, 'machine only': 0, 'capture only': 0 })

/** One form of output for comparisons: `open`, each comparison, `close`. */
export interface CompareForm {
  open(out: TextBuffer, head: CompareHead): void
  comparison(out: TextBuffer, comparison: Comparison): void
  close(out: TextBuffer, counts: CompareCounts): void
}

export const COMPARE_FORM_NAMES = ['text', 'json'] as const

const SIGNS: Readonly<Record<Agreeing, readonly [sign: string, colour: string]>> = {
  same: ['=', '32'], differs: ['!', '31'], timeout: ['~', '33'], counters: ['~', '33'],
  'machine only': ['<', '36'], 'capture only': ['>', '35'],
}

export function compareText(options: { readonly colour: boolean }): CompareForm {
  const paint = (colour: string, text: string): string => (options.colour ? `\u001b[${colour}m${text}\u001b[0m` : text)
  return {
    open(out, { machine, capture, at, time }) {
      out.text(`${paint('1', `# ${machine} (machine) against ${capture} (capture) at ${at}`)}, ${formatTime(time)}\n`)
    },
    comparison(out, comparison) {
      const [sign, colour] = SIGNS[comparison.verdict]
      const row = comparison.machine ?? comparison.capture
      if (row === null) return
      out.text(`${paint(colour, `${sign} ${flowName(row)}`)}  ${detailsOf(comparison, row)}\n`)
      const side = comparison.side === 'translated' ? '; the capture shows the far side' : ''
      if (comparison.nat !== null) out.text(`    NAT: ${comparison.nat}${side}\n`)
      for (const reason of comparison.reasons) out.text(`    ${reason}\n`)
    },
    close(out, counts) {
      const texts = Object.entries(counts).map(([verdict, count]) => `${String(count)} ${WORDS[verdict as Agreeing]}`)
      out.text(`${texts.join(', ')}\n`)
    },
  }
}

const WORDS: Readonly<Record<Agreeing, string>> = {
  same: 'the same', differs: 'differ in state or flags', timeout: 'in their timeout', counters: 'in their counters alone',
  'machine only': 'only on the machine', 'capture only': 'only in the capture',
}

function detailsOf({ verdict, fields, machine, capture }: Comparison, row: Row): string {
  if (verdict === 'same') return standing(row)
  if (verdict === 'machine only' || verdict === 'capture only') return `${WORDS[verdict]}: ${standing(row)}`
  const parts = fields.filter(({ aspect }) => aspect !== 'counters' && aspect !== 'flags').map(fieldText)
  if (fields.some(({ aspect }) => aspect === 'flags') && machine !== null && capture !== null) {
    parts.splice(1, 0, `${flagText(machine)} on the machine, ${flagText(capture)} in the capture`)
  }
  if (fields.some(({ aspect }) => aspect === 'counters') && machine !== null && capture !== null) {
    parts.push(`packets ${packets(machine)} on the machine, ${packets(capture)} in the capture`)
  }
  return parts.join('; ')
}

const fieldText = ({ field, before, after, aspect }: FieldChange): string => {
  const unit = aspect === 'timeout' ? ' s' : ''
  const by = aspect === 'timeout' ? ` (${String(Math.abs(Number(before) - Number(after)))} s apart)` : ''
  return `${field} ${String(before)}${unit} on the machine, ${String(after)}${unit} in the capture${by}`
}

const packets = (row: Row): string => `${String(row.originalCounters?.packets ?? 0)}/${String(row.replyCounters?.packets ?? 0)}`

const flagText = (row: Row): string =>
  row.offload !== undefined ? `[${row.offload}]` : row.assured ? '[ASSURED]' : row.seenReply ? 'answered' : '[UNREPLIED]'

function standing(row: Row): string {
  const flags = row.statusUnknown === true ? '' : flagText(row)
  return [row.state ?? '', flags === 'answered' ? '' : flags, row.timeout === null ? '' : `${String(row.timeout)} s`]
    .filter((word) => word !== '').join(' ')
}

/** One document, a comparison a line. */
export function compareJson(): CompareForm {
  let count = 0
  return {
    open(out, { machine, capture, at, time }) {
      const head = { schema: SCHEMA, kernel: KERNEL, machine, capture, at, time: formatTime(time) }
      out.text(`${JSON.stringify(head).slice(0, -1)},"comparisons":[`)
    },
    comparison(out, { verdict, machine, capture, side, fields, nat, reasons }) {
      out.text(`${count++ > 0 ? ',' : ''}\n${JSON.stringify({
        verdict, machine: machine === null ? null : jsonEntry(machine), capture: capture === null ? null : jsonEntry(capture),
        side, differences: fields.map(({ field, before, after }) => ({ field, machine: before, capture: after })), nat, reasons,
      })}`)
    },
    close(out, counts) { out.text(`],"counts":${JSON.stringify(counts)}}\n`) },
  }
}
