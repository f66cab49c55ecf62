// UDP and UDP-Lite: `udp 20` is a datagram of 20 bytes of payload.

import type { Words } from './words.ts'
import { field } from './words.ts'

export interface UdpSpec {
  readonly protocol: 'udp' | 'udplite'
  /** Bytes of payload. */
  readonly length: number
  /** The length field, where it is not to be the truth; UDP-Lite: how much the checksum covers, 0 for all. */
  readonly says?: number
}

export function parseUdp(words: Words, protocol: UdpSpec['protocol']): UdpSpec {
  const length = words.number('bytes of payload')
  const says = words.field('says')
  return says === undefined ? { protocol, length } : { protocol, length, says }
}

export function printUdp(spec: UdpSpec): string {
  return `${String(spec.length)}${field('says', spec.says)}`
}

export function udpBytes(spec: UdpSpec): Uint8Array {
  const bytes = new Uint8Array(8 + spec.length)
  new DataView(bytes.buffer).setUint16(4, spec.says ?? (spec.protocol === 'udp' ? bytes.length : 0))
  return bytes
}
