// What deleting entries would have changed for the packets that followed.

import type { ChangedFlow, Fate, RulesFates } from '../rules/fates.ts'
import { type DeletionMoment, deletionText } from './deletion.ts'
import { decisionRow, type DecisionRow, decisionText } from './rules-packet.ts'
import { flowText } from './rules-report.ts'
import { SCHEMA } from './schema.ts'
import { protocolName } from './snapshot.ts'

/** All there is to say when the capture is over. */
export interface FatesReport {
  readonly moments: readonly DeletionMoment[]
  readonly fates: RulesFates
  /** Entries at the end, as it was and with the entries gone. */
  readonly entries: number
  readonly otherEntries: number
}

const MOST_FLOWS = 50 // shown to a person

/** For people. */
export function printFatesText({ moments, fates, entries, otherEntries }: FatesReport): string {
  const flows = [...fates.flows].sort((a, b) => b.packets - a.packets || a.firstFrame - b.firstFrame)
  const shown = flows.slice(0, MOST_FLOWS)
  const count = (number: number, noun: string): string => `${String(number)} ${noun}${number === 1 ? '' : 's'}`
  const lines = [
    fates.packets === 0 ? 'No packet fares otherwise after it.'
      : `${count(fates.packets, 'packet')} ${fates.packets === 1 ? 'fares' : 'fare'} otherwise after it: ` +
        `${String(fates.newlyDropped)} that passed ${fates.newlyDropped === 1 ? 'is' : 'are'} dropped, ` +
        `${String(fates.newlyPassed)} that ${fates.newlyPassed === 1 ? 'was dropped passes' : 'were dropped pass'}.`,
    `Entries at the end: ${String(entries)} with those, ${String(otherEntries)} without.`,
    ...shown.flatMap(flowLines),
    ...(flows.length > shown.length ? [`and ${String(flows.length - shown.length)} flows more`] : []),
    ...(fates.unkept > 0 ? [`and ${String(fates.unkept)} packets of flows too many to tell apart`] : []),
  ]
  return `${moments.map(deletionText).join('')}${lines.join('\n')}\n`
}

function flowLines(flow: ChangedFlow): string[] {
  const { firstFrame: first, lastFrame: last, packets } = flow
  const frames = first === last ? `frame ${String(first)}` : `frames ${String(first)}-${String(last)}`
  return ['', `${flowText(flow)}  ${String(packets)} packet${packets === 1 ? '' : 's'}, ${frames}`,
    `  with the entries  ${fateText(flow.base)}`, `  without them      ${fateText(flow.other)}`]
}

function fateText({ state, decision }: Fate): string {
  const row = decisionRow(decision)
  return `${row.fate.padEnd(6)}  ${state.padEnd(11)}  ${decisionText(row)}`
}

/** As one JSON document. */
export function fatesJson({ moments, fates, entries, otherEntries }: FatesReport): object {
  const fateJson = ({ state, decision }: Fate): object => ({ ctstate: state, decision: decisionRow(decision) satisfies DecisionRow })
  return {
    schema: SCHEMA, moments, entries, otherEntries,
    packets: fates.packets, newlyDropped: fates.newlyDropped, newlyPassed: fates.newlyPassed, unkept: fates.unkept,
    flows: fates.flows.map((flow) => ({
      protocol: protocolName(flow.protocol), source: flow.source, destination: flow.destination, sport: flow.sport, dport: flow.dport,
      packets: flow.packets, bytes: flow.bytes, firstFrame: flow.firstFrame, lastFrame: flow.lastFrame,
      base: fateJson(flow.base), other: fateJson(flow.other),
    })),
  }
}
