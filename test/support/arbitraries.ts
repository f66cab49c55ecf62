// Random values for property tests, made so that they collide and sit near bounds more often than chance would have it.

import fc from 'fast-check'
import {
  AF_INET, AF_INET6, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP,
} from '../../src/base/units.ts'
import { Tuple } from '../../src/table/tuple.ts'

/** A signed 32-bit word. */
export const word = fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.constantFrom(0, 1, -1, -(2 ** 31), 2 ** 31 - 1))
export const port = fc.oneof(fc.nat(0xffff), fc.constantFrom(0, 1, 53, 80, 0x7fff, 0x8000, 0xffff))

/** ICMP types that have an answer; shape: [ICMP, ICMPv6]. */
const QUERIES = [[0, 8, 13, 14, 15, 16, 17, 18], [128, 129, 139, 140]] as const

/** A tuple that has an inverse. @param words what an address is made of */
export function tuples(words: fc.Arbitrary<number> = word): fc.Arbitrary<Tuple> {
  return fc.record({
    isIpv6: fc.boolean(),
    protocol: fc.constantFrom(IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_GRE, 99, IPPROTO_ICMP),
    high: port,
    low: port,
    query: fc.nat(7),
    addresses: fc.array(words, { minLength: 8, maxLength: 8 }),
  }).map(({ isIpv6, protocol, high, low, query, addresses }) => {
    const tuple = new Tuple()
    const [s0, s1, s2, s3, d0, d1, d2, d3] = addresses as [number, number, number, number, number, number, number, number]
    tuple.proto = (isIpv6 ? AF_INET6 : AF_INET) | ((protocol === IPPROTO_ICMP && isIpv6 ? IPPROTO_ICMPV6 : protocol) << 8)
    if (protocol === IPPROTO_ICMP) {
      const types = QUERIES[isIpv6 ? 1 : 0]
      tuple.ports = (high << 16) | (types[query % types.length]! << 8) | (low & 255)
    } else tuple.ports = (high << 16) | low
    tuple.source0 = s0
    tuple.destination0 = d0
    if (isIpv6) Object.assign(tuple, { source1: s1, source2: s2, source3: s3, destination1: d1, destination2: d2, destination3: d3 })
    tuple.seal()
    return tuple
  })
}

/** What makes two tuples the same. */
export function keyOf(tuple: Tuple): string {
  const { proto, ports, source0, source1, source2, source3, destination0, destination1, destination2, destination3 } = tuple
  const tail = tuple.isIpv6 ? [source1, source2, source3, destination1, destination2, destination3] : []
  return [proto, ports, source0, destination0, ...tail].join(' ')
}
