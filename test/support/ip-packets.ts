// IP packets byte by byte, with defaults: a test or a capture maker says only what matters to it.

import { IPPROTO_AH, IPPROTO_FRAGMENT, IPPROTO_UDP } from '../../src/base/units.ts'

export interface Ipv4Fields {
  /** Last byte of 10.0.0.x */
  readonly from?: number
  readonly to?: number
  readonly protocol?: number
  readonly id?: number
  /** Bytes; a multiple of 8 */
  readonly offset?: number
  readonly more?: boolean
  readonly tos?: number
  /** A multiple of 4 bytes */
  readonly options?: Uint8Array
  /** Total length, where it is not to be the truth */
  readonly total?: number
}

export interface Ipv6Fields {
  /** Last byte of 2001:db8::x */
  readonly from?: number
  readonly to?: number
  readonly trafficClass?: number
  /** Payload length, where it is not to be the truth */
  readonly length?: number
}

export interface Fragment6Fields {
  readonly id?: number
  readonly offset?: number
  readonly more?: boolean
}

/** Puts pieces one behind the other. */
export function concat(...pieces: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** `length` bytes that differ from their neighbours; another `seed` gives others. */
export function filler(length: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = i * 7 + (i >>> 8) + seed * 31
  return bytes
}

export function ipv4(payload: Uint8Array, fields: Ipv4Fields = {}): Uint8Array {
  const { from = 1, to = 2, protocol = IPPROTO_UDP, id = 1, offset = 0, more = false, tos = 0, options = new Uint8Array(0) } = fields
  const headerLength = 20 + options.length
  const packet = new Uint8Array(headerLength + payload.length)
  const view = new DataView(packet.buffer)
  view.setUint8(0, 0x40 | (headerLength / 4))
  view.setUint8(1, tos)
  view.setUint16(2, fields.total ?? packet.length)
  view.setUint16(4, id)
  view.setUint16(6, (more ? 0x2000 : 0) | (offset / 8))
  view.setUint8(8, 64)
  view.setUint8(9, protocol)
  packet.set([10, 0, 0, from, 10, 0, 0, to], 12)
  packet.set(options, 20)
  packet.set(payload, headerLength)
  view.setUint16(10, internetChecksum(packet.subarray(0, headerLength)))
  return packet
}

/** @param next  type of the header that `payload` begins with */
export function ipv6(next: number, payload: Uint8Array, fields: Ipv6Fields = {}): Uint8Array {
  const { from = 1, to = 2, trafficClass = 0 } = fields
  const packet = new Uint8Array(40 + payload.length)
  const view = new DataView(packet.buffer)
  view.setUint32(0, 0x6000_0000 | (trafficClass << 20))
  view.setUint16(4, fields.length ?? payload.length)
  view.setUint8(6, next)
  view.setUint8(7, 64)
  packet.set([0x20, 0x01, 0x0d, 0xb8], 8)
  packet[23] = from
  packet.set([0x20, 0x01, 0x0d, 0xb8], 24)
  packet[39] = to
  packet.set(payload, 40)
  return packet
}

/** An extension header of any kind but a fragment's: `body` is what stands behind its first two bytes, padded with zeros. */
export function extension(type: number, next: number, body: Uint8Array | readonly number[] = []): Uint8Array {
  const unit = type === IPPROTO_AH ? 4 : 8
  const length = Math.max(8, Math.ceil((body.length + 2) / unit) * unit)
  const header = new Uint8Array(length)
  header.set([next, length / unit - (type === IPPROTO_AH ? 2 : 1)])
  header.set(body, 2)
  return header
}

/** A fragment header and the bytes behind it. */
export function fragment6(next: number, data: Uint8Array, fields: Fragment6Fields = {}): Uint8Array {
  const { id = 1, offset = 0, more = false } = fields
  const header = new Uint8Array(8)
  const view = new DataView(header.buffer)
  view.setUint8(0, next)
  view.setUint16(2, offset | (more ? 1 : 0))
  view.setUint32(4, id)
  return concat(header, data)
}

/** A fragment of IPv6 with nothing but its fragment header. */
export function ipv6Fragment(next: number, data: Uint8Array, fields: Fragment6Fields & Ipv6Fields = {}): Uint8Array {
  return ipv6(IPPROTO_FRAGMENT, fragment6(next, data, fields), fields)
}

/** A UDP datagram without checksum. */
export function udp(payload: Uint8Array, sourcePort = 1000, destinationPort = 2000): Uint8Array {
  const length = 8 + payload.length
  return concat(sixteen(sourcePort), sixteen(destinationPort), sixteen(length), [0, 0], payload)
}

/** A 16-bit number as two bytes. */
export const sixteen = (n: number): number[] => [(n >>> 8) & 255, n & 255]

/** RFC 1071: what belongs into the checksum field, if that is zero now. */
export function internetChecksum(bytes: Uint8Array, before = 0): number {
  let sum = before
  for (let i = 0; i < bytes.length; i++) sum += i % 2 === 0 ? bytes[i]! << 8 : bytes[i]!
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** RFC 9260 appendix A, bit by bit: the four bytes of SCTP's checksum field. */
export function crc32c(bytes: Uint8Array): number[] {
  let crc = 0xffff_ffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 0 ? 0 : 0x82f63b78)
  }
  return [0, 8, 16, 24].map((shift) => (~crc >>> shift) & 255)
}
