// What a director holds of a service: nf_conntrack's two answers, IPVS's own, and what was said of the packets.

import { shortAddress } from '../base/address.ts'
import type { Row } from '../views/row.ts'
import type { ArpClaims } from './arp.ts'
import type { Service } from './service.ts'
import type { Flow } from './flow.ts'
import { macText } from './stations.ts'
import type { Forwarding } from './vantage.ts'

/** Verdicts of the packets that came in from clients, as rules in INPUT count them. */
export interface InputCounts {
  readonly fresh: number
  readonly established: number
  readonly invalid: number
}

/**
 * With net.ipv4.vs.conntrack=0 each packet meets an empty table: IPVS forgets what it opened.
 * @kernel  ip_vs_notrack() — v6.12
 */
export function countsWithout(flows: readonly Flow[], isLoose: boolean): InputCounts {
  let fresh = 0
  let invalid = 0
  for (const { client } of flows) {
    fresh += client.syns + (isLoose ? client.acks : 0)
    invalid += client.synAcks + client.fins + client.rsts + (isLoose ? 0 : client.acks)
  }
  return { fresh, established: 0, invalid }
}

/** With net.ipv4.vs.conntrack=1: what our tracker said. */
export function countsWith(flows: readonly Flow[]): InputCounts {
  let packets = 0
  let established = 0
  let invalid = 0
  for (const { client } of flows) {
    packets += client.packets
    established += client.established
    invalid += client.invalid
  }
  return { fresh: packets - established - invalid, established, invalid }
}

/** The real server of a flow: by its tunnel, its other address, or the station its packets went on to. */
export function realServer(flow: Flow, macs: ReadonlyMap<number, string>): string {
  if (flow.outerTo !== '') return `${flow.outerTo}:${String(flow.serverPort)}`
  if (flow.natTo !== null) return flow.natTo.serverText
  const address = macs.get(flow.copyTo)
  if (address !== undefined) return `${address}:${String(flow.serverPort)}`
  return flow.copyTo === 0 ? '?' : macText(flow.copyTo)
}

/**
 * Lines of `ipvsadm -Lnc`, without its heading.
 * @kernel  ip_vs_conn_seq_show() — v6.12; its words are put in order by ipvsadm
 */
export function ipvsLines(services: readonly Service[], forwarding: Forwarding, macs: ReadonlyMap<number, string>,
  nowMs: number): string[] {
  const lines: string[] = []
  for (const { flows } of services) {
    for (const flow of flows) {
      const entry = (forwarding === 'nat' ? flow.ipvsNat : flow.ipvsDirect).at(nowMs)
      if (entry === null || (forwarding === 'nat' && flow.natTo === null)) continue
      lines.push(`TCP ${entry.expire}  ${entry.state.padEnd(11)} ${flow.clientText.padEnd(18)} ${flow.serverText.padEnd(18)} `
        + realServer(flow, macs))
    }
  }
  return lines
}

/** Addresses by the stations that claimed them. A station that claimed several, or the service's own, names the one that is not it. */
export function addressesByStation(arp: ArpClaims, not: ReadonlySet<string>): Map<number, string> {
  const found = new Map<number, string>()
  for (const [address, claims] of arp.byAddress) {
    if (!not.has(address)) for (const station of claims.keys()) found.set(station, address)
  }
  return found
}

const ends = ({ original }: Row): string =>
  `${shortAddress(original.source)} ${String(original.sourcePort)} ${shortAddress(original.destination)} `
    + String(original.destinationPort)
const endsOf = (flow: Flow): string => `${flow.clientAddress} ${String(flow.clientPort)} ${flow.serverAddress} ${String(flow.serverPort)}`

/**
 * nf_conntrack's table on a director, from the table of a machine that translates nothing.
 * A connection that IPVS ends takes its entry along.
 * @kernel           ip_vs_update_conntrack(), ip_vs_conn_drop_conntrack() — v6.12
 * @differs          which packets are IPVS's is told from the capture
 * @param isTracked  net.ipv4.vs.conntrack
 * @param nowMs      milliseconds of the evidence's clock
 */
export function directorRows(
  rows: readonly Row[], services: readonly Service[], forwarding: Forwarding, isTracked: boolean, nowMs: number,
): Row[] {
  const own = new Map<string, Flow>()
  const behind = new Set<string>()
  for (const { flows } of services) {
    for (const flow of flows) {
      own.set(endsOf(flow), flow)
      if (flow.natTo !== null) behind.add(endsOf(flow.natTo))
    }
  }
  const shown: Row[] = []
  for (const row of rows) {
    const flow = row.l4num === 6 ? own.get(ends(row)) : undefined
    if (row.l4num === 6 && behind.has(ends(row))) continue
    if (flow === undefined) shown.push(row)
    else if (isTracked && !(forwarding === 'nat' ? flow.ipvsNat : flow.ipvsDirect).hasEnded(nowMs, flow.lastMs)) {
      const to = forwarding === 'nat' ? flow.natTo : null
      shown.push(to === null ? row : {
        ...row, reply: { ...row.reply, source: to.serverAddress, sourcePort: to.serverPort },
      })
    }
  }
  return shown
}
