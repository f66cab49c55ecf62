// INVALID packets of connections that are here in both directions: why, and the resets that they cause where addresses are translated.

import type { Context } from './context.ts'
import { count, type Finding, framesOf, verb } from './finding.ts'
import type { Flow } from './flow.ts'
import { type InvalidPacket, type InvalidPackets, reasonText } from './invalid-log.ts'

const FEW_REASONS = 6
const FEW = 3 // packets without payload: what a capture cut off, or a host that has forgotten, sends now and then

/** Of one-sided connections other diagnoses tell; behind the end of a connection INVALID is what is to be expected. */
export function invalidPackets({ evidence }: Context): Finding[] {
  const packets = evidence.invalids.kept.filter(({ flow, isLate }) => flow !== null && flow.isTcp && flow.isTwoSided && !isLate)
  const reset = packets.filter(({ isDisowned }) => isDisowned)
  if (reset.length > 0) return [resetFinding(packets, reset)]
  return packets.length < FEW && packets.every(({ payload }) => payload === 0) ? [] : [plainFinding(packets, evidence.invalids)]
}

function plainFinding(packets: readonly InvalidPacket[], { total, isCut }: InvalidPackets): Finding {
  const connections = connectionsOf(packets)
  const bytes = packets.reduce((sum, { payload }) => sum + payload, 0)
  const missing = [...new Set(packets.map(({ flow }) => flow))].reduce((sum, flow) => sum + missingOf(flow), 0)
  const isTorn = packets.every(({ flow }) => missingOf(flow) > 0)
  return {
    code: 'invalid-packets', subject: 'capture', severity: bytes > 0 && !isTorn ? 'warning' : 'info', confidence: isTorn ? 0.6 : 0.95,
    sentence: `${isCut ? 'At least ' : ''}${count(packets.length, 'packet')} of ${count(connections, 'connection')} that both sides use `
      + `${verb(packets.length, 'is', 'are')} INVALID, with ${count(bytes, 'byte')} of payload`
      + `${isTorn ? ': perhaps only because this capture lacks what came before' : ''}.`,
    numbers: { packets: packets.length, connections, bytes, missing, invalidInAll: total },
    proof: [...histogram(packets), ...(missing === 0 ? []
      : [`${count(missing, 'byte')} of these connections are missing here: a kernel that saw them may have called nothing INVALID`])],
    frames: framesOf(...packets.map(({ frame }) => frame)),
    table: ['entries that these packets neither refresh nor change'],
    ...advice(packets),
    invalidDrop: `would discard ${count(packets.length, 'packet')} of connections that work: they would be sent again, and be INVALID `
      + 'again where the reason stays',
  }
}

function resetFinding(packets: readonly InvalidPacket[], reset: readonly InvalidPacket[]): Finding {
  const connections = connectionsOf(reset)
  return {
    code: 'invalid-reset', subject: 'capture', severity: 'error', confidence: 0.85,
    sentence: `${count(connections, 'connection')} ${verb(connections, 'was', 'were')} reset because of INVALID packets: address `
      + 'translation does not touch those, so whoever got them knew no such connection and answered with a RST.',
    numbers: { packets: packets.length, resets: reset.length, connections },
    proof: [`${count(reset.length, 'RST')} ${verb(reset.length, 'has', 'have')} the very number that the INVALID packet before `
      + 'acknowledged, as a host answers what belongs to no connection of its own', ...histogram(packets)],
    frames: framesOf(...reset.flatMap(({ frame, resetFrame }) => [frame, resetFrame])),
    table: ['the entry of the connection, which INVALID packets neither refresh nor change; where the RST belongs to it, CLOSE for 10 s'],
    invalidDrop: `is what helps here: it would discard ${count(packets.length, 'packet')}, which would be sent again, and no RST would `
      + 'come back',
    remedy: ['drop INVALID before it is forwarded: iptables -I FORWARD -m conntrack --ctstate INVALID -j DROP (kube-proxy does since '
      + 'Kubernetes 1.15)', ...advice(packets).remedy],
    noRemedy: advice(packets).noRemedy,
  }
}

const missingOf = (flow: Flow | null): number => (flow === null ? 0 : flow.client.missing + flow.server.missing)

const connectionsOf = (packets: readonly InvalidPacket[]): number => new Set(packets.map(({ flow }) => flow)).size

/** How many packets for which reason, the most frequent first. */
function histogram(packets: readonly InvalidPacket[]): string[] {
  const counts = new Map<number, number>()
  for (const { reason } of packets) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const lines = [...counts].sort((a, b) => b[1] - a[1]).map(([reason, number]) => `${String(number)} × ${reasonText(reason)}`)
  return lines.length <= FEW_REASONS ? lines
    : [...lines.slice(0, FEW_REASONS), count(lines.length - FEW_REASONS, 'further reason')]
}

function advice(packets: readonly InvalidPacket[]): Pick<Finding, 'remedy' | 'noRemedy'> {
  const texts = packets.map(({ reason }) => reasonText(reason))
  const windowed = texts.filter((text) => /over upper bound|more than expected/.test(text)).length
  const unknown = texts.filter((text) => text.endsWith('invalid new') || text.includes('invalid, state')).length
  const liberal = `nf_conntrack_tcp_be_liberal=1 accepts what is out of the window: ${String(windowed)} of these`
  return {
    remedy: [
      ...(windowed > 0 ? [liberal] : []),
      ...(unknown > 0 ? ['look for packets that take another way or come too late: state and flags do not fit what was seen here'] : []),
      '`pcap-conntrack explain` tells each packet of one connection, and the bound it broke',
    ],
    noRemedy: [...(windowed === 0 ? ['nf_conntrack_tcp_be_liberal: no window is exceeded'] : []),
      'a larger table or longer timeouts: the entries were there'],
  }
}
