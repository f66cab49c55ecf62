// What the rules made of one packet, as a plain object and as a line.

import type { Frame } from '../capture/frame.ts'
import type { Packet } from '../ip/packet.ts'
import type { Decision, Firewall, Reason } from '../rules/firewall.ts'
import { addressesOf } from '../rules/flows.ts'
import { NO_PORT } from '../rules/facts.ts'
import { type PacketRow, packetRowOf } from './packet-row.ts'
import { protocolName } from './snapshot.ts'

/** What was decided, and where. */
export interface DecisionRow {
  /**
   * `held` for a fragment that no rule has met: its datagram is not whole. `copy` for a packet that was captured before: on another
   * link, or before its addresses were translated.
   */
  fate: 'accept' | 'drop' | 'reject' | 'held' | 'copy'
  reason: Reason | null
  table: string | null
  chain: string | null
  /** Number of the rule in its chain, from 1; null for the chain's policy. */
  rule: number | null
  /** Line of the ruleset's file, from 1; null where rules are not told by lines. */
  line: number | null
  /** nftables' number of the rule; null for policies, and where rules have none. */
  handle: number | null
  /** The rule as it is written, behind its chain; of a policy its name. */
  text: string | null
  /** Of a `copy`: number of the frame that had it first. */
  copyOf?: number
}

export interface RulesPacketRow extends PacketRow {
  /** As the rules saw them at last; addresses are null for a fragment that no rule has met. */
  protocol: string
  source: string | null
  destination: string | null
  sport: number | null
  dport: number | null
  decision: DecisionRow
}

/** A decision as plain words. */
export function decisionRow({ isDropped, isReject, reason, chain, rule }: Decision): DecisionRow {
  return {
    fate: !isDropped ? 'accept' : isReject ? 'reject' : 'drop',
    reason,
    table: chain?.table ?? null,
    chain: chain?.name ?? null,
    rule: rule?.number ?? null,
    line: (rule?.line ?? chain?.line ?? 0) || null,
    handle: rule?.handle ?? null,
    text: rule?.text ?? (chain === null ? null : `policy ${isDropped ? 'DROP' : 'ACCEPT'}`),
  }
}

const HELD = { fate: 'held', reason: null, table: null, chain: null, rule: null, line: null, handle: null, text: null } as const

function heldRow({ copyOf }: Packet): DecisionRow {
  return copyOf === 0 ? HELD : { ...HELD, fate: 'copy', copyOf }
}

/** What the rules made of the packet of a frame just taken. */
export function rulesPacketRow(firewall: Firewall, frame: Frame, packet: Packet): RulesPacketRow {
  const { facts } = firewall
  const row = { ...packetRowOf(frame, packet), protocol: protocolName(packet.protocol) }
  if (!firewall.hasMet(frame)) return { ...row, source: null, destination: null, sport: null, dport: null, decision: heldRow(packet) }
  return {
    ...row, ...addressesOf(facts),
    sport: facts.sport === NO_PORT ? null : facts.sport, dport: facts.dport === NO_PORT ? null : facts.dport,
    decision: decisionRow(firewall.decision),
  }
}

/** Where a decision was made, in a few words: `filter FORWARD 3: -p tcp -j DROP`. */
export function decisionText({ reason, table, chain, rule, text, copyOf }: DecisionRow): string {
  switch (reason) {
    case null: return copyOf === undefined ? 'fragment: waits for the others' : `frame ${String(copyOf)} once more`
    case 'nat': return 'cannot be translated'
    case 'conntrack': return 'conntrack'
    case 'helper': return 'helper'
    case 'no rules': return 'no rules'
    case 'policy': return `${table ?? ''} ${chain ?? ''} ${text ?? ''}`
    default: {
      const what = `${table ?? ''} ${chain ?? ''} ${String(rule)}: ${text ?? ''}`
      return reason === 'unreadable' ? `${what} (header too short to read)` : what
    }
  }
}

/** frame, time in ns since the epoch, what became of it, ctstate, direction, and what decided; between tabs. */
export function printRulesPacket({ frame, time, verdict, direction, decision }: RulesPacketRow): string {
  return [String(frame), time, decision.fate, verdict, direction ?? '-', decisionText(decision)].join('\t')
}
