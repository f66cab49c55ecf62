// rules --openflow: what the flows of an Open vSwitch would have done with the packets of a capture.

import {
  flowPacketRow, FlowsRun, flowsJson, loadFlows, OPENFLOW_FORM_NAMES, printFlowPacket, printFlows, printFlowsTable, printFlowsText,
  type Engine, type Frame,
} from '../index.ts'
import { type CommonOptions, engineOptions, oneOf, readText } from './options.ts'
import type { Session } from './session.ts'

export interface OpenflowOptions extends CommonOptions {
  port?: string[]
  lenient?: boolean
  output: string
}

export async function runOpenflow(session: Session, path: string, captures: string[], options: OpenflowOptions): Promise<void> {
  const { out, io } = session
  const form = oneOf('--output', options.output, OPENFLOW_FORM_NAMES)
  const { flowSwitch, warnings } = loadFlows({ path, text: readText('--openflow', path) }, {
    ports: options.port ?? [], isLenient: options.lenient === true,
  })
  for (const { path: file, line, message } of warnings) io.say(`pcap-conntrack: ${file}:${String(line)}: ${message}\n`)
  const noted = new FlowsRun(flowSwitch)
  const print = (frame: Frame, packet: Engine['packet'] | null): void => {
    if (form === 'packets') out.text(`${printFlowPacket(flowPacketRow(flowSwitch, frame, packet))}\n`)
    else if (form === 'jsonl') out.text(`${JSON.stringify(flowPacketRow(flowSwitch, frame, packet))}\n`)
  }
  await session.replay(captures, options, {
    ...engineOptions(options), at: [], hooks: flowSwitch,
    onPacket: (engine, frame) => {
      noted.note(engine, frame)
      print(frame, engine.packet)
    },
    onOther: (frame) => { print(frame, null) },
  }, async (replay) => {
    flowSwitch.ports.interfaceOf = (frame) => replay.source.origin(frame).interfaceName
    await replay.run()
    const report = { engine: replay.engine, flowSwitch, dropped: noted.dropped, findings: noted.findings() }
    if (form === 'text') out.text(printFlowsText(report))
    else if (form === 'flows') out.text(printFlows(flowSwitch))
    else if (form === 'conntrack') out.text(printFlowsTable(report))
    else if (form === 'json') out.text(`${JSON.stringify(flowsJson(report), null, 2)}\n`)
  })
}
