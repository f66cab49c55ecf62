// What all findings about a director have in common: both answers of nf_conntrack, IPVS's own, and what helps.

import type { Context } from './context.ts'
import { addressesByStation, countsWith, countsWithout, ipvsLines } from './director.ts'
import { count, type Finding, framesOf } from './finding.ts'
import type { Forwarding } from './vantage.ts'
import type { Service } from './service.ts'

const MOST_LINES = 8

/** @param forwarding  direct or tunnel: the director hears the clients only */
export function directorStory({ evidence, sysctl, nowMs }: Context, service: Service, forwarding: Forwarding): Pick<Finding,
  'table' | 'ipvs' | 'invalidDrop' | 'remedy' | 'noRemedy'> {
  const { flows, address, port } = service
  const without = countsWithout(flows, sysctl.tcp_loose !== 0)
  const tracked = countsWith(flows)
  const packets = tracked.fresh + tracked.established + tracked.invalid
  const macs = addressesByStation(evidence.arp, new Set([address]))
  const lines = ipvsLines([service], forwarding, macs, nowMs)
  return {
    table: [
      `net.ipv4.vs.conntrack=0 (the default): no entry at all; ${count(without.invalid, 'packet')} of clients INVALID (each FIN and `
        + `RST), ${count(without.fresh, 'packet')} NEW`,
      `net.ipv4.vs.conntrack=1: an entry of each SYN, SYN_SENT [UNREPLIED] for 120 s; ${count(tracked.invalid, 'packet')} of `
        + `${String(packets)} INVALID`,
    ],
    ipvs: lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), `(${count(lines.length - MOST_LINES, 'more line')})`] : lines,
    invalidDrop: `would discard ${count(without.invalid, 'packet')} of clients with vs.conntrack=0, ${String(tracked.invalid)} with `
      + 'vs.conntrack=1'
      + (without.invalid > 0 ? '; without its FIN or RST IPVS keeps a connection for 15 minutes' : ''),
    remedy: [
      `leave these packets untracked: iptables -t raw -A PREROUTING -d ${address} -p tcp --dport ${String(port)} -j NOTRACK`,
      'or accept them before any rule that asks for ESTABLISHED or INVALID',
    ],
    noRemedy: ['nf_conntrack_tcp_loose and nf_conntrack_tcp_be_liberal: neither makes a SYN/ACK appear',
      '--ctstate ESTABLISHED: never matches here'],
  }
}

/** Frames of a service that show half-connections. */
export function halfFrames(service: Service): number[] {
  const [flow] = service.answeredUnseen
  return flow === undefined ? [] : framesOf(flow.client.synFrame, flow.client.ackFrame, flow.copyFrame, flow.innerFrame,
    flow.client.invalidFrame, flow.client.lastFrame)
}

/** Flows in which the answers' timestamps, echoed by the client, move on. */
export function unseenEchoes(service: Service): number {
  return service.answeredUnseen.filter((flow) => flow.client.tsecrMoves > 0).length
}

/** Why we think that somebody answers. */
export function unseenProof(service: Service): string {
  const echoes = unseenEchoes(service)
  return `${count(service.answeredUnseen.length, 'client')} went on after the SYN without an answer in this capture; they acknowledge `
    + `${count(unseenBytes(service), 'byte')} that it never carried${echoes === 0 ? ''
      : `, and echo timestamps that move on in ${count(echoes, 'connection')}`}`
}

/** What clients acknowledge and nobody captured. */
export function unseenBytes(service: Service): number {
  return service.answeredUnseen.reduce((sum, flow) => sum + flow.progress, 0)
}
