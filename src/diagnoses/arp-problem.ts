// Several stations answer ARP for one address that is also a service's: clients reach a real server past the director.

import type { Claim } from './arp.ts'
import type { Context } from './context.ts'
import { type Finding, framesOf } from './finding.ts'
import { macText } from './stations.ts'

const APART = 1000 // ms: two answers to one question come closer together

export function arpProblem({ evidence, services }: Context): Finding[] {
  return [...evidence.arp.byAddress].filter(([, claims]) => claims.size > 1).map(([address, claims]) => {
    const isService = services.some((service) => service.address === address)
    const isMove = areApart([...claims.values()])
    const stations = [...claims].map(([station, { frame }]) => `${macText(station)} said so first in frame ${String(frame)}`)
    return {
      code: 'arp-conflict', subject: address, severity: isMove ? 'warning' : 'error', confidence: isMove ? 0.5 : isService ? 0.97 : 0.8,
      sentence: `${String(claims.size)} stations answer ARP for ${address}${isMove
        ? ', one after the other: it moved once, as a failover does, or clients reach whichever was heard last'
        : `: clients reach whichever was heard last${isService ? ', so some go past the director' : ''}`}.`,
      numbers: { stations: claims.size },
      proof: [...stations, isMove ? 'none said so again after the next had' : 'they said so within a second, or in turns'],
      frames: framesOf(...[...claims.values()].map(({ frame }) => frame)),
      table: ['the machine that clients leave in the middle keeps an entry that sees no more packets; the one they come to sees '
        + 'packets without a SYN'],
      invalidDrop: 'would discard FIN and RST of connections that moved between stations',
      remedy: ['on real servers: net.ipv4.conf.all.arp_ignore=1 and arp_announce=2, and the virtual address on lo'],
      noRemedy: ['clearing ARP caches: the next answer fills them wrongly again',
        'anything, where it is meant: a failover (VRRP), or bonding that answers with several stations (balance-alb)'],
    }
  })
}

/** Each station fell silent before the next spoke. */
function areApart(claims: readonly Claim[]): boolean {
  const inOrder = [...claims].sort((a, b) => a.firstMs - b.firstMs)
  return inOrder.every((claim, i) => i === 0 || claim.firstMs - (inOrder[i - 1]?.lastMs ?? 0) > APART)
}
