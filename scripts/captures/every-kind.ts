// One entry of every kind the table knows, IPv4 and IPv6, and one that has its reply.

import { dccp, DCCP, gre, icmp, icmpv6, ip, other, sctp, sctpInit, tcp, type Transport, udp, udpLite } from '../lib/packets.ts'
import { Capture } from './capture.ts'

const KINDS: readonly (readonly [name: string, transport: Transport])[] = [
  ['TCP', tcp({ flags: 'S', seq: 1000 })],
  ['UDP', udp()],
  ['UDP-Lite', udpLite({ payload: [1, 2, 3] })],
  ['SCTP', sctp({}, sctpInit(7, 1))],
  ['DCCP', dccp({ type: DCCP.request })],
  ['GRE', gre()],
  ['ESP, which is unknown', other(50, [1, 2, 3, 4])],
]
const V4 = ['192.0.2.1', '198.51.100.255'] as const
const V6 = ['2001:db8::1', 'fe80::ffff:0:1'] as const

/** By name of their folder. */
export function makeCaptures(): Record<string, Capture> {
  const capture = new Capture()
  for (const [name, transport] of KINDS) capture.note(name).add(ip(...V4, transport)).wait(100)
  capture.note('ICMP').add(ip(...V4, icmp(8, 0, 77 << 16))).wait(100)
  for (const [name, transport] of KINDS) capture.note(`${name} over IPv6`).add(ip(...V6, transport)).wait(100)
  capture.note('ICMPv6').add(ip(...V6, icmpv6(128, 0, 78 << 16))).wait(100)
  capture.note('an answer').add(ip(V4[1], V4[0], udp({ sport: 53, dport: 40_000, payload: new Uint8Array(100) })))
  return { 'every-kind': capture }
}
