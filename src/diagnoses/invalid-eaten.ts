// A firewall on the director drops what is INVALID: just those packets come in and do not go on.

import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'

const FEW = 3

export function invalidEaten({ services, vantage }: Context): Finding[] {
  if (vantage.name !== 'lvs-director' || vantage.forwarding !== 'direct') return []
  return services.flatMap((service) => {
    const flows = service.passedOn.filter((flow) => flow.isClientOnly && flow.client.invalid > 0)
    const invalid = flows.reduce((sum, { client }) => sum + client.invalid, 0)
    const passed = flows.reduce((sum, flow) => sum + flow.invalidCopies, 0)
    const finished = flows.filter(({ client, copies }) => client.fins + client.rsts > 0
      && copies === client.packets - client.fins - client.rsts)
    const all = invalid >= FEW && passed === 0
    if (!all && finished.length < FEW) return []
    return [{
      code: 'invalid-eaten', subject: service.text, severity: 'error', confidence: 0.95,
      sentence: `A firewall on this director eats ${all ? 'what conntrack calls INVALID' : 'the FIN and RST of clients'}: those `
        + `packets to ${service.text} come in and do not go on to the real servers.`,
      numbers: { connections: flows.length, invalid, passedOn: passed, ended: finished.length },
      proof: [all ? `of ${count(invalid, 'INVALID packet')} none left again, while the others did` : 'all packets of '
        + `${count(finished.length, 'connection')} left again but their last`],
      frames: framesOf(...flows.slice(0, 4).flatMap(({ client, copyFrame }) => [copyFrame, client.invalidFrame])),
      table: [all ? 'SYN_SENT [UNREPLIED] (net.ipv4.vs.conntrack=1)' : 'no entry (net.ipv4.vs.conntrack=0)',
        'IPVS keeps what did not see its FIN for 15 minutes'],
      invalidDrop: 'is what does this',
      remedy: [`iptables -t raw -A PREROUTING -d ${service.address} -p tcp --dport ${String(service.port)} -j NOTRACK, or accept these `
        + 'before the drop'],
      noRemedy: ['nf_conntrack_tcp_loose, nf_conntrack_tcp_be_liberal'],
    }]
  })
}
