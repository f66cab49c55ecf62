// Names that nft prints in place of numbers. Source: nft(8), `nft describe`.

import { IPS_ASSURED, IPS_CONFIRMED, IPS_DST_NAT, IPS_DYING, IPS_EXPECTED, IPS_SEEN_REPLY, IPS_SRC_NAT } from '../../table/status.ts'

export type Symbols = Readonly<Record<string, number>>

/** `ct state`: bits, of which a packet has one. */
export const CT_STATES = { invalid: 1, established: 2, related: 4, new: 8, untracked: 64 } as const satisfies Symbols
export const CT_STATUS: Symbols = {
  expected: IPS_EXPECTED, 'seen-reply': IPS_SEEN_REPLY, assured: IPS_ASSURED, confirmed: IPS_CONFIRMED, snat: IPS_SRC_NAT,
  dnat: IPS_DST_NAT, dying: IPS_DYING,
}
export const CT_DIRECTIONS: Symbols = { original: 0, reply: 1 }
export const NFPROTO: Symbols = { ipv4: 2, ipv6: 10 }
export const ETHERTYPES: Symbols = { ip: 0x0800, arp: 0x0806, ip6: 0x86dd, '8021q': 0x8100, vlan: 0x8100, '8021ad': 0x88a8 }
export const PACKET_TYPES: Symbols = { host: 0, unicast: 0, broadcast: 1, multicast: 2, other: 3 }
export const LINK_TYPES: Symbols = { ether: 1 }
/** RTN_… */
export const ADDRESS_TYPES: Symbols = {
  unspec: 0, unicast: 1, local: 2, broadcast: 3, anycast: 4, multicast: 5, blackhole: 6, unreachable: 7, prohibit: 8,
}
export const TCP_FLAGS: Symbols = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ecn: 64, cwr: 128 }
export const ECN: Symbols = { 'not-ect': 0, ect1: 1, ect0: 2, ce: 3 }
export const DSCP: Symbols = {
  cs0: 0, cs1: 8, cs2: 16, cs3: 24, cs4: 32, cs5: 40, cs6: 48, cs7: 56, df: 0, be: 0, lephb: 1, va: 44, 'voice-admit': 44, ef: 46,
  af11: 10, af12: 12, af13: 14, af21: 18, af22: 20, af23: 22, af31: 26, af32: 28, af33: 30, af41: 34, af42: 36, af43: 38,
}
export const ICMP_TYPES: Symbols = {
  'echo-reply': 0, 'destination-unreachable': 3, 'source-quench': 4, redirect: 5, 'echo-request': 8, 'router-advertisement': 9,
  'router-solicitation': 10, 'time-exceeded': 11, 'parameter-problem': 12, 'timestamp-request': 13, 'timestamp-reply': 14,
  'info-request': 15, 'info-reply': 16, 'address-mask-request': 17, 'address-mask-reply': 18,
}
export const ICMP_CODES: Symbols = {
  'net-unreachable': 0, 'host-unreachable': 1, 'prot-unreachable': 2, 'port-unreachable': 3, 'frag-needed': 4, 'net-prohibited': 9,
  'host-prohibited': 10, 'admin-prohibited': 13,
}
export const ICMPV6_TYPES: Symbols = {
  'destination-unreachable': 1, 'packet-too-big': 2, 'time-exceeded': 3, 'parameter-problem': 4, 'echo-request': 128, 'echo-reply': 129,
  'mld-listener-query': 130, 'mld-listener-report': 131, 'mld-listener-done': 132, 'mld-listener-reduction': 132,
  'nd-router-solicit': 133, 'nd-router-advert': 134, 'nd-neighbor-solicit': 135, 'nd-neighbor-advert': 136, 'nd-redirect': 137,
  'router-renumbering': 138, 'ind-neighbor-solicit': 141, 'ind-neighbor-advert': 142, 'mld2-listener-report': 143,
}
export const ICMPV6_CODES: Symbols = {
  'no-route': 0, 'admin-prohibited': 1, 'addr-unreachable': 3, 'port-unreachable': 4, 'policy-fail': 5, 'reject-route': 6,
}
export const IGMP_TYPES: Symbols = {
  'membership-query': 0x11, 'membership-report-v1': 0x12, 'membership-report-v2': 0x16, 'membership-report-v3': 0x22, 'leave-group': 0x17,
}
