// IP headers of every form: options, extension headers, lengths that are wrong or missing, what the snap length cut.

import {
  IPPROTO_AH, IPPROTO_DSTOPTS, IPPROTO_GRE, IPPROTO_HOPOPTS, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_MH, IPPROTO_NONE, IPPROTO_ROUTING,
  IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../../src/base/units.ts'
import { concat, extension, filler, fragment6, ipv4, ipv6, sixteen, udp } from '../../test/support/ip-packets.ts'
import { Capture } from './capture.ts'

let port = 0
const payload = () => udp(filler(16), ++port)

function addLengths(capture: Capture): void {
  for (const total of [0, 1, 19, 20, 21, 27, 28, 43, 44, 45, 60, 65_535]) {
    const packet = ipv4(payload(), { total })
    capture.note(`IPv4: ${String(packet.length)} bytes, total length ${String(total)}`).add(packet)
    capture.addCut(packet, packet.length, 16).addCut(packet, 30, 16)
  }
  for (const length of [0, 1, 7, 8, 23, 24, 25, 40, 65_535]) {
    const packet = ipv6(IPPROTO_UDP, payload(), { length })
    capture.note(`IPv6: ${String(packet.length - 40)} bytes, payload length ${String(length)}`).add(packet)
    capture.addCut(packet, packet.length, 16).addCut(packet, 50, 16)
  }
  for (const words of [0, 4, 5, 6, 7, 15]) {
    const packet = ipv4(concat(payload(), filler(40)))
    packet[0] = 0x40 | words
    capture.note(`IPv4: a header of ${String(words)} words`).add(packet)
  }
  for (const version of [0, 3, 4, 5, 6, 7, 15]) {
    const packet = concat(ipv4(payload()), filler(40))
    packet[0] = (version << 4) | 5
    capture.note(`version ${String(version)}`).add(packet)
  }
}

function addOptions(capture: Capture): void {
  const record = [7, 39, 4, ...new Array<number>(37).fill(0)]
  for (const options of [[1, 1, 1, 1], [0x94, 4, 0, 0], record, [0x83, 99, 0, 0], [0, 9, 9, 9], [0x44, 0, 0, 0]]) {
    capture.note(`IPv4: options ${options.slice(0, 4).join(' ')}`).add(ipv4(payload(), { options: Uint8Array.from(options) }))
  }
}

function addChains(capture: Capture): void {
  const chain = (types: readonly number[], data: Uint8Array, last = IPPROTO_UDP) =>
    ipv6(types[0] ?? last, concat(...types.map((type, i) => extension(type, types[i + 1] ?? last)), data))
  for (const types of [
    [IPPROTO_HOPOPTS], [IPPROTO_ROUTING], [IPPROTO_DSTOPTS], [IPPROTO_AH],
    [IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING, IPPROTO_AH, IPPROTO_DSTOPTS],
    [IPPROTO_DSTOPTS, IPPROTO_HOPOPTS], [IPPROTO_DSTOPTS, IPPROTO_NONE], [IPPROTO_NONE], [IPPROTO_NONE, IPPROTO_DSTOPTS],
  ]) {
    capture.note(`IPv6: headers ${types.join(' ')}`).add(chain(types, payload()))
  }
  const transports = [IPPROTO_MH, IPPROTO_TCP, IPPROTO_ICMPV6, IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_GRE, IPPROTO_NONE, 50, 99, 139, 140, 255]
  for (const last of transports) {
    capture.note(`IPv6: next header ${String(last)}`)
    capture.add(chain([], filler(24, ++port), last), chain([IPPROTO_DSTOPTS], filler(24, ++port), last))
    capture.add(chain([], new Uint8Array(0), last), chain([IPPROTO_DSTOPTS], new Uint8Array(0), last))
  }
  for (const type of [IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS, IPPROTO_AH]) {
    for (const next of [IPPROTO_UDP, IPPROTO_DSTOPTS, 99]) {
      for (const size of [0, 1, 2, 7, 8, 9, 16]) {
        const header = concat([next, 1, 1, 10], new Uint8Array(12)).subarray(0, size)
        capture.note(`IPv6: ${String(size)} bytes of a header ${String(type)} of 16, next header ${String(next)}`).add(ipv6(type, header))
      }
    }
  }
  for (const options of [
    [0, 0, 0, 0, 0, 0], [1, 4, 0, 0, 0, 0], [5, 2, 0, 0, 1, 0], [0x9e, 4, 1, 2, 3, 4], [1, 5, 0, 0, 0, 0], [1, 3, 0, 0, 0, 1],
    [0, 0, 0, 0, 0, 0xc2], [0xc2, 4, 0, 1, 0, 0], [0xc2, 4, 0, 0, 0, 32], [0xc2, 3, 0, 0, 0, 0],
    [1, 12, ...new Array<number>(12).fill(0)], [1, 255, 0, 0, 0, 0],
  ]) {
    const packet = ipv6(IPPROTO_HOPOPTS, concat(extension(IPPROTO_HOPOPTS, IPPROTO_UDP, options), payload()))
    const unsized = packet.slice()
    unsized.set(sixteen(0), 4)
    capture.note(`IPv6: hop-by-hop options ${options.slice(0, 6).join(' ')}`).add(packet, unsized)
    capture.add(ipv6(IPPROTO_DSTOPTS, concat(extension(IPPROTO_DSTOPTS, IPPROTO_UDP, options), payload())))
  }
}

/** A packet cut at each of its bytes, a new one each time. */
function addCuts(capture: Capture): void {
  const synOptions = [2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 0, 0]
  const tcp = () => concat(sixteen(++port), [0, 80, 0, 0, 0, 9, 0, 0, 0, 0, 0x80, 0x02, 1, 0, 0, 0, 0, 0], synOptions, filler(8))
  const echo = (type: number) => () => concat([type, 0, 0, 0], sixteen(++port), filler(10))
  const error = () => concat([3, 1, 0, 0, 0, 0, 0, 0], ipv4(payload()))
  const forms: [name: string, make: () => Uint8Array][] = [
    ['TCP', () => ipv4(tcp(), { protocol: IPPROTO_TCP })],
    ['UDP', () => ipv4(payload())],
    ['UDP-Lite', () => ipv4(concat(sixteen(++port), [0, 80, 0, 8, 1, 1], filler(8)), { protocol: IPPROTO_UDPLITE })],
    ['ICMP', () => ipv4(echo(8)(), { protocol: IPPROTO_ICMP })],
    ['an ICMP error', () => ipv4(error(), { protocol: IPPROTO_ICMP })],
    ['GRE', () => ipv4(concat([0x20, 1, 0x88, 0x0b], sixteen(8), sixteen(++port), filler(8)), { protocol: IPPROTO_GRE })],
    ['IPv6', () => ipv6(IPPROTO_TCP, tcp())],
    ['ICMPv6', () => ipv6(IPPROTO_ICMPV6, echo(128)())],
    ['IPv6 with options', () => ipv6(IPPROTO_DSTOPTS, concat(extension(IPPROTO_DSTOPTS, IPPROTO_UDP), payload()))],
    ['an IPv6 fragment', () => ipv6(44, fragment6(IPPROTO_UDP, payload(), { id: ++port }))],
  ]
  for (const [name, make] of forms) {
    capture.note(`${name}, cut everywhere`)
    const { length } = make()
    for (let captured = 19; captured < length; captured++) capture.addCut(make(), captured).wait(1)
  }
}

/** By name of their folder. */
export function makeCaptures(): Record<string, Capture> {
  const headers = new Capture()
  for (const add of [addLengths, addOptions, addChains, addCuts]) add(headers.wait(10))
  return { 'ip-headers': headers }
}
