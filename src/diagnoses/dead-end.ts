// SYNs sent again and again, at the pace of a host that hears nothing: the server is gone, or something eats the packets.

import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'
import type { Flow } from './flow.ts'
import type { Service } from './service.ts'

/** Sent three times or more, over as much time as that takes, and nothing else. */
export function isUnheard({ client, server }: Flow): boolean {
  return client.syns >= 3 && client.acks === 0 && client.rsts === 0 && server.packets === 0 && client.lastSynMs - client.firstSynMs >= 2500
}

export function deadEnd({ services, vantage }: Context): Finding[] {
  return services.map((service) => [service, service.flows.filter(isUnheard)] as const).filter(([, flows]) => flows.length > 0)
    .map(([service, flows]) => flows.some((flow) => flow.copies > 0 || flow.inner > 0) || vantage.name === 'real-server'
      ? atRealServer(service, flows) : blackHole(service, flows))
}

function blackHole(service: Service, flows: readonly Flow[]): Finding {
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

function atRealServer(service: Service, flows: readonly Flow[]): Finding {
  return {
    code: 'real-server-silent', subject: service.text, severity: 'error', confidence: 0.6,
    sentence: `SYNs to ${service.text} reach the real server's side and it says nothing: rp_filter drops them, or the server lacks the `
      + 'virtual address.',
    ...common(flows),
    proof: ['they are passed on, and sent again by the client; a server without the program would send a RST'],
    remedy: ['on the real server: net.ipv4.conf.{all,tunl0}.rp_filter=0 (tunnels) and the virtual address on lo or tunl0'],
    noRemedy: ['anything on the director: it passes the packets on'],
  }
}

function common(flows: readonly Flow[]): Pick<Finding, 'numbers' | 'frames' | 'table' | 'invalidDrop'> {
  const syns = flows.reduce((sum, { client }) => sum + client.syns, 0)
  return {
    numbers: { connections: flows.length, syns },
    frames: framesOf(...flows.slice(0, 4).flatMap(({ client, copyFrame, innerFrame }) => [client.synFrame, copyFrame, innerFrame,
      client.lastFrame])),
    table: [`${count(flows.length, 'entry').replace('entrys', 'entries')} SYN_SENT [UNREPLIED], 120 s from the first SYN: a repeated `
      + 'SYN does not extend it'],
    invalidDrop: 'would change nothing: a SYN is NEW',
  }
}
