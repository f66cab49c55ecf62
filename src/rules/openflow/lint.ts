// What is wrong with a switch's flows: seen in the flows alone, and in what the capture made of them.

import { portsDrawnText } from '../lint.ts'
import { CtAction, ClearCtAction, OutputAction, ResubmitAction } from './action.ts'
import { CS_EST, CS_INV, CS_NEW, CS_REL, CS_RPL, CS_TRK, CT_STATE, ctStateText, IN_PORT } from './fields.ts'
import type { FlowTable } from './flow-table.ts'
import type { Flow } from './flow.ts'
import { PORT_TABLE } from './ports.ts'
import type { FlowSwitch } from './switch.ts'

/** One thing found. */
export interface FlowFinding {
  readonly severity: 'warning' | 'note'
  /** Names it, for programs. */
  readonly id: 'never-matches' | 'nothing-commits' | 'shadowed' | 'unreachable' | 'port-unknown' |
    'nat-port-drawn'
  /** `FILE:LINE: `, empty where no line is to blame. */
  readonly where: string
  readonly text: string
}

/** States that no packet is in at once. */
const CONTRARY: readonly (readonly [number, number])[] = [
  [CS_NEW, CS_EST], [CS_NEW, CS_RPL], [CS_INV, CS_NEW], [CS_INV, CS_EST], [CS_INV, CS_REL], [CS_INV, CS_RPL],
]
const MOST_FLOWS = 1000 // of a table whose flows are held against each other

/** Everything found, in the order of the file. */
export function lintFlows(flowSwitch: FlowSwitch): FlowFinding[] {
  const { program, unplaced } = flowSwitch
  const reached = reach(program.tables)
  const findings: (FlowFinding & { line: number })[] = []
  const say = (flow: Flow, severity: FlowFinding['severity'], id: FlowFinding['id'], text: string): void => {
    findings.push({ severity, id, where: `${program.path}:${String(flow.line)}: `, text, line: flow.line })
  }
  const shadows = new Map([...program.tables.values()].flatMap((table) => shadowed(table)))
  for (const flow of program.flows) {
    const state = impossible(flow)
    const over = shadows.get(flow)
    if (state !== null) say(flow, 'warning', 'never-matches', `can never match: ${state}`)
    else if (!reached.untracked.has(flow.table) && !reached.tracked.has(flow.table)) {
      if (flow === program.tables.get(flow.table)?.flows[0]) {
        say(flow, 'note', 'unreachable', `no flow sends packets to table ${String(flow.table)}`)
      }
    } else if (required(flow, CS_TRK) && !reached.tracked.has(flow.table)) {
      say(flow, 'warning', 'never-matches', `can never match: no ct action leads to table ${String(flow.table)}, so nothing is +trk there`)
    } else if (over !== undefined) {
      const above = `line ${String(over.line)} (priority ${String(over.priority)})`
      say(flow, 'warning', 'shadowed', `can never match: all that it asks for meets ${above} first`)
    }
  }
  for (const [flow, zone] of neverCommitted(program.flows)) {
    say(flow, 'warning', 'nothing-commits', `no flow commits connections${zone === null ? '' : ` of zone ${String(zone)}`}: ` +
      'their packets stay +new, and answers are never +est')
  }
  findings.sort((a, b) => a.line - b.line)
  return [
    ...findings.map(({ severity, id, where, text }) => ({ severity, id, where, text })), ...unknownPorts(program.flows, unplaced),
    ...portsDrawn(flowSwitch),
  ]
}

/** Does a flow ask for a flag of ct_state to be set? */
const required = ({ match }: Flow, flag: number): boolean => (match.values[CT_STATE]! & match.masks[CT_STATE]! & flag) !== 0
const forbidden = ({ match }: Flow, flag: number): boolean => (match.masks[CT_STATE]! & ~match.values[CT_STATE]! & flag) !== 0

/** Why no packet can have a flow's ct_state; null where one can. */
function impossible(flow: Flow): string | null {
  const wanted = flow.match.values[CT_STATE]! & flow.match.masks[CT_STATE]!
  if (forbidden(flow, CS_TRK) && wanted !== 0) return `a packet that is -trk is not ${ctStateText(wanted | CS_TRK).replace('+trk', '')}`
  const both = CONTRARY.find(([a, b]) => (wanted & a) !== 0 && (wanted & b) !== 0)
  return both === undefined ? null : `no packet is ${ctStateText(both[0] | both[1] | CS_TRK).replace('+trk', '')}`
}

/** Tables by whether untracked and tracked packets come there. */
function reach(tables: ReadonlyMap<number, FlowTable>): { untracked: Set<number>, tracked: Set<number> } {
  const reached = { untracked: new Set<number>(), tracked: new Set<number>() }
  const waiting: [table: number, isTracked: boolean][] = [[0, false]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [number, isTracked] = next
    const set = isTracked ? reached.tracked : reached.untracked
    if (set.has(number)) continue
    set.add(number)
    for (const flow of tables.get(number)?.flows ?? []) {
      if (isTracked ? forbidden(flow, CS_TRK) : required(flow, CS_TRK)) continue
      waiting.push(...ways(flow, isTracked))
    }
  }
  return reached
}

/** Where a flow sends packets on. */
function ways(flow: Flow, isTracked: boolean): [table: number, isTracked: boolean][] {
  const all: [number, boolean][] = []
  let tracked = isTracked
  for (const action of flow.actions) {
    if (action instanceof CtAction) {
      if (action.request.table !== null) all.push([action.request.table, true])
      tracked = false
    } else if (action instanceof ClearCtAction) tracked = false
    else if (action instanceof ResubmitAction) all.push([action.table ?? flow.table, tracked])
    else if (action instanceof OutputAction && action.port === PORT_TABLE) all.push([0, tracked])
  }
  return all
}

/** Flows of which a higher one takes every packet, each with that one. */
function shadowed({ flows }: FlowTable): [Flow, Flow][] {
  if (flows.length > MOST_FLOWS) return []
  return flows.flatMap((flow): [Flow, Flow][] => {
    const over = flows.find((other) => other.priority > flow.priority && other.clauses.length === 0 && other.match.covers(flow.match))
    return over === undefined ? [] : [[flow, over]]
  })
}

/** Flows that show packets to conntrack in a zone of which nothing is ever committed: the first of each zone, null for any. */
function neverCommitted(flows: readonly Flow[]): [Flow, number | null][] {
  const committed = new Set<number>()
  const asked = new Map<number, Flow>()
  let first: Flow | null = null
  let isAnywhere = false
  for (const flow of flows) {
    for (const action of flow.actions) {
      if (!(action instanceof CtAction)) continue
      first ??= flow
      const { zone, isCommit } = action.request
      // A zone that a field holds may be any.
      if (typeof zone !== 'number') isAnywhere ||= isCommit
      else if (isCommit) committed.add(zone)
      else if (!asked.has(zone)) asked.set(zone, flow)
    }
  }
  if (first === null || isAnywhere) return []
  if (committed.size === 0) return [[first, null]]
  return [...asked].filter(([zone]) => !committed.has(zone)).map(([zone, flow]) => [flow, zone])
}

/** Flows ask for ports, and of some frames nothing tells by which they came in. */
function unknownPorts(flows: readonly Flow[], unplaced: number): FlowFinding[] {
  if (unplaced === 0 || !flows.some(({ match }) => match.masks[IN_PORT] !== 0)) return []
  return [{
    severity: 'warning', id: 'port-unknown', where: '',
    text: `of ${String(unplaced)} frames nothing tells by which port they came in, and flows ask for it: say so with --port`,
  }]
}

function portsDrawn({ guessedPorts }: FlowSwitch): FlowFinding[] {
  return guessedPorts === 0 ? [] : [{ severity: 'note', id: 'nat-port-drawn', where: '', text: portsDrawnText(guessedPorts) }]
}
