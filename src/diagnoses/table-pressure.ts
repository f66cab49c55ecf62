// The table is nearly full, or was, and threw out or refused connections.

import type { Context } from './context.ts'
import { count, type Finding, framesOf } from './finding.ts'

const NEARLY = 0.8 // of nf_conntrack_max

export function tablePressure({ evidence, sysctl }: Context): Finding[] {
  const { peak, peakFrame, earlyDrops, refused, frames } = evidence.pressure
  const { max } = sysctl
  const isLossy = earlyDrops + refused > 0
  if (max === 0 || (!isLossy && peak < max * NEARLY)) return []
  const share = Math.round((peak / max) * 100)
  return [{
    code: 'table-pressure', subject: `nf_conntrack_max=${String(max)}`, severity: isLossy ? 'error' : 'warning',
    confidence: isLossy ? 0.95 : 0.9,
    sentence: isLossy
      ? `With nf_conntrack_max=${String(max)} the table is full: ${count(earlyDrops, 'entry')} without an answer or at their end were `
        + `thrown out early, and ${count(refused, 'packet')} dropped because nothing could be.`
      : `The table holds ${count(peak, 'entry')} at its peak, ${String(share)} % of nf_conntrack_max=${String(max)}: little more and `
        + 'connections are lost.',
    numbers: { max, peak, earlyDrops, refused },
    proof: [`the peak came with frame ${String(peakFrame)}`,
      ...(refused > 0 ? [`the kernel logs "nf_conntrack: table full, dropping packet" ${count(refused, 'time')}, rate limited`] : [])],
    frames: framesOf(...frames, ...(isLossy ? [] : [peakFrame])),
    table: [isLossy ? 'no room: a new connection takes the place of one that is not ASSURED, else its first packet is dropped'
      : `${count(max - peak, 'place')} left at the peak`],
    invalidDrop: 'would free nothing: INVALID packets have no entries; answers to a connection that was thrown out would be INVALID or NEW',
    remedy: ['nf_conntrack_max and nf_conntrack_buckets: `pcap-conntrack size` tells how large and what that costs',
      'NOTRACK for what needs no state (DNS servers, balancers); shorter timeouts for what holds the most: `pcap-conntrack whatif '
        + '--sweep` tells what that ends'],
    noRemedy: ['nf_conntrack_buckets alone: it makes look-ups faster, not the table larger',
      ...(isLossy ? ['a shorter timeout of ESTABLISHED where the entries are half open: see who holds them first'] : [])],
  }]
}
