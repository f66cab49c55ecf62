// A real server behind a director: it is asked by one station and answers to another, or is asked through a tunnel.

import type { Context } from './context.ts'
import { count, type Finding, framesOf, verb } from './finding.ts'
import { macText } from './stations.ts'

export function lvsRealServer({ vantage, evidence }: Context): Finding[] {
  if (vantage.name !== 'real-server') return []
  return vantage.services.flatMap((service) => {
    const { flows } = service
    const flow = flows.find(({ client, server, inner }) => inner > 0 || (client.from !== 0 && client.from !== server.to))
    if (flow === undefined) return []
    const come = verb(flows.length, 'comes', 'come')
    const are = verb(flows.length, 'is', 'are')
    const isTunnel = vantage.forwarding === 'tunnel'
    const claims = evidence.arp.byAddress.get(service.address)?.has(flow.server.from) === true
    return [{
      code: isTunnel ? 'lvs-tun-real-server' : 'lvs-dr-real-server', subject: service.text, severity: 'info',
      confidence: claims ? 0.6 : 0.9,
      sentence: isTunnel
        ? `${count(flows.length, 'connection')} to ${service.text} ${come} through a tunnel from ${flow.outerFrom} and ${are} answered `
          + 'without it: this is a real server of LVS-TUN.'
        : `${count(flows.length, 'connection')} to ${service.text} ${come} from station ${macText(flow.client.from)} and ${are} answered `
          + `to ${macText(flow.server.to)}: this is a real server behind LVS-DR.`,
      numbers: { connections: flows.length },
      proof: [vantage.reason],
      frames: framesOf(flow.innerFrame, flow.client.synFrame, flow.server.synFrame, flow.client.ackFrame),
      table: [isTunnel
        ? 'the kernel unpacks the tunnel and sees both directions: ordinary entries, and one of the tunnel (unknown 4); tables of this '
          + 'capture lack what is inside'
        : 'both directions are here: ordinary entries, ESTABLISHED for 432000 s'],
      invalidDrop: 'would change nothing here: both directions are seen',
      remedy: [...isTunnel ? ['net.ipv4.conf.{all,tunl0}.rp_filter=0, or the kernel drops what comes out of the tunnel'] : [],
        'arp_ignore=1 and arp_announce=2 keep this machine from answering ARP for the virtual address'],
      noRemedy: ['NOTRACK or other conntrack settings here: the half connections are the director\'s'],
    }]
  })
}
