// An explanation for people, as Markdown, and as JSON.

import { endpoint } from '../endpoint.ts'
import { jsonTuple } from '../json.ts'
import type { RowTuple } from '../row.ts'
import { KERNEL, SCHEMA } from '../schema.ts'
import { protocolName } from '../snapshot.ts'
import type { Bound, EntryThen, PacketStep, Step } from './step.ts'

export const EXPLAIN_FORM_NAMES = ['text', 'markdown', 'json'] as const

/** The connection an explanation is of. */
export interface ExplainedFlow {
  readonly protocol: number
  readonly original: RowTuple
}

export interface ExplainOptions {
  readonly colour: boolean
}

const VERDICT_COLOURS: Readonly<Record<string, string>> = { NEW: '36', ESTABLISHED: '32', RELATED: '35', INVALID: '31' }

/** The whole explanation, with its last newline. @param form  one of EXPLAIN_FORM_NAMES */
export function printExplanation(flow: ExplainedFlow, steps: readonly Step[], form: string, { colour }: ExplainOptions): string {
  const name = `${protocolName(flow.protocol)} ${endpoint(flow.original, 'source')} → ${endpoint(flow.original, 'destination')}`
  if (form === 'json') {
    const { protocol, original } = flow
    const head = { schema: SCHEMA, kernel: KERNEL, protocol: protocolName(protocol), original: jsonTuple(original, null) }
    return `${JSON.stringify({ ...head, steps: steps.map(jsonStep) }, null, 1)}\n`
  }
  if (form === 'markdown') {
    const list = (step: Step): string => linesOf(step).map(([title, text]) => `- **${title}**: ${text}\n`).join('')
    return `# ${name}\n${steps.map((step) => `\n## ${headOf(step)}\n\n${list(step)}`).join('')}`
  }
  const paint = (code: string, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  return `${paint('1', name)}\n${steps.map((step) => {
    const code = step.kind === 'end' ? '33' : VERDICT_COLOURS[step.verdict] ?? '0'
    return `\n${paint(code, headOf(step))}\n${linesOf(step).map(([title, text]) => `    ${title.padEnd(8)} ${text}\n`).join('')}`
  }).join('')}`
}

/** A step, its tuples as JSON has them everywhere. */
function jsonStep(step: Step): object {
  if (step.kind === 'end' || step.promise === null) return step
  const { master } = step.promise
  return { ...step, promise: { ...step.promise, master: master === null ? null : jsonTuple(master, null) } }
}

function headOf(step: Step): string {
  const when = `+${step.since.toFixed(6)} s`
  if (step.kind === 'end') return `${when}: the entry is gone`
  const arrow = step.direction === 'original' ? '→' : '←'
  const error = step.isError ? ' (ICMP error)' : ''
  return `frame ${String(step.frame)}, ${when} ${arrow} ${segmentText(step)}${step.verdict}${error}`
}

function segmentText({ segment, content }: PacketStep): string {
  if (segment === null) return content === null ? '' : `[${content}]: `
  const ack = segment.ack === null ? '' : ` ack ${String(segment.ack)}`
  return `[${segment.flags}] seq ${String(segment.seq)}${ack} win ${String(segment.window)} len ${String(segment.payload)}: `
}

const ENDS: Readonly<Record<string, string>> = {
  timeout: 'its time was up',
  killed: 'the packet ended it: a reset was the only answer there was',
  reopened: 'a SYN opened it anew',
  'early-drop': 'it was not ASSURED and had to make room in a full table',
  deleted: 'it was deleted',
}

function linesOf(step: Step): (readonly [title: string, text: string])[] {
  if (step.kind === 'end') return [['why', ENDS[step.reason] ?? step.reason]]
  const { promise } = step
  return [
    ['entry', `${entryText(step.before)} → ${entryText(step.after)}`],
    ...step.decided.map((text) => ['decided', text] as const),
    ...step.bounds.map((bound) => ['window', boundText(bound)] as const),
    ...step.said.flatMap(({ kernel, meaning, setting }) => [
      ['kernel', kernel ?? '(logs nothing)'] as const, ['means', meaning] as const,
      ...(setting === null ? [] : [['setting', `${setting} would change it`] as const]),
    ]),
    ...(step.copies.length === 0 ? [] : [['copies', `captured again in frame ${step.copies.join(', ')}, and tracked once`] as const]),
    ...(promise === null ? [] : [['promised', promiseText(promise)] as const]),
  ]
}

function promiseText({ master, helper, frame }: NonNullable<PacketStep['promise']>): string {
  const by = master === null ? 'a connection that is gone' : `${endpoint(master, 'source')} → ${endpoint(master, 'destination')}`
  return `by ${by}${helper === null ? '' : `, read by the helper ${helper}`}${frame === null ? '' : `, in frame ${String(frame)}`}`
}

function entryText(entry: EntryThen | null): string {
  if (entry === null) return 'none'
  const flags = `${entry.seenReply ? '' : ' [UNREPLIED]'}${entry.assured ? ' [ASSURED]' : ''}`
  return `${entry.state === null ? '' : `${entry.state} `}${String(entry.timeout)} s${flags}`
}

function boundText({ name, says, value, relation, limit, holds }: Bound): string {
  return `${name.padEnd(3)} ${says}: ${String(value)} ${relation} ${String(limit)} ${holds ? 'yes' : 'NO'}`
}
