// A scan: one source asks many ports or hosts, and breaks off what was answered.

import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'
import type { Flow } from './flow.ts'

const MANY = 20
const MOST = 0.8

export function synScan({ tcp }: Context): Finding[] {
  const asked = new Map<string, number>()
  const bySource = new Map<string, Flow[]>()
  for (const flow of tcp) {
    if (flow.client.syns === 0) continue
    asked.set(flow.clientAddress, (asked.get(flow.clientAddress) ?? 0) + 1)
    if (!isProbe(flow)) continue
    const probes = bySource.get(flow.clientAddress)
    if (probes === undefined) bySource.set(flow.clientAddress, [flow])
    else probes.push(flow)
  }
  return [...bySource].flatMap(([source, probes]) => {
    const targets = new Set(probes.map((flow) => flow.serverText)).size
    if (targets < MANY || probes.length < (asked.get(source) ?? 0) * MOST) return []
    const broken = probes.filter(({ client }) => client.rsts > 0 && !client.rstHasAck && client.rstSeq === ((client.isn + 1) | 0))
    const unseen = broken.filter((flow) => flow.isClientOnly).length
    return [{
      code: 'syn-scan', subject: source, severity: 'warning', confidence: broken.length > 0 ? 0.9 : 0.7,
      sentence: `${source} tried ${count(targets, 'target')} (address and port) and sent no data to any: a port scan.`,
      numbers: { targets, brokenOff: broken.length, answeredUnseen: unseen },
      proof: [`${count(broken.length, 'probe')} broken off by a bare RST with the SYN's number + 1: they had been `
        + `answered${unseen > 0 ? ', on a path that is not in this capture' : ''}`],
      frames: framesOf(...probes.slice(0, 4).map(({ client }) => client.synFrame), ...broken.slice(0,
        4).map(({ client }) => client.rstFrame)),
      table: ['an entry of each probe, SYN_SENT, until it is answered, refused or broken off by a RST'],
      invalidDrop: 'would change little: SYNs are NEW',
      remedy: ['a limit of new connections by source (hashlimit, connlimit)'], noRemedy: ['shorter timeouts'],
    }]
  })
}

function isProbe({ client }: Flow): boolean {
  return client.syns <= 3 && client.bytes === 0 && client.fins === 0 && client.acks <= 1
}
