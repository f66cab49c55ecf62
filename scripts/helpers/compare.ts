// What a kernel with all helpers attached said of a capture, at every moment it was asked, held against what we say.

import {
  defaultSysctl, expectations, type Moment, openCapture, packetRowOf, parseWhen, printProcExpect, Replay, setKnob, snapshot,
} from '../../src/index.ts'
import { printProc } from '../../src/views/procfs.ts'

/** What a kernel said: packets.tsv and snapshots.txt, and the lines of its log up to ` IN=`. */
export interface Answer {
  readonly packets: string
  readonly snapshots: string
  readonly reasons: readonly string[]
}

/** What differs, a line each. */
export async function differences(path: string, answer: Answer): Promise<string[]> {
  const blocks = readBlocks(answer.snapshots)
  const found: string[] = []
  const sysctl = defaultSysctl()
  setKnob(sysctl, 'acct', '1')
  const verdicts = new Map<string, string>()
  const reasons: string[] = []
  const replay = new Replay(await openCapture(path), {
    sysctl, helpers: ['all'], at: blocks.map(({ at }) => parseWhen(at)),
    onPacket: (engine, frame) => {
      const row = packetRowOf(frame, engine.packet)
      verdicts.set(String(row.frame), row.verdict + (row.direction === 'reply' ? '-' : ''))
      if (row.reason !== null) reasons.push(...row.reason.split('; '))
    },
  })
  let next = 0
  for await (const moment of replay.moments()) found.push(...compareTable(blocks[next++]!, moment))
  for (const line of answer.packets.trim().split('\n')) {
    const [frame = '', , verdict = ''] = line.split('\t')
    if (verdicts.get(frame) !== verdict) found.unshift(`frame ${frame}: kernel ${verdict}, ours ${verdicts.get(frame) ?? 'none'}`)
  }
  const logged = answer.reasons.map((line) => line.trim())
  const ours = reasons.map((reason) => reason.trim())
  const wrong = logged.findIndex((line, i) => line !== ours[i])
  if (wrong >= 0) found.push(`log line ${String(wrong)}: kernel "${logged[wrong] ?? ''}", ours "${ours[wrong] ?? ''}"`)
  if (ours.length > logged.length) found.push(`log: ${String(ours.length - logged.length)} lines too many, the last "${ours.at(-1) ?? ''}"`)
  return found
}

interface Block { readonly at: string, readonly lines: string[] }

function readBlocks(text: string): Block[] {
  const blocks: Block[] = []
  for (const line of text.split('\n')) {
    const [, frame, end] = /^# at (?:frame (\d+)|end\+([\d.]+))/.exec(line) ?? []
    if (frame !== undefined) blocks.push({ at: `frame:${frame}`, lines: [] })
    else if (end !== undefined) blocks.push({ at: `end+${end}s`, lines: [] })
    else if (line.trim() !== '' && !line.startsWith('#')) blocks.at(-1)?.lines.push(withoutUse(line))
  }
  return blocks
}

function compareTable({ at, lines }: Block, { engine }: Moment): string[] {
  const ours = [
    ...snapshot(engine).map((row) => withoutUse(printProc(row, { counters: true }))),
    ...expectations(engine).map((row) => `expect ${printProcExpect(row)}`),
  ]
  const found: string[] = []
  for (const line of lines) {
    const i = ours.indexOf(line)
    if (i < 0) found.push(`${at}: kernel ${line}`)
    else ours.splice(i, 1)
  }
  return [...found, ...ours.map((line) => `${at}: ours   ${line}`)]
}

const withoutUse = (line: string): string => line.replace(/ use=\d+\s*$/, '').trim()
