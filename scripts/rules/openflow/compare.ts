// What Open vSwitch on a Linux kernel said of flows and a capture, held against what we say.

import {
  type EngineOptions, loadFlows, openCapture, parseWhen, printFlowsTable, Replay, setKnob, defaultSysctl, snapshot,
} from '../../../src/index.ts'
import { printProc } from '../../../src/views/procfs.ts'
import { comparable, without } from '../compare.ts'

/** What answer.py leaves in its folder. */
export interface SwitchAnswer {
  readonly packets: string
  readonly flows: string
  readonly table: string
  readonly dump: string
}

/** What differs, a line each. @param ports  as answer.py takes them */
export async function flowDifferences(
  path: string, flows: string, ports: string, answer: SwitchAnswer, options: EngineOptions = {},
): Promise<string[]> {
  const { flowSwitch } = loadFlows({ path: 'flows', text: flows }, { ports: ports.split(',') })
  const sysctl = defaultSysctl()
  setKnob(sysctl, 'acct', '1')
  const blocks = answer.table.split(/^# at /m).slice(1).map((block) => {
    const [at = '', ...lines] = block.trimEnd().split('\n')
    return { at, lines: lines.map((line) => comparable(line, true)) }
  })
  const fates: string[] = []
  const note = (frame: { number: number }): void => {
    const { ports: left } = flowSwitch.decision
    fates[frame.number] = [...left].sort((a, b) => a - b).join(',') || 'drop'
  }
  const found: string[] = []
  const replay = new Replay(await openCapture(path), {
    ...options, sysctl, hooks: flowSwitch, at: blocks.map(({ at }) => parseWhen(at)), onPacket: (_, frame) => { note(frame) },
    onOther: note,
  })
  let next = 0
  let dump: string[] = []
  for await (const { engine } of replay.moments()) {
    const ours = snapshot(engine).map((row) => comparable(printProc(row, { counters: true, timestamps: false }), true))
    const { at, lines } = blocks[next++] ?? { at: '', lines: [] }
    found.push(...without(lines, ours).map((line) => `${at}: kernel ${line}`))
    found.push(...without(ours, lines).map((line) => `${at}: ours   ${line}`))
    dump = printFlowsTable({ engine, flowSwitch }).trim().split('\n')
  }
  const told = answer.dump.trim().split('\n')
  found.push(...without(told, dump).map((line) => `dump: Open vSwitch ${line}`))
  found.push(...without(dump, told).map((line) => `dump: ours         ${line}`))
  for (const line of answer.packets.trim().split('\n').reverse()) {
    const [frame = '', , fate = ''] = line.split('\t')
    if (fates[Number(frame)] !== fate) found.unshift(`frame ${frame}: Open vSwitch ${fate}, ours ${fates[Number(frame)] ?? 'none'}`)
  }
  const counted = new Map(flowSwitch.program.flows.map((flow) => [flow.line, flow]))
  for (const row of answer.flows.trim().split('\n')) {
    const [line, packets, bytes] = row.split(' ')
    const flow = counted.get(Number(line))
    const ours = flow === undefined ? 'none' : `${String(flowSwitch.packetsOf(flow))} ${String(flowSwitch.bytesOf(flow))}`
    if (ours !== `${packets ?? ''} ${bytes ?? ''}`) found.push(`flow ${row}, ours ${ours}: ${flow?.text ?? ''}`)
  }
  return found
}
