// A case as a script that people read and tests run: the kernel's answers are what it expects, ours stand beside them.

import { printScript, type Step } from '../../test/support/script/script.ts'
import type { Sent } from '../../test/support/script/compile.ts'
import { encodePcap } from '../lib/pcap.ts'
import type { Minimal } from './minimise.ts'
import { START_NS } from './scene.ts'

export const RAW_IP = 101 // LINKTYPE_RAW

export function report({ script, judgement }: Minimal, comment: readonly string[]): string {
  const { sent, kernel, ours, differences } = judgement
  const notes = differences.map(({ packet, kernel: theirs, ours: mine }) => {
    const where = packet === null ? 'table' : `packet ${String(sent[packet]!.step + 1)}`
    return [`${where}: kernel ${theirs}`, `${' '.repeat(where.length)}  ours   ${mine}`]
  }).flat()
  const steps = script.steps.map((step, i): Step => {
    const at = sent.findIndex((one) => one.step === i)
    if (at < 0) return step
    const lines = at === sent.length - 1 ? kernel.table.map(shortLine) : []
    return { ...step, expected: { verdict: kernel.verdicts[at]!, reasons: kernel.reasons[at] ?? [], lines } }
  })
  const last = ours.table.map((line) => `ours: ${shortLine(line)}`)
  return printScript({ ...script, comment: [...comment, ...notes, ...last], steps })
}

/** A line of the table without its addresses. */
export function shortLine(line: string): string {
  return line.replace(/ (src|dst|sport|dport|mark|zone|use|type|code|id)=\S+/g, '').replace(/\s+/g, ' ').trim()
}

export function captureOf(sent: readonly Sent[]): Uint8Array {
  return encodePcap(sent.map(({ at, bytes }) => ({ ns: START_NS + BigInt(Math.round(at * 1e9)), bytes })), { linkType: RAW_IP })
}
