// SYNs sent again and again, at the pace of a host that hears nothing: the server is gone, or something eats the packets.

import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'
import type { Flow } from './flow.ts'
import { Service } from './service.ts'

const FEW = 3 // times that a SYN was sent
const PATIENCE = 2500 // ms from its first to its last time
const MOST_ALONE = 4 // services that are told of one by one

/** A service, and its connections that nobody hears. */
interface Silent {
  readonly service: Service
  readonly flows: readonly Flow[]
}

/** Sent three times or more, over as much time as that takes, and nothing else. */
export function isUnheard({ client, server, innerSyns, innerSynMs, lastInnerSynMs, unreachable }: Flow): boolean {
  if (unreachable > 0 || server.packets > 0 || client.acks > 0 || client.rsts > 0) return false
  return (client.syns >= FEW && client.lastSynMs - client.firstSynMs >= PATIENCE)
    || (innerSyns >= FEW && lastInnerSynMs - innerSynMs >= PATIENCE)
}

export function deadEnd({ services, vantage }: Context): Finding[] {
  const silent = services.map((service) => ({ service, flows: service.flows.filter(isUnheard) })).filter(({ flows }) => flows.length > 0)
  const isAtReal = ({ flows }: Silent): boolean =>
    (vantage.name === 'real-server' && vantage.forwarding !== null) || flows.some((flow) => flow.copies > 0 || flow.inner > 0)
  const holes = silent.filter((one) => !isAtReal(one))
  return [...silent.filter(isAtReal).map(atRealServer), ...holes.length > MOST_ALONE ? [manyHoles(holes)] : holes.map(blackHole)]
}

/** Hosts that come and go, as of a peer-to-peer network, or a firewall before all of them. */
function manyHoles(holes: readonly Silent[]): Finding {
  const flows = holes.flatMap((hole) => hole.flows)
  const clients = new Set(flows.map((flow) => flow.clientAddress))
  return {
    ...blackHole(holes[0] ?? { service: new Service('', 0), flows }), subject: 'capture', severity: 'warning',
    sentence: `${count(holes.length, 'service')} do not answer ${count(flows.length, 'connection')} of ${count(clients.size, 'client')}: `
      + 'the same SYNs are sent again and again, without an answer or a refusal.',
    ...common(flows),
    remedy: ['one client that asks many strangers (peer-to-peer) need not worry; else look for a firewall that drops'],
  }
}

function blackHole({ service, flows }: Silent): Finding {
  return {
    code: 'black-hole', subject: service.text, severity: 'error', confidence: 0.95,
    sentence: `${service.text} does not answer ${count(flows.length, 'connection')}: the same SYN is sent again and again, without an `
      + 'answer or a refusal.',
    ...common(flows),
    proof: ['a client that gets an answer elsewhere goes on with an ACK; these do not'],
    remedy: ['look whether the server is up, and for a firewall that drops: a closed port would send a RST'],
    noRemedy: ['any conntrack setting on this machine: the SYNs are NEW here, not INVALID'],
  }
}

function atRealServer({ service, flows }: Silent): Finding {
  return {
    code: 'real-server-silent', subject: service.text, severity: 'error', confidence: 0.6,
    sentence: `SYNs to ${service.text} reach the real server's side and it says nothing: rp_filter drops them, or the server lacks the `
      + 'virtual address.',
    ...common(flows),
    proof: [`they ${flows.some(({ inner }) => inner > 0) ? 'come inside a tunnel' : 'are passed on'}, and are sent again by the client; a `
      + 'server without the program would send a RST'],
    table: ['on the real server none: what routing throws away never gets its entry confirmed',
      'on the director SYN_SENT [UNREPLIED] for 120 s with net.ipv4.vs.conntrack=1, none with 0; IPVS says SYN_RECV'],
    remedy: ['on the real server: net.ipv4.conf.{all,tunl0}.rp_filter=0 (tunnels) and the virtual address on lo or tunl0'],
    noRemedy: ['anything on the director: it passes the packets on'],
  }
}

function common(flows: readonly Flow[]): Pick<Finding, 'numbers' | 'frames' | 'table' | 'invalidDrop'> {
  const syns = flows.reduce((sum, { client, innerSyns }) => sum + Math.max(client.syns, innerSyns), 0)
  return {
    numbers: { connections: flows.length, syns },
    frames: framesOf(...flows.slice(0, 4).flatMap(({ client, copyFrame, innerFrame }) => [client.synFrame, copyFrame, innerFrame,
      client.lastFrame])),
    table: [`${count(flows.length, 'entry')} SYN_SENT [UNREPLIED], 120 s from the first SYN: a repeated `
      + 'SYN does not extend it'],
    invalidDrop: 'would change nothing: a SYN is NEW',
  }
}
