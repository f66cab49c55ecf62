// Clients that go on without an answer in this capture, where nothing tells what hides the answers.

import type { Context } from './context.ts'
import { asymmetricRoute } from './asymmetric-route.ts'
import { halfFrames, unseenBytes, unseenEchoes, unseenProof } from './director-story.ts'
import { count, type Finding, framesOf, verb } from './finding.ts'
import { oneDirection } from './one-direction.ts'
import type { Service } from './service.ts'
import { synScan } from './syn-scan.ts'

const MOST_ALONE = 4 // services that are told of one by one

export function halfConnection(context: Context): Finding[] {
  const { services, vantage, tcp } = context
  if (vantage.services.length > 0) return []
  const found = services.filter(({ answeredUnseen, twoSided }) => answeredUnseen.length > 0 && twoSided.length === 0)
  if (found.length === 0 || [asymmetricRoute, oneDirection, synScan].some((tells) => tells(context).length > 0)) return []
  const hasOthers = tcp.some((flow) => flow.isTwoSided)
  if (found.length <= MOST_ALONE) return found.map((service) => finding(service.text, [service], hasOthers))
  return [finding('capture', found, hasOthers)]
}

function finding(subject: string, services: readonly Service[], hasOthers: boolean): Finding {
  const half = services.flatMap((service) => service.half)
  const sum = (of: (service: Service) => number): number => services.reduce((all, service) => all + of(service), 0)
  const unseen = sum(unseenBytes)
  const invalid = half.reduce((all, { client }) => all + client.invalid, 0)
  const [first] = services
  return {
    code: 'half-connection', subject, severity: 'warning', confidence: unseen > 0 ? 0.9 : 0.7,
    sentence: `${count(half.length, 'connection')} to ${services.length === 1 ? subject : count(services.length, 'service')} `
      + `${verb(half.length, 'is', 'are')} here from the client's side alone, and somebody answers: the machine is a director of `
      + 'LVS-DR, routes are asymmetric, or the capture lacks one direction.',
    numbers: { connections: half.length, answeredUnseen: sum((service) => service.answeredUnseen.length), unseenBytes: unseen,
      unseenEchoes: sum(unseenEchoes) },
    proof: [...services.slice(0, 3).map(unseenProof),
      hasOthers ? 'other connections are here in both directions, but this is too little to call it a director'
        : 'nothing is here in both directions to compare with'],
    frames: framesOf(...services.flatMap(halfFrames)),
    table: [`SYN_SENT [UNREPLIED] for 120 s from the SYN, then ESTABLISHED [UNREPLIED] for 300 s; ${count(invalid, 'packet')} INVALID`],
    invalidDrop: `would discard ${count(invalid, 'packet')} here, if the machine tracks them and sees no more than this capture`,
    remedy: ['capture on both interfaces, or -i any: copies that leave again, and where to, tell a director from a router',
      `if the answers do pass elsewhere: NOTRACK for ${first?.address ?? ''} port ${String(first?.port ?? 0)}`
        + `${services.length === 1 ? '' : ' and the others'}, or accept before any rule that asks for the state`],
    noRemedy: ['nf_conntrack_tcp_loose and nf_conntrack_tcp_be_liberal: neither makes a SYN/ACK appear', 'longer timeouts'],
  }
}
