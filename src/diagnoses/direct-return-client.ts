// The clients' side of direct return: questions go to one station, answers come from another.

import type { Context } from './context.ts'
import { count, type Finding, framesOf, verb } from './finding.ts'
import { macText } from './stations.ts'

export function directReturnClient({ vantage }: Context): Finding[] {
  if (vantage.name !== 'client') return []
  return vantage.services.flatMap((service) => {
    const [flow] = service.twoSided
    if (flow === undefined) return []
    const go = verb(service.flows.length, 'goes', 'go')
    const are = verb(service.flows.length, 'is', 'are')
    return [{
      code: 'direct-return-client', subject: service.text, severity: 'info', confidence: 0.9,
      sentence: `${count(service.flows.length, 'connection')} to ${service.text} ${go} to station ${macText(flow.client.to)} and ${are} `
        + `answered by ${macText(flow.server.from)}: the server answers past the balancer (direct return), or routes are asymmetric.`,
      numbers: { connections: service.flows.length },
      proof: [vantage.reason],
      frames: framesOf(flow.client.synFrame, flow.server.synFrame, flow.client.ackFrame),
      table: ['both directions are here: ordinary entries'],
      invalidDrop: 'would change nothing here; a stateful firewall on only one of the two ways would call the clients\' ACKs INVALID',
      remedy: ['nothing on this host; on a stateful firewall that only the questions pass: NOTRACK for '
        + `${service.address} port ${String(service.port)}, or lead the answers through it too`],
      noRemedy: ['longer timeouts or nf_conntrack_tcp_be_liberal on that firewall: it lacks the SYN/ACK'],
    }]
  })
}
