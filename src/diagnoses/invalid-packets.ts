// INVALID packets of connections that are here in both directions: why, and the resets that they cause where addresses are translated.

import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'
import type { InvalidPacket } from './invalid-log.ts'

const FEW_REASONS = 6
const FEW = 3 // packets without payload: what a capture cut off, or a host that has forgotten, sends now and then

/** Of one-sided connections other diagnoses tell; behind the end of a connection INVALID is what is to be expected. */
export function invalidPackets({ evidence }: Context): Finding[] {
  const packets = evidence.invalids.kept.filter(({ flow, isLate }) => flow !== null && flow.isTcp && flow.isTwoSided && !isLate)
  const reset = packets.filter(({ isDisowned }) => isDisowned)
  if (reset.length > 0) return [resetFinding(packets, reset)]
  return packets.length < FEW && packets.every(({ payload }) => payload === 0) ? [] : [plainFinding(packets, evidence.invalids.total)]
}

/** @param total  INVALID packets in all, of which only so many are remembered */
function plainFinding(packets: readonly InvalidPacket[], total: number): Finding {
  const connections = connectionsOf(packets)
  const bytes = packets.reduce((sum, { payload }) => sum + payload, 0)
  return {
    code: 'invalid-packets', subject: 'capture', severity: bytes > 0 ? 'warning' : 'info', confidence: 0.95,
    sentence: `${count(packets.length, 'packet')} of ${count(connections, 'connection')} that both sides use `
      + `${packets.length === 1 ? 'is' : 'are'} INVALID, with ${count(bytes, 'byte')} of payload.`,
    numbers: { packets: packets.length, connections, bytes, invalidInAll: total },
    proof: histogram(packets),
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
    sentence: `${count(connections, 'connection')} ${connections === 1 ? 'was' : 'were'} reset because of INVALID packets: address `
      + 'translation does not touch those, so whoever got them knew no such connection and answered with a RST.',
    numbers: { packets: packets.length, resets: reset.length, connections },
    proof: [`${count(reset.length, 'RST')} ${reset.length === 1 ? 'has' : 'have'} the very number that the INVALID packet before `
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

const connectionsOf = (packets: readonly InvalidPacket[]): number => new Set(packets.map(({ flow }) => flow)).size

/** How many packets for which reason, the most frequent first. */
function histogram(packets: readonly InvalidPacket[]): string[] {
  const counts = new Map<string, number>()
  for (const { reason } of packets) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const lines = [...counts].sort((a, b) => b[1] - a[1]).map(([reason, number]) => `${String(number)} × ${reason}`)
  return lines.length <= FEW_REASONS ? lines
    : [...lines.slice(0, FEW_REASONS), count(lines.length - FEW_REASONS, 'further reason')]
}

function advice(packets: readonly InvalidPacket[]): Pick<Finding, 'remedy' | 'noRemedy'> {
  const windowed = packets.filter(({ reason }) => /over upper bound|more than expected/.test(reason)).length
  const unknown = packets.filter(({ reason }) => reason.endsWith('invalid new') || reason.includes('invalid, state')).length
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
