// What the kernel said of a script's packets, from the golden recorded of it.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Script, Step } from '../../test/support/script/script.ts'
import { compileVariants, variantsOf } from '../../test/support/script/variants.ts'
import { Ours } from '../kernel/ours.ts'

const GOLDEN = fileURLToPath(new URL('../../test/golden/linux-6.12/', import.meta.url))

/** The script with the kernel's answers to its first variant. */
export function annotated(script: Script, name: string): Script {
  const read = (file: string): string[] => readFileSync(`${GOLDEN}${name}/${file}`, 'utf8').split('\n')
  const verdicts = read('packets.tsv').map((line) => line.split('\t')[2])
  const tables = new Map(readFileSync(`${GOLDEN}${name}/snapshots.txt`, 'utf8').split(/^# at /m).slice(1).map((block) => {
    const [at = '', ...lines] = block.trimEnd().split('\n')
    return [at, lines] as const
  }))
  const first = variantsOf(script)[0]!
  const isFirst = (line: string): boolean => line.includes(first.isIpv6 ? `:${hex(first.net)}:` : ` src=10.0.${String(first.net)}.`)
  const sent = compileVariants(script)
  const reasons = reasonsOf(script, read('reasons.txt').filter((line) => line !== ''))
  const steps = script.steps.map((step, i): Step => {
    const frame = sent.findIndex((one) => one.step === i && one.variant.net === first.net)
    if (frame < 0) return step
    const table = tables.get(`frame:${String(frame + 1)}`) ?? []
    return { ...step, expected: { verdict: verdicts[frame]!, reasons: reasons[frame] ?? [], lines: said(table.filter(isFirst)) } }
  })
  const last = sent.at(-1)?.at ?? 0
  const moments = script.moments.map(({ at }) => {
    const seconds = Math.round((at - last) * 1000) / 1000
    const table = tables.get(`end+${Number.isInteger(seconds) ? seconds.toFixed(1) : String(seconds)}s`)
    if (table === undefined) throw new Error(`${name}: the kernel was not asked ${String(seconds)} s after the last packet`)
    return { at, lines: said(table.filter(isFirst)) }
  })
  return { ...script, steps, moments }
}

/** Log lines by frame. The kernel's log is one list: ours, which must be the same, says which line is whose. */
function reasonsOf(script: Script, kernel: readonly string[]): string[][] {
  const ours = new Ours(script.sysctl)
  const start = 1_700_000_000_000_000_000n
  const mine = compileVariants(script).map(({ bytes, at }) => ours.packet(bytes, start + BigInt(Math.round(at * 1e9))).reasons)
  if (mine.flat().map((line) => line.trim()).join('\n') !== kernel.map((line) => line.trim()).join('\n')) {
    throw new Error(`our reasons are not the kernel's: ${mine.flat().join('; ')}, ${kernel.join('; ')}`)
  }
  return mine.map((lines) => lines.map(shortReason))
}

/** Without its prefix, and without numbers that depend on the variant. */
function shortReason(line: string): string {
  return line.replace(/^nf_ct_proto_\d+: /, '').replace(/ bound \d+ .*/, ' bound').replace(/outer daddr .*/, 'outer daddr').trim()
}

/** What a line says beside its tuples and counters. */
function said(lines: readonly string[]): string[] {
  if (lines.length === 0) return ['-']
  return lines.map((line) => {
    const [head = ''] = line.split(' src=')
    const [, , name = '', number = '', ...rest] = head.split(/\s+/)
    const isIcmp = name.startsWith('icmp')
    const flags = ['[UNREPLIED]', '[ASSURED]'].filter((flag) => line.includes(flag))
    return [...(isIcmp ? [] : [name, number]), ...rest, ...flags].join(' ')
  })
}

function hex(n: number): string {
  return n.toString(16).padStart(4, '0')
}
