// Dropped packets by flow and by what dropped them. Bounded: a flood of flows is counted, not kept.

import { formatIpv4, formatIpv6Short } from '../base/address.ts'
import { VERDICT_NAMES, type VerdictName } from '../base/verdict.ts'
import type { Frame } from '../capture/frame.ts'
import type { Packet } from '../ip/packet.ts'
import { NO_PORT, type Facts } from './facts.ts'
import type { Decision } from './firewall.ts'

const MOST_FLOWS = 10_000

/** Packets of one flow that met the same end. @typeParam What  says which end */
export interface DroppedFlow<What = Decision> {
  readonly protocol: number
  /** Addresses in short. */
  readonly source: string
  readonly destination: string
  /** Null where the protocol has none. */
  readonly sport: number | null
  readonly dport: number | null
  readonly decision: What
  packets: number
  bytes: number
  /** Frames of the first and the last of them. */
  readonly firstFrame: number
  lastFrame: number
  /** How often conntrack said what. */
  readonly states: Map<VerdictName, number>
}

export class DroppedFlows<What = Decision> {
  readonly #flows = new Map<string, DroppedFlow<What>>()
  /** Packets dropped; those of flows that are not kept among them. */
  packets = 0
  bytes = 0
  unkept = 0

  /** Notes a dropped packet. @param by  tells decisions apart */
  add(packet: Packet, frame: Frame, facts: Facts, decision: What, by: string): void {
    this.packets++
    this.bytes += packet.length
    const { sport, dport, protocol } = facts
    const addresses = addressesOf(facts)
    const key = [addresses.source, addresses.destination, protocol, sport, dport, by].join(' ')
    let flow = this.#flows.get(key)
    if (flow === undefined) {
      if (this.#flows.size === MOST_FLOWS) {
        this.unkept++
        return
      }
      flow = {
        protocol, ...addresses, sport: sport === NO_PORT ? null : sport, dport: dport === NO_PORT ? null : dport,
        decision, packets: 0, bytes: 0, firstFrame: frame.number, lastFrame: frame.number, states: new Map(),
      }
      this.#flows.set(key, flow)
    }
    flow.packets++
    flow.bytes += packet.length
    flow.lastFrame = frame.number
    const state = VERDICT_NAMES[packet.verdict] ?? '-'
    flow.states.set(state, (flow.states.get(state) ?? 0) + 1)
  }

  /** In the order of their first packets. */
  get flows(): readonly DroppedFlow<What>[] { return [...this.#flows.values()] }
}

/** Both addresses of a packet, as text. */
export function addressesOf(facts: Facts): { source: string, destination: string } {
  if (!facts.isIpv6) return { source: formatIpv4(facts.source0), destination: formatIpv4(facts.destination0) }
  const short = (...words: readonly [number, number, number, number]): string => {
    const [a, b, c, d] = words.map((word) => word >>> 0) as [number, number, number, number]
    return formatIpv6Short(a, b, c, d)
  }
  return {
    source: short(facts.source0, facts.source1, facts.source2, facts.source3),
    destination: short(facts.destination0, facts.destination1, facts.destination2, facts.destination3),
  }
}
