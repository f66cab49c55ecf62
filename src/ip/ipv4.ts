// The IPv4 header: is it one, and how long is the packet. RFC 791 section 3.1.

import type { Frame } from '../capture/frame.ts'
import type { Packet } from './packet.ts'

const SHORTEST = 20 // bytes
const LONGEST = 65_535 // bytes
const FRAGMENT = 0x3fff // More Fragments and the offset

/**
 * Reads the header at `at`. Fills in where the packet lies, not what is in it.
 * A total length of 0 (segmentation offload) means what is left of the frame.
 *
 * @param first  the header's first 32 bits; all 20 bytes of its fixed part are there
 * @returns      false when no kernel would take it for a packet
 * @kernel       br_validate_ipv4() — v6.12
 */
export function readIpv4(frame: Frame, at: number, first: number, packet: Packet): boolean {
  const { view, end } = frame
  const left = end - at
  const headerLength = (first >>> 22) & 60 // 32-bit words, in bytes
  if (headerLength < SHORTEST || left < headerLength) return false
  let total = first & 0xffff
  if (total === 0) total = Math.min(frame.wireLeft(at), LONGEST)
  if (total < headerLength || (total > left && total > frame.wireLeft(at))) return false
  packet.version = 4
  packet.ip = at
  packet.l4 = at + headerLength
  packet.end = at + total
  packet.captured = left < total ? end : at + total
  packet.protocol = view.getUint8(at + 9)
  return true
}

/** True for a piece of a datagram. Kernel: ip_is_fragment(). */
export function isFragment4(packet: Packet): boolean {
  return (packet.view.getUint16(packet.ip + 6) & FRAGMENT) !== 0
}
