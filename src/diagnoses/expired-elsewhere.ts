// A middlebox forgot a connection that was silent: what comes next is answered by a RST that is not the server's.

import type { Context } from './context.ts'
import { type Finding, framesOf } from './finding.ts'

const KNOWN: readonly (readonly [string, number])[] = [['AWS Nitro', 350], ['GCP', 600], ['Azure', 240], ['IPVS', 900]]

export function expiredElsewhere({ tcp }: Context): Finding[] {
  const found = tcp.filter(({ server, client }) =>
    server.rsts > 0 && server.rstTtl !== 0 && server.packets > server.rsts && client.acks > 0
    && (Math.abs(server.rstTtl - server.ttl) > 1 || (server.from !== 0 && server.rstFrom !== server.from))
    && silenceBefore(server.rstGap, server.lastMs, client.lastMs) >= 0).filter((flow) => flow.longestGap >= 240_000)
  return found.map((flow) => {
    const seconds = Math.floor(flow.longestGap / 1000)
    const fits = KNOWN.filter(([, limit]) => seconds >= limit).sort((a, b) => b[1] - a[1])[0]
    return {
      code: 'entry-expired', subject: flow.serverText, severity: 'error', confidence: 0.9,
      sentence: `${flow.clientText} was silent for ${String(seconds)} s, and what it sent next was reset by another machine than `
        + `${flow.serverText}: a device between them had forgotten the connection.`,
      numbers: { silence: seconds, ttl: flow.server.ttl, ttlOfRst: flow.server.rstTtl },
      proof: [`the server's packets have ttl ${String(flow.server.ttl)}, the RST has ${String(flow.server.rstTtl)}`
        + (flow.server.rstFrom === flow.server.from ? '' : ', and comes from another station'),
      ...(fits === undefined ? [] : [`longer than ${fits[0]} keeps idle connections (${String(fits[1])} s)`])],
      frames: framesOf(flow.server.firstFrame, flow.server.rstFrame),
      table: ['nf_conntrack keeps an idle connection for 432000 s: its entry was there all the time, and the RST ended it (CLOSE, 10 s)'],
      invalidDrop: 'would change nothing: the RST fits the connection',
      remedy: ['keep-alives of the application or kernel (net.ipv4.tcp_keepalive_time) shorter than the device\'s timeout',
        'or raise it: ipvsadm --set, the cloud\'s idle timeout'],
      noRemedy: ['nf_conntrack_tcp_timeout_established: that entry was not the one that expired'],
    }
  })
}

const silenceBefore = (gap: number, server: number, client: number): number => (server >= client ? gap : -1)
