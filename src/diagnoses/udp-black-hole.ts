// UDP that nobody answers and that is sent again before its entry expires: an entry that points to what is gone lives for ever.

import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'
import type { Flow } from './flow.ts'

const FEW = 5 // packets without an answer
const LEAST = 2 // times the timeout
// Ports of what is never answered, or elsewhere: DHCP, syslog, SNMP traps, NetFlow, IPFIX, sFlow, statsd, collectd, GELF, VXLAN, Geneve.
const ONE_WAY: ReadonlySet<number> = new Set([
  67, 68, 162, 514, 546, 547, 1514, 2055, 2056, 4739, 4789, 5514, 6081, 6343, 8125, 8472, 9995, 9996, 12_201, 25_826,
])

export function udpBlackHole({ evidence, sysctl }: Context): Finding[] {
  const udp = evidence.flows.all.filter((flow) => !flow.isTcp)
  const askedMany = new Set(udp.filter(isToMany).map((flow) => flow.clientText)) // what comes back to them are answers
  const found = udp.filter((flow) => !askedMany.has(flow.serverText)
    && isKeptAlive(flow, timeoutOf(flow, sysctl.udp_timeout, sysctl.udp_timeout_stream)))
  const subjects = [...new Set(found.map((flow) => flow.serverText))]
  return subjects.map((subject) => finding(`${subject}/udp`, found.filter((flow) => flow.serverText === subject)))
}

/** Seconds that the entry lives after each packet: an answered flow is a stream. */
const timeoutOf = (flow: Flow, unreplied: number, stream: number): number => (flow.server.packets > 0 ? stream : unreplied)

function isKeptAlive(flow: Flow, timeout: number): boolean {
  const { client, server } = flow
  if (client.unanswered < FEW || ONE_WAY.has(flow.serverPort) || isToMany(flow) || flow.unreachable > 0) return false
  const since = server.packets > 0 ? server.lastMs : client.firstMs
  const isRepeated = server.packets > 0 || client.bytes === client.firstBytes * client.packets
  return isRepeated && client.lastMs - since >= LEAST * timeout * 1000 && flow.longestGap < timeout * 1000
}

/** Multicast and broadcast. */
function isToMany({ isIpv4, serverWords: [first = 0] }: Flow): boolean {
  return isIpv4 ? first >>> 28 === 14 || first === -1 || (first & 255) === 255 : first >>> 24 === 255
}

function finding(subject: string, flows: readonly Flow[]): Finding {
  const packets = flows.reduce((sum, { client }) => sum + client.unanswered, 0)
  const gap = Math.max(...flows.map((flow) => flow.longestGap)) / 1000
  const once = flows.filter(({ server }) => server.packets > 0)
  const seconds = Math.max(...flows.map(({ client, server }) => client.lastMs - (server.packets > 0 ? server.lastMs : client.firstMs)))
    / 1000
  return {
    code: 'udp-black-hole', subject, severity: 'error', confidence: once.length > 0 ? 0.8 : 0.7,
    sentence: `${subject} has not answered ${count(packets, 'datagram')} in ${seconds.toFixed(0)} s, and they come so often that their `
      + 'conntrack entry never expires: if it translates to a server that is gone, this goes on until somebody deletes it.',
    numbers: { flows: flows.length, datagrams: packets, seconds: Math.round(seconds), longestGapMs: Math.round(gap * 1000),
      answeredOnce: once.length },
    proof: [`never more than ${gap.toFixed(1)} s between two datagrams`,
      once.length > 0 ? `answers came until frame ${String(once[0]?.server.lastFrame ?? 0)}, and none since`
        : 'no answer at all; the datagrams have one length, as one question asked again has'],
    frames: framesOf(...flows.slice(0, 4).flatMap(({ client, server }) => [client.firstFrame, server.lastFrame, client.lastFrame])),
    table: [once.length > 0 ? 'udp 17, up to 120 s [ASSURED], refreshed by each datagram: the translation of its first packet stays'
      : 'udp 17, 30 s [UNREPLIED], refreshed by each datagram: the translation of its first packet stays'],
    invalidDrop: `would change nothing: they are ${once.length > 0 ? 'ESTABLISHED' : 'NEW'}`,
    remedy: [`conntrack -D -p udp --orig-dst ${flows[0]?.serverAddress ?? ''} --orig-port-dst ${String(flows[0]?.serverPort ?? 0)}: `
      + 'the next datagram makes a new entry, by the rules as they are now', 'or let the sender use a new source port, or be silent '
      + 'for longer than the timeout'],
    noRemedy: ['changing the translation rules alone: they are asked for the first packet of an entry only',
      'waiting: each datagram starts the timeout anew'],
  }
}
