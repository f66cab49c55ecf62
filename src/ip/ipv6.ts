// The IPv6 header and its chain of extension headers. RFC 8200 sections 3 and 4.

import {
  IPPROTO_AH, IPPROTO_DSTOPTS, IPPROTO_FRAGMENT, IPPROTO_HOPOPTS, IPPROTO_NONE, IPPROTO_ROUTING,
} from '../base/units.ts'
import type { Frame } from '../capture/frame.ts'
import type { Packet } from './packet.ts'

export const IPV6_HEADER = 40 // bytes
const LONGEST_PAYLOAD = 65_535 // bytes
const OPTION_PAD1 = 0
const OPTION_JUMBO = 0xc2 // RFC 2675

/** Bits of a fragment header's third and fourth byte that hold the offset. */
export const FRAGMENT_OFFSET6 = 0xfff8

/**
 * Reads the header at `at`. Fills in where the packet lies, not what is in it; `protocol` is the first next header.
 * A payload length of 0 (segmentation offload) means what is left of the frame, unless a hop-by-hop header follows: that
 * could say so itself.
 *
 * @returns  false when no kernel would take it for a packet
 * @kernel   br_validate_ipv6() — v6.12
 */
export function readIpv6(frame: Frame, at: number, packet: Packet): boolean {
  const { view, end } = frame
  const left = end - at
  if (left < IPV6_HEADER) return false
  const next = view.getUint8(at + 6)
  let payload = view.getUint16(at + 4)
  if (payload === 0 && next !== IPPROTO_HOPOPTS) payload = Math.min(frame.wireLeft(at) - IPV6_HEADER, LONGEST_PAYLOAD)
  const total = IPV6_HEADER + payload
  if (total > left && total > frame.wireLeft(at)) return false
  packet.version = 6
  packet.ip = at
  packet.l4 = at + IPV6_HEADER
  packet.end = at + total
  packet.captured = left < total ? end : at + total
  packet.protocol = next
  return true
}

/** Headers that stand between the IPv6 header and the transport's. Kernel: ipv6_ext_hdr(); Mobility (135) is none of them. */
export function isExtension(protocol: number): boolean {
  switch (protocol) {
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_FRAGMENT:
    case IPPROTO_AH:
    case IPPROTO_NONE:
    case IPPROTO_DSTOPTS:
      return true
    default:
      return false
  }
}

/** Bytes of the extension header at `at`, a fragment header's apart. */
export function extensionLength(view: DataView, at: number, protocol: number): number {
  const length = view.getUint8(at + 1)
  return protocol === IPPROTO_AH ? (length + 2) * 4 : (length + 1) * 8
}

/** Where a chain led. Reused: read it before the next call. */
export interface Chain {
  /** First byte behind the last extension header, which may lie behind the packet; -1 when the chain is broken. */
  readonly offset: number
  /** What stands there. */
  readonly protocol: number
  /** Offset and flags of the last fragment header passed or stopped at. */
  readonly fragment: number
}

const chain = { offset: -1, protocol: 0, fragment: 0 }

/**
 * Follows the chain from the header of type `protocol` at `at` to the first that is no extension header, or to a fragment
 * header that belongs to a later fragment: behind it stands no header.
 *
 * @param end  first byte behind the packet; all before it can be read
 * @kernel     ipv6_skip_exthdr() — v6.12
 */
export function followChain(view: DataView, at: number, end: number, protocol: number): Chain {
  chain.fragment = 0
  let offset = at
  while (isExtension(protocol)) {
    if (protocol === IPPROTO_NONE || end - offset < 2) {
      offset = -1
      break
    }
    let length = 8
    if (protocol === IPPROTO_FRAGMENT) {
      if (end - offset < 4) {
        offset = -1
        break
      }
      chain.fragment = view.getUint16(offset + 2)
      if ((chain.fragment & FRAGMENT_OFFSET6) !== 0) break
    } else {
      length = extensionLength(view, offset, protocol)
    }
    protocol = view.getUint8(offset)
    offset += length
  }
  chain.offset = offset
  chain.protocol = protocol
  return chain
}

/**
 * Finds the transport header of the IPv6 packet at `at`; offset -1 when there is none: a broken chain, No Next Header, a
 * later fragment.
 *
 * @param end  first byte behind the packet; all before it can be read, and at least the IPv6 header is there
 * @kernel     ipv6_get_l4proto() — v6.12
 */
export function headerChain(view: DataView, at: number, end: number): Chain {
  followChain(view, at + IPV6_HEADER, end, view.getUint8(at + 6))
  if ((chain.fragment & FRAGMENT_OFFSET6) !== 0) chain.offset = -1
  return chain
}

/**
 * True when a bridge lets the packet's hop-by-hop header pass, or there is none. A jumbo payload never passes: no packet here
 * is that long.
 *
 * @param packet  every byte of it can be read
 * @kernel        nf_ip6_check_hbh_len() — v6.12
 */
export function hopByHopPasses(packet: Packet): boolean {
  const { view, ip, end } = packet
  if (view.getUint8(ip + 6) !== IPPROTO_HOPOPTS) return true
  let at = ip + IPV6_HEADER
  if (end - at < 8) return false
  const behind = at + extensionLength(view, at, IPPROTO_HOPOPTS)
  if (behind > end) return false
  at += 2
  while (at < behind) {
    const type = view.getUint8(at)
    if (type === OPTION_PAD1) {
      at++
      continue
    }
    if (type === OPTION_JUMBO || behind - at < 2) return false
    at += view.getUint8(at + 1) + 2
  }
  return at === behind
}
