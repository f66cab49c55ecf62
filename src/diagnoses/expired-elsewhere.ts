// A device between forgot a connection that was silent: what comes next is answered by a RST that is not the server's, or by nothing.

import { IDLE_TIMEOUTS } from '../base/idle-timeouts.ts'
import type { Context } from './context.ts'
import { type Finding, framesOf } from './finding.ts'
import type { Flow } from './flow.ts'

const SHORTEST = 240_000 // ms: of all devices that are known
const FEW = 4 // packets that get no answer

export function expiredElsewhere({ tcp }: Context): Finding[] {
  const silent = tcp.filter((flow) => flow.longestGap >= SHORTEST && flow.client.acks > 0 && flow.server.packets > 0)
  return [...silent.filter(isResetByAnother).map(resetFinding), ...silent.filter(isDropped).map(dropFinding)]
}

/** The RST that followed the silence has lost other hops than the server's packets, or comes from another station. */
function isResetByAnother({ server, client }: Flow): boolean {
  return server.rsts > 0 && server.rstTtl !== 0 && server.packets > server.rsts && server.lastMs >= client.lastMs
    && (Math.abs(server.rstTtl - server.ttl) > 1 || (server.from !== 0 && server.rstFrom !== server.from))
}

/** One side spoke after the silence, again and again, and the other never did. */
function isDropped({ client, server, longestGapFrame }: Flow): boolean {
  return [[client, server], [server, client]].some(([speaker, other]) => speaker !== undefined && other !== undefined
    && speaker.unanswered >= FEW && speaker.rsts + speaker.fins + other.fins + other.rsts === 0 && other.packets > 0
    && other.lastFrame < longestGapFrame && longestGapFrame <= speaker.lastFrame)
}

function resetFinding(flow: Flow): Finding {
  const { server, clientText, serverText } = flow
  const seconds = Math.floor(flow.longestGap / 1000)
  return {
    code: 'entry-expired', subject: serverText, severity: 'error', confidence: 0.9,
    sentence: `${clientText} was silent for ${String(seconds)} s, and what it sent next was reset by another machine than ${serverText}: a `
      + 'device between them had forgotten the connection.',
    numbers: { silence: seconds, ttl: server.ttl, ttlOfRst: server.rstTtl },
    proof: [`the server's packets have ttl ${String(server.ttl)}, the RST has ${String(server.rstTtl)}`
      + (server.rstFrom === server.from ? '' : ', and comes from another station'), ...whose(seconds)],
    frames: framesOf(server.firstFrame, flow.longestGapFrame, server.rstFrame),
    table: ['nf_conntrack keeps an idle connection for 432000 s: its entry was there all the time, and the RST ended it (CLOSE, 10 s)'],
    invalidDrop: 'would change nothing: the RST fits the connection',
    ...advice(),
  }
}

function dropFinding(flow: Flow): Finding {
  const { client, server, clientText, serverText, longestGapFrame } = flow
  const seconds = Math.floor(flow.longestGap / 1000)
  const speaker = client.lastFrame >= longestGapFrame ? client : server
  return {
    code: 'entry-expired', subject: serverText, severity: 'error', confidence: 0.7,
    sentence: `${clientText} and ${serverText} were silent for ${String(seconds)} s, and what was sent next was never answered: a device `
      + 'between them had forgotten the connection and drops it, or the other end is gone.',
    numbers: { silence: seconds, unanswered: speaker.unanswered },
    proof: [`the last ${String(speaker.unanswered)} packets of one side got neither an answer nor a RST`, ...whose(seconds)],
    frames: framesOf(client.firstFrame, longestGapFrame, speaker.lastFrame),
    table: ['nf_conntrack keeps an idle connection for 432000 s; data without an ACK shorten that to 300 s'],
    invalidDrop: 'would change nothing here: these packets fit the connection; on the device that forgot, it may be what drops them',
    ...advice(),
  }
}

/** The device with the longest timeout that the silence exceeds. */
function whose(seconds: number): string[] {
  const fits = IDLE_TIMEOUTS.filter(({ tcp }) => seconds >= tcp).sort((a, b) => b.tcp - a.tcp)[0]
  return fits === undefined ? [] : [`longer than ${fits.what} keeps idle connections (${String(fits.tcp)} s)`]
}

function advice(): Pick<Finding, 'remedy' | 'noRemedy'> {
  return {
    remedy: ['keep-alives of the application or kernel (net.ipv4.tcp_keepalive_time) shorter than the device\'s timeout',
      'or raise it: ipvsadm --set, the cloud\'s idle timeout; `--idle-profile` tells which connections a device cuts'],
    noRemedy: ['nf_conntrack_tcp_timeout_established: that entry was not the one that expired'],
  }
}
