// The IPv4 header: is it one, and how long is the packet. RFC 791 section 3.1.

import type { Packet } from './packet.ts'

const SHORTEST = 20 // bytes
const LONGEST = 65_535 // bytes
const FRAGMENT = 0x3fff // More Fragments and the offset

/**
 * Reads the header at `at`. Fills in where the packet lies, not what is in it.
 * A total length of 0 (segmentation offload) means what is left of the frame.
 *
 * @param end   first byte behind what was captured
 * @param room  bytes from `at` to the end of the frame as it was on the wire
 * @returns     false when no kernel would take it for a packet
 * @kernel      br_validate_ipv4() — v6.12
 */
export function readIpv4(view: DataView, at: number, end: number, room: number, packet: Packet): boolean {
  const left = end - at
  if (left < SHORTEST) return false
  const headerLength = (view.getUint8(at) & 15) * 4
  if (headerLength < SHORTEST || left < headerLength) return false
  let total = view.getUint16(at + 2)
  if (total === 0) total = Math.min(room, LONGEST)
  if (total < headerLength || total > room) return false
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
