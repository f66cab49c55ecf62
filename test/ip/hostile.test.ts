// Whatever the bytes, a packet is refused, held or delivered, and what is delivered can be read to its end. Every buffer is
// just as long as what it holds: a read past the end throws.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  IPPROTO_AH, IPPROTO_DCCP, IPPROTO_DSTOPTS, IPPROTO_FRAGMENT, IPPROTO_HOPOPTS, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_ROUTING, IPPROTO_SCTP,
  IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../../src/base/units.ts'
import { innerTransport, transport } from '../../src/ip/inner.ts'
import { concat, extension, filler, fragment6, ipv4, ipv6, ipv6Fragment, udp } from '../support/ip-packets.ts'
import { IpPath } from '../support/ip-path.ts'

const LONGEST = 65_575

/** Holds a delivered packet to what later layers rely on, and reads all they may read. */
function read(path: IpPath, bytes: Uint8Array, captured: number, wireLen: number): void {
  const fate = path.feed(bytes, captured, wireLen)
  if (typeof fate === 'string') return
  const { l4, captured: there, bytes: { length } } = fate
  const view = new DataView(fate.bytes.buffer, fate.bytes.byteOffset, length)
  let isSane = length <= LONGEST && there <= length && (l4 === -1 || l4 >= 20)
  for (let at = 0; at < length; at += 4) {
    for (const version of [4, 6]) isSane &&= !innerTransport(view, at, length, version) || transport.l4 >= at
  }
  if (!isSane) throw new Error(`${length} bytes, ${there} of them captured, transport header at ${l4}`)
}

const headers = concat(
  extension(IPPROTO_HOPOPTS, IPPROTO_ROUTING, [5, 2, 0, 0, 1, 0]), extension(IPPROTO_ROUTING, IPPROTO_AH),
  extension(IPPROTO_AH, IPPROTO_FRAGMENT, filler(14)),
)
const samples: [name: string, bytes: Uint8Array][] = [
  ['IPv4', ipv4(udp(filler(8)), { options: Uint8Array.of(1, 1, 1, 0) })],
  ['an IPv4 fragment', ipv4(filler(16), { offset: 8, more: true })],
  ['IPv6', ipv6(IPPROTO_UDP, udp(filler(8)))],
  ['IPv6 with options', ipv6(IPPROTO_DSTOPTS, concat(extension(IPPROTO_DSTOPTS, IPPROTO_TCP, filler(12)), filler(20)))],
  ['an IPv6 fragment', ipv6(IPPROTO_HOPOPTS, concat(headers, fragment6(IPPROTO_UDP, udp(filler(8)), { more: true })))],
  ['an atomic IPv6 fragment', ipv6Fragment(IPPROTO_ICMPV6, filler(16))],
]

describe.each(samples)('%s', (_, bytes) => {
  test('cut anywhere is refused, held or delivered', () => {
    for (let captured = 0; captured <= bytes.length; captured++) {
      for (const wireLen of [captured, bytes.length, bytes.length + 9]) read(new IpPath(), bytes, captured, Math.max(captured, wireLen))
    }
  })

  test('with any byte changed is refused, held or delivered', () => {
    for (let at = 0; at < bytes.length; at++) {
      const path = new IpPath()
      for (let value = 0; value < 256; value++) {
        const changed = bytes.slice()
        changed[at] = value
        read(path, changed, bytes.length, bytes.length)
        read(path, changed, Math.min(bytes.length, at + 1), bytes.length)
      }
    }
  })
})

test('a stream of damaged fragments is refused, held or delivered', () => {
  const protocols = fc.constantFrom(
    IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_UDPLITE, IPPROTO_SCTP, IPPROTO_DCCP, IPPROTO_HOPOPTS, IPPROTO_DSTOPTS,
    IPPROTO_FRAGMENT, IPPROTO_AH, 59, 99,
  )
  const fragment = fc.record({
    isIpv6: fc.boolean(), protocol: protocols, id: fc.nat(2), offset: fc.oneof(fc.nat(6), fc.nat(0x1fff)), more: fc.boolean(),
    length: fc.oneof(fc.nat(40), fc.nat(2000)), captured: fc.nat(2000), padding: fc.nat(20), wait: fc.nat(20_000),
    change: fc.option(fc.record({ at: fc.nat(80), value: fc.nat(255) })),
  })
  fc.assert(fc.property(fc.array(fragment, { maxLength: 60 }), (stream) => {
    const path = new IpPath({ ipfrag_max_dist: 5, ipfrag_high_thresh: 30_000, frag6_high_thresh: 30_000 })
    for (const { isIpv6, protocol, id, offset, more, length, captured, padding, wait, change } of stream) {
      const fields = { id, offset: offset * 8, more }
      const bytes = isIpv6 ? ipv6Fragment(protocol, filler(length), fields) : ipv4(filler(length), { ...fields, protocol })
      if (change !== null) bytes[change.at % bytes.length] = change.value
      path.wait(wait)
      read(path, bytes, Math.min(captured, bytes.length), bytes.length + padding)
    }
    expect(path.layer.fragments4.requests + path.layer.fragments6.requests).toBeLessThanOrEqual(stream.length)
  }))
})

test('random bytes are refused, held or delivered', () => {
  const path = new IpPath()
  const begin = fc.constantFrom(0x45, 0x46, 0x4f, 0x60, 0x6f)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), begin, fc.nat(3), (random, first, padding) => {
    if (random.length > 0) random[0] = first
    read(path, random, random.length, random.length + padding)
  }), { numRuns: 2000 })
})
