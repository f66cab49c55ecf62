// Transport checksums: the Internet checksum (RFC 1071) over a pseudo header and what the protocol covers, SCTP's CRC32c.
// Kernel: nf_checksum(), nf_checksum_partial(), sctp_compute_cksum() (v6.12).

import { IPPROTO_DCCP, IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_UDP, IPPROTO_UDPLITE } from '../base/units.ts'
import type { Packet } from './packet.ts'

const CRC32C = 0x82f63b78 // Castagnoli's polynomial, reflected
const CRC_AT = 8 // offset of the checksum in SCTP's header, four bytes
const COVERAGE_AT_UDPLITE = 4 // 16 bits: bytes covered, 0 for all
const COVERAGE_AT_DCCP = 5 // low 4 bits: words of payload covered + 1, 0 for all

/**
 * True when the transport checksum of a packet is wrong. Never when the snap length cut the packet.
 *
 * Takes the kernel's word for what is right, where it errs too: of UDP-Lite it checks a pseudo header that says UDP; of
 * UDP-Lite and DCCP over IPv4 one that has only the length's low eight bits; of DCCP it does not count the header among what
 * is covered.
 *
 * @param packet    at least the protocol's header is there
 * @param protocol  IPPROTO_… whose checksum it is
 * @kernel          nf_ip_checksum(), nf_ip6_checksum(), nf_checksum_partial(), sctp_compute_cksum() — v6.12
 * @differs         a packet that the snap length cut never fails
 */
export function checksumFails(packet: Packet, protocol: number): boolean {
  if (packet.captured < packet.end) return false
  const { view, l4, end } = packet
  const length = end - l4
  switch (protocol) {
    case IPPROTO_SCTP:
      return end - l4 < CRC_AT + 4 || crc32c(view, l4, end) !== view.getUint32(l4 + CRC_AT, true)
    case IPPROTO_UDPLITE: {
      const coverage = view.getUint16(l4 + COVERAGE_AT_UDPLITE)
      return !sumsUp(view, l4, coverage === 0 ? length : Math.min(coverage, length), partialPseudoHeader(packet, IPPROTO_UDP, length))
    }
    case IPPROTO_DCCP: {
      const coverage = view.getUint8(l4 + COVERAGE_AT_DCCP) & 15
      const covered = coverage === 0 ? length : Math.min((coverage - 1) * 4, length)
      return !sumsUp(view, l4, covered, partialPseudoHeader(packet, IPPROTO_DCCP, length))
    }
    case IPPROTO_ICMP:
      return !sumsUp(view, l4, length, 0)
    default:
      return !sumsUp(view, l4, length, pseudoHeader(packet, protocol, length))
  }
}

/** RFC 9293 section 3.1, RFC 8200 section 8.1: addresses, length and protocol, summed. */
function pseudoHeader(packet: Packet, protocol: number, length: number): number {
  const { view, ip, version } = packet
  const from = ip + (version === 4 ? 12 : 8)
  const to = from + (version === 4 ? 8 : 32)
  let sum = protocol + length
  for (let at = from; at < to; at += 2) sum += view.getUint16(at)
  return sum
}

function partialPseudoHeader(packet: Packet, protocol: number, length: number): number {
  return pseudoHeader(packet, protocol, packet.version === 4 ? length & 255 : length)
}

/** True when 16-bit words add up to all ones with what was added before. */
function sumsUp(view: DataView, start: number, length: number, before: number): boolean {
  let sum = before
  const even = start + (length & ~1)
  for (let at = start; at < even; at += 2) sum += view.getUint16(at)
  if ((length & 1) !== 0) sum += view.getUint8(even) << 8
  return sum % 0xffff === 0
}

const crcTable = new Int32Array(256)
for (let i = 0; i < 256; i++) {
  let crc = i
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ CRC32C : crc >>> 1
  crcTable[i] = crc
}

/** RFC 9260 appendix A: over the whole packet, the checksum itself taken as zeros. */
function crc32c(view: DataView, start: number, end: number): number {
  let crc = -1
  for (let at = start; at < end; at++) {
    const inside = at - start - CRC_AT
    const byte = inside >= 0 && inside < 4 ? 0 : view.getUint8(at)
    crc = crcTable[(crc ^ byte) & 255]! ^ (crc >>> 8)
  }
  return ~crc >>> 0
}
