// Connections that were silent for longer than a device of the user's keeps them, and went on.

import { IDLE_TIMEOUTS, type IdleTimeouts, keepAliveFor } from '../base/idle-timeouts.ts'
import { UsageError } from '../base/errors.ts'
import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'
import type { Flow } from './flow.ts'

export const IDLE_PROFILES = IDLE_TIMEOUTS.map(({ name }) => name)

/** @throws UsageError where there is none of the name */
export function idleProfile(name: string): IdleTimeouts {
  const found = IDLE_TIMEOUTS.find((profile) => profile.name === name)
  if (found === undefined) throw new UsageError(`--idle-profile ${name}: write ${IDLE_PROFILES.join(', ')}`)
  return found
}

export function idleCut({ evidence, idle, sysctl }: Context): Finding[] {
  if (idle === null) return []
  const limit = (flow: Flow): number => (flow.isTcp ? idle.tcp : idle.udp)
  const cut = evidence.flows.all.filter((flow) => flow.isTwoSided && flow.longestGapFrame > 0 && flow.longestGap >= limit(flow) * 1000)
    .sort((a, b) => b.longestGap - a.longestGap)
  const [longest] = cut
  if (longest === undefined) return []
  const tcp = cut.filter((flow) => flow.isTcp).length
  const seconds = Math.floor(longest.longestGap / 1000)
  const lost = cut.filter(({ client, server, longestGapFrame }) =>
    longestGapFrame > Math.min(client.lastFrame, server.lastFrame)).length
  return [{
    code: 'idle-cut', subject: idle.name, severity: 'warning', confidence: 0.9,
    sentence: `${count(cut.length, 'connection')} ${cut.length === 1 ? 'was' : 'were'} silent for longer than ${idle.what} remembers `
      + `one (TCP ${String(idle.tcp)} s, UDP ${String(idle.udp)} s), up to ${String(seconds)} s: such a device would have cut `
      + `${cut.length === 1 ? 'it' : 'them'}.`,
    numbers: { connections: cut.length, tcp, udp: cut.length - tcp, longestSeconds: seconds, unansweredAfter: lost },
    proof: [...cut.slice(0, 4).map((flow) => `${flow.clientText} → ${flow.serverText}: ${String(Math.floor(flow.longestGap / 1000))} s `
      + `before frame ${String(flow.longestGapFrame)}`), `${String(lost)} of ${String(cut.length)} got no answer after that`],
    frames: framesOf(...cut.map(({ longestGapFrame }) => longestGapFrame)),
    table: [`nf_conntrack keeps an established TCP connection for ${String(sysctl.tcp_timeout_established)} s, answered UDP for `
      + `${String(sysctl.udp_timeout_stream)} s: another device's times do not show here`],
    invalidDrop: 'would discard what comes after the silence where conntrack has forgotten too and picks nothing up '
      + '(nf_conntrack_tcp_loose=0)',
    remedy: [`keep-alives at least every ${String(keepAliveFor(idle.tcp))} s (net.ipv4.tcp_keepalive_time, and SO_KEEPALIVE in the `
      + 'program)',
    'or a longer timeout on the device, where it can be set'],
    noRemedy: ['nf_conntrack_tcp_timeout_established on another machine: each device has timers of its own',
      'net.ipv4.tcp_keepalive_time alone: programs that do not ask for keep-alives send none'],
  }]
}
