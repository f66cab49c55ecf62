// From a packet to its tuple.
// Kernel: nf_ct_get_tuple() and the …_pkt_to_tuple() of each protocol (v6.12).

import {
  AF_INET, AF_INET6, IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../base/units.ts'
import type { GreKeys } from '../table/gre-keys.ts'
import type { Tuple } from '../table/tuple.ts'

/** Reads addresses of an IPv4 or IPv6 header at `ip` into a tuple. */
export function readAddresses(view: DataView, ip: number, version: number, protocol: number, tuple: Tuple): void {
  if (version === 4) {
    tuple.proto = AF_INET | (protocol << 8)
    tuple.source0 = view.getInt32(ip + 12)
    tuple.destination0 = view.getInt32(ip + 16)
    tuple.isIpv6 = false
    tuple.sourceTail = 0
    tuple.destinationTail = 0
    return
  }
  tuple.proto = AF_INET6 | (protocol << 8)
  readIpv6Addresses(view, ip, tuple)
  tuple.seal()
}

/** Both addresses of an IPv6 header, word by word. */
export interface Ipv6Addresses {
  source0: number
  source1: number
  source2: number
  source3: number
  destination0: number
  destination1: number
  destination2: number
  destination3: number
}

/** Reads the addresses of an IPv6 header at `ip`. */
export function readIpv6Addresses(view: DataView, ip: number, to: Ipv6Addresses): void {
  to.source0 = view.getInt32(ip + 8)
  to.source1 = view.getInt32(ip + 12)
  to.source2 = view.getInt32(ip + 16)
  to.source3 = view.getInt32(ip + 20)
  to.destination0 = view.getInt32(ip + 24)
  to.destination1 = view.getInt32(ip + 28)
  to.destination2 = view.getInt32(ip + 32)
  to.destination3 = view.getInt32(ip + 36)
}

/**
 * Reads the ports, or what stands for them, of a transport header at `l4`.
 * @param end   first byte behind the packet
 * @param keys  the source keys of GRE packets, which do not carry theirs
 * @returns     false when the header is too short to tell
 */
export function readPorts(view: DataView, l4: number, end: number, protocol: number, keys: GreKeys, tuple: Tuple): boolean {
  switch (protocol) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
    case IPPROTO_SCTP:
    case IPPROTO_DCCP:
      if (end - l4 < 4) return false
      tuple.ports = view.getInt32(l4)
      return true
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      if (end - l4 < 8) return false
      tuple.ports = (view.getUint16(l4 + 4) << 16) | view.getUint16(l4)
      return true
    case IPPROTO_GRE:
      return readKeys(view, l4, end, keys, tuple)
    default:
      tuple.ports = 0
      return true
  }
}

const GRE_VERSION = 0x0007
const GRE_ENHANCED = 1 // PPTP's version (RFC 2637 section 4.1)
const ETHERTYPE_PPP = 0x880b

/**
 * PPTP's GRE is told apart by the call's key; any other has none. Too short a header is as good as none.
 * @returns  false for PPTP's version with another payload than PPP
 * @kernel   gre_pkt_to_tuple() — v6.12
 */
function readKeys(view: DataView, l4: number, end: number, keys: GreKeys, tuple: Tuple): boolean {
  tuple.ports = 0
  if (end - l4 < 8 || (view.getUint16(l4) & GRE_VERSION) !== GRE_ENHANCED) return true
  if (view.getUint16(l4 + 2) !== ETHERTYPE_PPP) return false
  tuple.ports = view.getUint16(l4 + 6)
  tuple.ports |= keys.sourceKeyOf(tuple) << 16
  return true
}
