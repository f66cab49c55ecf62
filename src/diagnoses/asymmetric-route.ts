// Asymmetric routing: this router passes on one direction of connections to many unrelated servers.

import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'

const MANY_SERVERS = 3

export function asymmetricRoute({ services, tcp, evidence }: Context): Finding[] {
  const half = services.filter((service) => service.answeredUnseen.length > 0 && service.twoSided.length === 0)
  const servers = new Set(half.map(({ address }) => address))
  const next = new Set(half.flatMap(({ passedOn }) => passedOn.map((flow) => flow.copyTo)))
  const station = new Set(half.flatMap(({ half: flows }) => flows.map((flow) => flow.client.to)))
  if (servers.size < MANY_SERVERS || next.size > 1 || station.size > 1) return []
  if (tcp.some((flow) => flow.isServerOnly) && evidence.copies === 0) return []
  const flows = half.flatMap((service) => service.half)
  const tracked = flows.reduce((sum, flow) => sum + flow.client.invalid, 0)
  return [{
    code: 'asymmetric-route', subject: 'capture', severity: 'warning', confidence: next.size === 1 ? 0.7 : 0.6,
    sentence: `${count(flows.length, 'connection')} to ${count(servers.size, 'unrelated server')} pass here in one direction only: the `
      + 'answers take another route.',
    numbers: { connections: flows.length, servers: servers.size, invalid: tracked },
    proof: ['the clients go on, so they are answered; '
      + (next.size === 1 ? 'all packets leave to one next station' : 'no packet was seen to leave again')],
    frames: framesOf(...flows.slice(0, 4).flatMap((flow) => [flow.client.synFrame, flow.client.ackFrame])),
    table: [`SYN_SENT [UNREPLIED] for 120 s, then ESTABLISHED [UNREPLIED] for 300 s; ${count(tracked, 'packet')} INVALID`],
    invalidDrop: `would discard ${count(tracked, 'packet')} here: connections would hang after the SYN`,
    remedy: ['make routes symmetric, share states (conntrackd), or leave these packets untracked (NOTRACK)'],
    noRemedy: ['nf_conntrack_tcp_be_liberal: the handshake is what is missing, not the window', 'longer timeouts'],
  }]
}
