// A director or balancer that translates addresses: each connection is there twice.

import type { Context } from './context.ts'
import { directorStory } from './director-story.ts'
import { count, type Finding, framesOf, verb } from './finding.ts'

export function lvsNat(context: Context): Finding[] {
  const { vantage } = context
  if (vantage.name !== 'lvs-director' || vantage.forwarding !== 'nat') return []
  return vantage.services.map((service) => {
    const { flows, translated } = service
    const second = translated.flatMap((flow) => flow.natTo ?? [])
    const servers = [...new Set(second.map((flow) => flow.serverText))]
    const isFull = translated.some((flow) => flow.natTo?.clientAddress !== flow.clientAddress)
    const { ipvs } = directorStory(context, service, 'nat')
    return {
      code: isFull ? 'full-nat' : 'lvs-nat', subject: service.text, severity: 'info', confidence: 0.95,
      sentence: `${count(translated.length, 'connection')} to ${service.text} ${verb(translated.length, 'is', 'are')} there a `
        + `second time, to ${servers.slice(0, 4).join(', ')}: this machine translates `
          + `${isFull ? 'both addresses (full NAT)' : 'the server\'s address (LVS-NAT or DNAT)'}.`,
      numbers: { connections: flows.length, translated: translated.length, realServers: servers.length },
      proof: ['the second ones begin with the same sequence numbers within 50 ms'],
      frames: framesOf(...[...translated.slice(0, 2), ...second.slice(0, 2)].flatMap(({ client, server }) => [client.synFrame,
        server.synFrame])),
      table: [
        'NAT by rules, or IPVS with net.ipv4.vs.conntrack=1: one entry a connection, whose reply comes from the real server: the '
          + 'second copies are not entries of their own',
        'IPVS with net.ipv4.vs.conntrack=0: no entry',
      ],
      ...(ipvs === undefined ? {} : { ipvs }),
      invalidDrop: 'would discard FIN and RST of clients where IPVS leaves connections untracked (vs.conntrack=0), and nothing otherwise',
      remedy: ['match a connection by its original destination (--ctorigdst), and accept what is INVALID to the service before any drop '
        + 'while vs.conntrack=0'],
      noRemedy: ['NOTRACK where rules translate (DNAT, SNAT): without an entry nothing is translated',
        'nf_conntrack_tcp_loose, nf_conntrack_tcp_be_liberal: both directions are seen'],
    }
  })
}
