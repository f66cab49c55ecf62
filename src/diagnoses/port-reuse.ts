// A connection begins between the ports of one that is in TIME_WAIT, and its SYN gets lost on the way.

import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'

export function portReuse({ evidence }: Context): Finding[] {
  const { all } = evidence.reuses
  const delayed = all.filter(({ repeats }) => repeats > 0)
  if (delayed.length === 0) return []
  const lost = delayed.filter(({ answerMs }) => answerMs < 0).length
  const subjects = new Set(delayed.map(({ flow }) => `${flow.serverText}/tcp`))
  const waits = delayed.filter(({ answerMs }) => answerMs >= 0).map(({ answerMs, ms }) => answerMs - ms)
  const soonest = Math.min(...delayed.map(({ after }) => after)) / 1000
  return [{
    code: 'port-reuse', subject: subjects.size === 1 ? [...subjects][0] ?? '' : 'capture', severity: 'warning', confidence: 0.8,
    sentence: `${count(delayed.length, 'connection')} began between ports that had just been used, and the first SYN got no answer: `
      + `${waits.length > 0 ? `it cost up to ${(Math.max(...waits) / 1000).toFixed(1)} s`
        : 'nor did those that followed'}.`,
    numbers: { reuses: all.length, delayed: delayed.length, neverAnswered: lost, longestWaitMs: Math.max(0, ...waits) },
    proof: [`${count(all.length, 'SYN')} came within 120 s of the end of a connection between the same ports, the soonest of the lost `
      + `after ${soonest.toFixed(1)} s; ${String(delayed.length)} had to be sent again`],
    frames: framesOf(...delayed.slice(0, 4).flatMap(({ frame, repeatFrame }) => [frame, repeatFrame])),
    table: ['the SYN ends an entry in TIME_WAIT or CLOSE at once and opens a new one: conntrack does not lose it'],
    invalidDrop: 'would change nothing: the SYN is NEW',
    remedy: ['behind IPVS with net.ipv4.vs.conntrack=1: net.ipv4.vs.conn_reuse_mode=0, or Linux 5.9 and later, which do not '
      + 'drop the first SYN',
    'more source ports or addresses (net.ipv4.ip_local_port_range), or connections that are kept open',
    'TCP timestamps at both ends: a server in TIME_WAIT then knows the SYN for a new one'],
    noRemedy: ['nf_conntrack_tcp_timeout_time_wait: that entry was not in the way', 'a larger table'],
  }]
}
