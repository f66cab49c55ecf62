// The transport header of a packet quoted inside another: an ICMP error's.

import { headerChain, IPV6_HEADER } from './ipv6.ts'

/** Where the inner transport header was found; valid after `innerTransport` returned true. */
export const transport = { l4: 0, protocol: 0 }

/**
 * Finds the transport header of the IP packet at `at`. Nothing else of its header is looked at, neither version nor length.
 * Behind an IPv6 header the transport header may start behind `end`.
 *
 * @param end  first byte behind the outer packet; all before it can be read
 * @returns    false when there is none: cut short, a later fragment, a broken header chain
 * @kernel     nf_ct_get_tuplepr(), ipv4_get_l4proto(), ipv6_get_l4proto() — v6.12
 */
export function innerTransport(view: DataView, at: number, end: number, version: number): boolean {
  if (version === 6) {
    if (end - at < IPV6_HEADER) return false
    const found = headerChain(view, at, end)
    if (found.offset < 0) return false
    transport.l4 = found.offset
    transport.protocol = found.protocol
    return true
  }
  if (end - at < 20 || (view.getUint16(at + 6) & 0x1fff) !== 0) return false
  const l4 = at + (view.getUint8(at) & 15) * 4
  if (l4 > end) return false
  transport.l4 = l4
  transport.protocol = view.getUint8(at + 9)
  return true
}
