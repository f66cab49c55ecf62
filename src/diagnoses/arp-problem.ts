// Several stations answer ARP for one address that is also a service's: clients reach a real server past the director.

import type { Context } from './context.ts'
import { type Finding, framesOf } from './finding.ts'
import { macText } from './stations.ts'

export function arpProblem({ evidence, services }: Context): Finding[] {
  return [...evidence.arp].filter(([, { macs }]) => macs.size > 1).map(([address, { macs }]) => {
    const isService = services.some((service) => service.address === address)
    return {
      code: 'arp-conflict', subject: address, severity: 'error', confidence: isService ? 0.97 : 0.8,
      sentence: `${String(macs.size)} stations answer ARP for ${address}: clients reach whichever was heard `
        + `last${isService ? ', so some go past the director' : ''}.`,
      numbers: { stations: macs.size },
      proof: [...macs].map(([mac, frame]) => `${macText(mac)} said so first in frame ${String(frame)}`),
      frames: framesOf(...macs.values()),
      table: ['the machine that clients leave in the middle keeps an entry that sees no more packets; the one they come to sees '
        + 'packets without a SYN'],
      invalidDrop: 'would discard FIN and RST of connections that moved between stations',
      remedy: ['on real servers: net.ipv4.conf.all.arp_ignore=1 and arp_announce=2, and the virtual address on lo'],
      noRemedy: ['clearing ARP caches: the next answer fills them wrongly again',
        'a failover that moves an address (VRRP) looks the same once, and is none'],
    }
  })
}
