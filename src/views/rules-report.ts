// What a ruleset made of a capture: dropped flows first, then the rules with their counters, then what is wrong with them.

import type { Engine } from '../engine.ts'
import type { Firewall } from '../rules/firewall.ts'
import { NftRuleset } from '../rules/nftables/ruleset.ts'
import type { DroppedFlow, DroppedFlows } from '../rules/flows.ts'
import { decisionRow, type DecisionRow, decisionText } from './rules-packet.ts'
import { printNft } from './rules-nft.ts'
import { printRulesSave } from './rules-save.ts'
import { protocolName } from './snapshot.ts'
import { SCHEMA } from './schema.ts'
import type { RulesFinding } from '../rules/lint.ts'
import type { Ruleset } from '../rules/ruleset.ts'

/** All there is to say when the capture is over. */
export interface RulesReport {
  readonly engine: Engine
  readonly firewall: Firewall
  readonly dropped: DroppedFlows
  readonly findings: readonly RulesFinding[]
}

const MOST_LINES = 50 // flows shown to a person

/** The forms `rules` can print. */
export const RULES_FORM_NAMES = ['text', 'save', 'packets', 'json', 'jsonl', 'proc'] as const

/** For people. */
export function printRulesText({ engine, firewall, dropped, findings }: RulesReport): string {
  const parts = [
    droppedText(engine.packets, dropped, (decision) => decisionText(decisionRow(decision))) + copiesText(engine.copies + firewall.joined),
  ]
  for (const ruleset of firewall.rulesets) {
    parts.push(`# ${titleOf(ruleset)} rules, [packets:bytes] each has matched\n${printRuleset(firewall, ruleset, true)}`)
  }
  if (findings.length > 0) parts.push(findings.map(({ severity, where, text }) => `${severity}: ${where}${text}\n`).join(''))
  return parts.join('\n')
}

function titleOf({ isIpv6 }: Ruleset): string { return isIpv6 === null ? 'nftables' : isIpv6 ? 'IPv6' : 'IPv4' }

/**
 * A ruleset in the form it was given, with what it has counted.
 * @param hasMarks  nftables: what every rule has matched stands before it, whether it has a counter or not
 */
export function printRuleset(firewall: Firewall, ruleset: Ruleset, hasMarks = false): string {
  return ruleset instanceof NftRuleset ? printNft(firewall, ruleset, hasMarks) : printRulesSave(firewall, ruleset)
}

/** How many packets were left out because they were captured twice. */
export function copiesText(count: number): string {
  return count === 0 ? '' : `${String(count)} packet${count === 1 ? ' was' : 's were'} captured twice, and met the rules once.\n`
}

/**
 * The flows that lost packets, for people.
 * @param packets  of all the capture
 * @param textOf   says what dropped them
 */
export function droppedText<What>(packets: number, dropped: DroppedFlows<What>, textOf: (decision: What) => string): string {
  const flows = [...dropped.flows].sort((a, b) => b.packets - a.packets || a.firstFrame - b.firstFrame)
  if (flows.length === 0) return `No packet of ${String(packets)} is dropped.\n`
  const count = `${String(flows.length)} flow${flows.length === 1 ? '' : 's'}`
  const head = `${String(dropped.packets)} of ${String(packets)} packets are dropped, of ${count}:\n`
  const shown = flows.slice(0, MOST_LINES)
  const lines = aligned([['packets', 'bytes', 'frames', 'flow', 'ctstate', 'dropped by'], ...shown.map((flow) => flowCells(flow, textOf))])
  const more = flows.length - shown.length
  return head + lines + (more > 0 ? `and ${String(more)} flows more\n` : '') +
    (dropped.unkept > 0 ? `and ${String(dropped.unkept)} packets of flows too many to tell apart\n` : '')
}

function flowCells<What>(flow: DroppedFlow<What>, textOf: (decision: What) => string): string[] {
  const { packets, bytes, firstFrame, lastFrame } = flow
  const frames = firstFrame === lastFrame ? String(firstFrame) : `${String(firstFrame)}-${String(lastFrame)}`
  const states = [...flow.states].map(([state, count]) => flow.states.size === 1 ? state : `${state}:${String(count)}`).join(' ')
  return [String(packets), String(bytes), frames, flowText(flow), states, textOf(flow.decision)]
}

export function flowText(
  { protocol, source, destination, sport, dport }: Pick<DroppedFlow, 'protocol' | 'source' | 'destination' | 'sport' | 'dport'>,
): string {
  const end = (address: string, port: number | null): string =>
    port === null ? address : `${address.includes(':') ? `[${address}]` : address}:${String(port)}`
  return `${protocolName(protocol)} ${end(source, sport)} > ${end(destination, dport)}`
}

/** Columns: the first two are numbers, the last is as long as it is. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) => `${row.map((cell, column) => {
    const width = widths[column] ?? 0
    return column < 2 ? cell.padStart(width) : column === row.length - 1 ? cell : cell.padEnd(width)
  }).join('  ')}\n`).join('')
}

/** The flows that lost packets, as JSON. @param rowOf  says what dropped them */
export function droppedJson<What>(dropped: DroppedFlows<What>, rowOf: (decision: What) => object): object {
  return {
    packets: dropped.packets, bytes: dropped.bytes, unkept: dropped.unkept,
    flows: dropped.flows.map((flow) => ({
      protocol: protocolName(flow.protocol), source: flow.source, destination: flow.destination, sport: flow.sport, dport: flow.dport,
      packets: flow.packets, bytes: flow.bytes, firstFrame: flow.firstFrame, lastFrame: flow.lastFrame,
      ctstates: Object.fromEntries(flow.states), decision: rowOf(flow.decision),
    })),
  }
}

/** As one JSON document. */
export function rulesJson({ engine, firewall, dropped, findings }: RulesReport): object {
  return {
    schema: SCHEMA,
    packets: engine.packets,
    copies: engine.copies + firewall.joined,
    dropped: droppedJson(dropped, (decision): DecisionRow => decisionRow(decision)),
    rulesets: firewall.rulesets.map((ruleset) => ({
      family: ruleset.isIpv6 === null ? 'nftables' : ruleset.isIpv6 ? 'ipv6' : 'ipv4',
      path: ruleset.path,
      chains: [...ruleset.tables.values()].flatMap((chains) => [...chains.values()]).map((chain) => ({
        table: chain.table, chain: chain.name, policy: chain.policy === null ? null : chain.policy === 0 ? 'ACCEPT' : 'DROP',
        packets: firewall.packetsOf(chain.id), bytes: firewall.bytesOf(chain.id),
        rules: chain.rules.map((rule) => ({
          number: rule.number, line: rule.line || null, handle: rule.handle, text: rule.text,
          packets: firewall.packetsOf(rule.id), bytes: firewall.bytesOf(rule.id),
        })),
      })),
    })),
    findings,
  }
}
