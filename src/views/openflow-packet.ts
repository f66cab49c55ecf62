// What a switch made of one packet, as a plain object and as a line.

import type { Frame } from '../capture/frame.ts'
import type { Packet } from '../ip/packet.ts'
import { NO_PORT } from '../rules/facts.ts'
import { addressesOf } from '../rules/flows.ts'
import { ctStateText } from '../rules/openflow/fields.ts'
import type { FlowDecision, FlowReason, FlowSwitch, Step } from '../rules/openflow/switch.ts'
import { type PacketRow, packetRowOf, timeText } from './packet-row.ts'
import { protocolName } from './snapshot.ts'

/** What was decided, and where. */
export interface FlowDecisionRow {
  /** `held` for a fragment that no flow has met: its datagram is not whole. */
  fate: 'output' | 'controller' | 'drop' | 'held'
  reason: FlowReason | null
  /** Ports the packet left by, by name where they have one. */
  ports: string[]
  table: number | null
  priority: number | null
  /** Line of the file of flows, from 1. */
  line: number | null
  /** The flow's match and actions. */
  text: string | null
  /** The tables on its way, and what conntrack said between them. */
  path: FlowStepRow[]
}

/** A step on the way: a table and the line of the flow met there (null: none matched), or a visit to conntrack. */
export type FlowStepRow = { table: number, line: number | null } | { zone: number, ctState: string }

export interface FlowPacketRow extends PacketRow {
  inPort: string | null
  /** Null for frames without IP. */
  protocol: string | null
  source: string | null
  destination: string | null
  sport: number | null
  dport: number | null
  decision: FlowDecisionRow
}

const HELD: FlowDecisionRow = { fate: 'held', reason: null, ports: [], table: null, priority: null, line: null, text: null, path: [] }
const NO_IP = { protocol: null, source: null, destination: null, sport: null, dport: null }

/** A decision as plain words. */
export function flowDecisionRow({ ports }: FlowSwitch, decision: FlowDecision): FlowDecisionRow {
  const { fate, reason, table, flow, steps } = decision
  return {
    fate, reason, ports: decision.ports.map((port) => ports.textOf(port)), table,
    priority: flow?.priority ?? null, line: flow?.line ?? null, text: flow?.text ?? null, path: steps.map(stepRow),
  }
}

function stepRow(step: Step): FlowStepRow {
  if ('flow' in step) return { table: step.flow.table, line: step.flow.line }
  return 'missed' in step ? { table: step.missed, line: null } : { zone: step.zone, ctState: ctStateText(step.state) }
}

/** What a switch made of the frame just taken. @param packet  null for a frame without IP */
export function flowPacketRow(flowSwitch: FlowSwitch, frame: Frame, packet: Packet | null): FlowPacketRow {
  const { facts } = flowSwitch
  const row = packet === null
    ? { frame: frame.number, time: timeText(frame), verdict: '-' as const, direction: null, reason: null } : packetRowOf(frame, packet)
  if (!flowSwitch.hasMet(frame)) return { ...row, ...NO_IP, inPort: null, decision: HELD }
  const ends = packet === null ? NO_IP : {
    protocol: protocolName(packet.protocol), ...addressesOf(facts),
    sport: facts.sport === NO_PORT ? null : facts.sport, dport: facts.dport === NO_PORT ? null : facts.dport,
  }
  return {
    ...row, ...ends, inPort: flowSwitch.ports.textOf(flowSwitch.inPort), decision: flowDecisionRow(flowSwitch, flowSwitch.decision),
  }
}

/** Where a decision was made, in a few words: `table 0, priority 50: tcp,in_port=2 actions=drop`. */
export function flowDecisionText({ fate, reason, table, priority, text }: FlowDecisionRow): string {
  if (fate === 'held') return 'fragment: waits for the others'
  if (text === null || priority === null) return `table ${String(table)}: no flow matches`
  const where = `table ${String(table)}, priority ${String(priority)}: ${text}`
  switch (reason) {
    case 'same port': return `${where} (it came in by that port)`
    case 'conntrack': return `${where} (conntrack drops it)`
    case 'helper': return `${where} (a helper drops it)`
    case 'nat': return `${where} (it cannot be translated)`
    case 'loop': return `${where} (flows send it round too often)`
    default: return where
  }
}

/** The tables on the way, and what conntrack said between them: `0 ct(+new+trk) 0`, with `ct(zone=5,+new+trk)` outside zone 0. */
export function flowPathText(path: readonly FlowStepRow[]): string {
  return path.map((step) => 'table' in step ? `${String(step.table)}${step.line === null ? '(none)' : ''}`
    : `ct(${step.zone === 0 ? '' : `zone=${String(step.zone)},`}${step.ctState})`).join(' ')
}

/** frame, time in ns since the epoch, port it came in by, what became of it, ctstate, direction, path, what decided; between tabs. */
export function printFlowPacket({ frame, time, inPort, verdict, direction, decision }: FlowPacketRow): string {
  const fate = decision.ports.length > 0 ? `${decision.fate}:${decision.ports.join(',')}` : decision.fate
  const decided = [flowPathText(decision.path), flowDecisionText(decision)]
  return [String(frame), time, inPort ?? '-', fate, verdict, direction ?? '-', ...decided].join('\t')
}
