// What a switch's flows made of a capture: for people and as JSON.

import type { Engine } from '../engine.ts'
import type { DroppedFlows } from '../rules/flows.ts'
import { labelText } from '../rules/openflow/labels.ts'
import type { FlowFinding } from '../rules/openflow/lint.ts'
import type { FlowDecision, FlowSwitch } from '../rules/openflow/switch.ts'
import { Connection } from '../table/connection.ts'
import { printFlows } from './openflow-flows.ts'
import { flowDecisionRow, type FlowDecisionRow, flowDecisionText, flowPathText } from './openflow-packet.ts'
import { printOvs } from './ovs.ts'
import type { Row } from './row.ts'
import { droppedJson, droppedText } from './rules-report.ts'
import { SCHEMA } from './schema.ts'
import { rowOf } from './snapshot.ts'

/** All there is to say when the capture is over. */
export interface FlowsReport {
  readonly engine: Engine
  readonly flowSwitch: FlowSwitch
  readonly dropped: DroppedFlows<FlowDecision>
  readonly findings: readonly FlowFinding[]
}

const MOST_LINES = 50 // connections shown to a person

/** The forms `rules --openflow` can print. */
export const OPENFLOW_FORM_NAMES = ['text', 'flows', 'packets', 'conntrack', 'json', 'jsonl'] as const

/** For people. */
export function printFlowsText(report: FlowsReport): string {
  const { engine, flowSwitch, dropped, findings } = report
  const others = flowSwitch.droppedOthers
  const parts = [
    droppedText(engine.packets, dropped, (decision) => droppedBy(flowDecisionRow(flowSwitch, decision))) +
      (others === 0 ? '' : `and ${String(others)} frame${others === 1 ? '' : 's'} without IP\n`),
    `# flows, and what each has matched\n${printFlows(flowSwitch)}`,
    tableText(report),
  ]
  if (findings.length > 0) parts.push(findings.map(({ severity, where, text }) => `${severity}: ${where}${text}\n`).join(''))
  return parts.join('\n')
}

/** The flow that dropped a packet, and where flows before it have led on: the way there. */
function droppedBy(row: FlowDecisionRow): string {
  return row.path.length === 1 ? flowDecisionText(row) : `${flowDecisionText(row)}; way: ${flowPathText(row.path)}`
}

/** The table at the end, with the labels that flows have set. */
function rowsOf({ engine, flowSwitch }: Pick<FlowsReport, 'engine' | 'flowSwitch'>): Row[] {
  const conn = new Connection(engine.table.records)
  return Array.from(engine.table.visible(), (index) => {
    const row = rowOf(conn.at(index), engine.clock.now, engine.clock.hz)
    const labels = flowSwitch.labels.of(conn)
    return labels === null || labels.every((word) => word === 0) ? row : { ...row, labels: labelText(labels) }
  })
}

function tableText(report: FlowsReport): string {
  const lines = rowsOf(report).map((row) => `${printOvs(row, false)}\n`)
  if (lines.length === 0) return '# the connection table is empty\n'
  const more = lines.length - MOST_LINES
  return `# the connection table\n${lines.slice(0, MOST_LINES).join('')}` +
    (more > 0 ? `and ${String(more)} connections more: -o conntrack prints them all\n` : '')
}

/** The table at the end, as `ovs-appctl dpctl/dump-conntrack` prints it. */
export function printFlowsTable(report: Pick<FlowsReport, 'engine' | 'flowSwitch'>): string {
  return rowsOf(report).map((row) => `${printOvs(row, false)}\n`).join('')
}

/** As one JSON document. */
export function flowsJson(report: FlowsReport): object {
  const { engine, flowSwitch, dropped, findings } = report
  return {
    schema: SCHEMA,
    packets: engine.packets,
    dropped: { ...droppedJson(dropped, (decision) => flowDecisionRow(flowSwitch, decision)), framesWithoutIp: flowSwitch.droppedOthers },
    path: flowSwitch.program.path,
    flows: flowSwitch.program.flows.map((flow) => ({
      table: flow.table, priority: flow.priority, line: flow.line, text: flow.text,
      packets: flowSwitch.packetsOf(flow), bytes: flowSwitch.bytesOf(flow), told: flow.told,
    })),
    conntrack: rowsOf(report).map((row) => printOvs(row, false)),
    findings,
  }
}
