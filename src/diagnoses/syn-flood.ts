// A SYN flood: many sources, a SYN or two each, and nothing after it.

import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'

const MANY = 50
const MOST = 0.8 // of the connections of a service
const MANY_AMONG_OTHERS = 0.3 // fewer than that are what any busy service has

export function synFlood({ services }: Context): Finding[] {
  return services.flatMap((service) => {
    const bare = service.flows.filter(({ client }) => client.syns > 0 && client.syns <= 2 && client.acks === 0 && client.fins === 0)
    const sources = new Set(bare.map((flow) => flow.clientWords.join())).size
    const share = bare.length / service.flows.length
    if (sources < MANY || share < MANY_AMONG_OTHERS) return []
    const others = service.flows.length - bare.length
    return [{
      code: 'syn-flood', subject: service.text, severity: 'error', confidence: share >= MOST ? 0.9 : 0.6,
      sentence: `${count(sources, 'source')} sent ${service.text} a SYN or two each and nothing after it: a SYN flood, probably with `
        + `forged sources${share >= MOST ? '' : `, beside ${count(others, 'connection')} that went on`}.`,
      numbers: { connections: service.flows.length, bare: bare.length, sources },
      proof: [`${String(service.flows.length - bare.length)} of ${count(service.flows.length, 'connection')} went on after the SYN; `
        + 'behind a director of LVS-DR nearly all would'],
      frames: framesOf(...bare.slice(0, 6).map(({ client }) => client.synFrame)),
      table: [`up to ${count(bare.length, 'entry')} SYN_SENT or SYN_RECV at a time, 120 or 60 s each`],
      invalidDrop: 'would change nothing: a SYN is NEW',
      remedy: ['SYNPROXY with nf_conntrack_tcp_loose=0, or NOTRACK for this service; net.ipv4.tcp_syncookies=1 on the server'],
      noRemedy: ['a larger nf_conntrack_max: the flood fills any table', 'longer timeouts'],
    }]
  })
}
