// Every way an IP packet can be wrapped that the program reads: a line each, with where the packet then begins. Tests try
// each of them, and each becomes a sample. To add one is to add a line.

import {
  amsdu, avs, ciscoHdlc, CLIENT_MAC, cooked, cooked2, ethernet, ethernetSnap, ieee80211, ipPayload, loopback, mpls, ppp, pppDirection,
  pppoe, pppoeSession, pppPppd, prism, radiotap, SERVER_MAC, snap, type Stations, type Typed, vlan,
} from './frames.ts'

export interface Link {
  readonly name: string
  /** LINKTYPE_… */
  readonly linkType: number
  /** Bytes before the IP header */
  readonly offset: number
  /** @param back  the frame goes from the server to the client, where the link knows */
  readonly wrap: (packet: Uint8Array, back?: boolean) => Uint8Array
}

const ways = (back: boolean): Stations => back ? { from: SERVER_MAC, to: CLIENT_MAC } : {}
const ether = (payload: Typed, back: boolean): Uint8Array => ethernet(payload, ways(back))
/** Captured on the client: what goes back was received. */
const packetType = (back: boolean): number => back ? 0 : 4
const sender = (back: boolean): string => back ? SERVER_MAC : CLIENT_MAC

const llc = (packet: Uint8Array): Uint8Array => snap(ipPayload(packet))

function tagged(packet: Uint8Array, depth: number): Typed {
  let inner = ipPayload(packet)
  for (let id = 1; id <= depth; id++) inner = vlan(id, inner)
  return inner
}

export const LINKS: readonly Link[] = ([
  // name                              type  offset  wrap
  ['ethernet',                            1,     14, (p, b) => ether(ipPayload(p), b)],
  ['ethernet-snap',                       1,     22, (p, b) => ethernetSnap(ipPayload(p), ways(b))],
  ['vlan',                                1,     18, (p, b) => ether(vlan(100, ipPayload(p)), b)],
  ['vlan-snap',                           1,     26, (p, b) => ether(vlan(100, { type: 8 + p.length, bytes: llc(p) }), b)],
  ['vlan-802.1ad',                        1,     22, (p, b) => ether(vlan(200, vlan(100, ipPayload(p)), 0x88a8, 5), b)],
  ['vlan-9100',                           1,     22, (p, b) => ether(vlan(200, vlan(100, ipPayload(p)), 0x9100), b)],
  ['vlan-9200',                           1,     22, (p, b) => ether(vlan(200, vlan(100, ipPayload(p)), 0x9200), b)],
  ['vlan-12-deep',                        1,     62, (p, b) => ether(tagged(p, 12), b)],
  ['vlan-pppoe',                          1,     26, (p, b) => ether(vlan(7, pppoe(p)), b)],
  ['mpls',                                1,     18, (p, b) => ether(mpls([16], p), b)],
  ['mpls-3-labels',                       1,     26, (p, b) => ether(mpls([100, 1_048_575, 16], p), b)],
  ['mpls-multicast',                      1,     18, (p, b) => ether({ ...mpls([16], p), type: 0x8848 }, b)],
  ['vlan-mpls',                           1,     22, (p, b) => ether(vlan(7, mpls([16], p)), b)],
  ['pppoe',                               1,     22, (p, b) => ether(pppoe(p, 0x1234), b)],
  ['null',                                0,      4, (p) => loopback(p)],
  ['null-big-endian',                     0,      4, (p) => loopback(p, true)],
  ['null-linux',                          0,      4, (p) => loopback(p, false, 10)],
  ['null-netbsd',                         0,      4, (p) => loopback(p, false, 24)],
  ['null-freebsd',                        0,      4, (p) => loopback(p, true, 28)],
  ['loop',                              108,      4, (p) => loopback(p, true, 24)],
  ['raw',                               101,      0, (p) => p],
  ['raw-12',                             12,      0, (p) => p],
  ['raw-14',                             14,      0, (p) => p],
  ['raw-ipv4',                          228,      0, (p) => p],
  ['raw-ipv6',                          229,      0, (p) => p],
  ['cooked',                            113,     16, (p, b) => cooked(ipPayload(p), packetType(b), sender(b))],
  ['cooked-vlan',                       113,     20, (p, b) => cooked(vlan(100, ipPayload(p)), packetType(b), sender(b))],
  ['cooked2',                           276,     20, (p, b) => cooked2(ipPayload(p), packetType(b), sender(b))],
  ['cooked2-vlan',                      276,     24, (p, b) => cooked2(vlan(100, ipPayload(p)), packetType(b), sender(b))],
  ['ppp',                                 9,      4, (p) => ppp(p)],
  ['ppp-without-address',                 9,      2, (p) => ppp(p).subarray(2)],
  ['ppp-compressed',                      9,      1, (p) => ppp(p, true)],
  ['ppp-hdlc',                           50,      4, (p) => ppp(p)],
  ['ppp-hdlc-cisco',                     50,      4, (p) => ciscoHdlc(ipPayload(p))],
  ['ppp-ether',                          51,      8, (p) => pppoeSession(p)],
  ['ppp-pppd',                          166,      4, (p, b) => pppPppd(p, !b)],
  ['ppp-with-direction',                204,      5, (p, b) => pppDirection(p, !b)],
  ['cisco-hdlc',                        104,      4, (p) => ciscoHdlc(ipPayload(p))],
  ['802.11',                            105,     32, (p) => ieee80211(llc(p))],
  ['802.11-to-access-point',            105,     32, (p) => ieee80211(llc(p), { way: 'to' })],
  ['802.11-from-access-point',          105,     32, (p) => ieee80211(llc(p), { way: 'from' })],
  ['802.11-wds',                        105,     38, (p) => ieee80211(llc(p), { way: 'both' })],
  ['802.11-qos',                        105,     34, (p) => ieee80211(llc(p), { way: 'to', qos: 5 })],
  ['802.11-qos-wds',                    105,     40, (p) => ieee80211(llc(p), { way: 'both', qos: 0 })],
  ['802.11-qos-padded',                 105,     36, (p) => ieee80211(llc(p), { way: 'to', qos: 0, padding: 2 })],
  ['802.11-qos-ht-control',             105,     38, (p) => ieee80211(llc(p), { way: 'from', qos: 0, htControl: true })],
  ['802.11-qos-amsdu',                  105,     48, (p) => ieee80211(amsdu(llc(p)), { way: 'from', qos: 0x80 })],
  ['802.11-qos-amsdu-taken-apart',      105,     34, (p) => ieee80211(llc(p), { way: 'from', qos: 0x80 })],
  ['802.11-vlan',                       105,     36, (p) => ieee80211(snap(vlan(100, ipPayload(p))), { way: 'to' })],
  ['radiotap',                          127,     42, (p) => radiotap(ieee80211(llc(p)))],
  ['prism',                             119,    176, (p) => prism(ieee80211(llc(p)))],
  ['prism-avs',                         119,     96, (p) => avs(ieee80211(llc(p)))],
  ['avs',                               163,     96, (p) => avs(ieee80211(llc(p)))],
] satisfies [name: string, linkType: number, offset: number, wrap: (packet: Uint8Array, back: boolean) => Uint8Array][])
  .map(([name, linkType, offset, wrap]) => ({ name, linkType, offset, wrap: (packet, back = false) => wrap(packet, back) }))
