// Checksums of packets that were captured whole, and of those that were not. What is right by the kernel's word, errors and
// all, is in test/golden/ip-checksums.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../src/base/units.ts'
import { checksumFails } from '../../src/ip/checksum.ts'
import { concat, crc32c, internetChecksum, ipv4, ipv6, sixteen } from '../support/ip-packets.ts'
import { IpPath } from '../support/ip-path.ts'

const FORMS = [
  { name: 'TCP', protocol: IPPROTO_TCP, field: 16, least: 20 },
  { name: 'UDP', protocol: IPPROTO_UDP, field: 6, least: 8 },
  { name: 'ICMP', protocol: IPPROTO_ICMP, field: 2, least: 8 },
  { name: 'ICMPv6', protocol: IPPROTO_ICMPV6, field: 2, least: 8 },
  { name: 'SCTP', protocol: IPPROTO_SCTP, field: 8, least: 12 },
]

interface Sample {
  readonly packet: Uint8Array
  readonly headers: number
}

/** A packet of random bytes whose checksum is right. */
function packetOf(protocol: number, field: number, random: Uint8Array): Sample {
  const isIpv6 = protocol === IPPROTO_ICMPV6 || (random[0]! % 2 === 1 && protocol !== IPPROTO_ICMP)
  const packet = isIpv6 ? ipv6(protocol, random) : ipv4(random, { protocol })
  const headers = packet.length - random.length
  if (protocol === IPPROTO_SCTP) {
    packet.fill(0, headers + field, headers + field + 4)
    packet.set(crc32c(packet.subarray(headers)), headers + field)
    return { packet, headers }
  }
  const addresses = packet.subarray(isIpv6 ? 8 : 12, headers)
  const pseudo = protocol === IPPROTO_ICMP ? new Uint8Array(0) : concat(addresses, sixteen(random.length), sixteen(protocol))
  packet.set([0, 0], headers + field)
  packet.set(sixteen(internetChecksum(concat(pseudo, packet.subarray(headers)))), headers + field)
  return { packet, headers }
}

describe.each(FORMS)('$name', ({ protocol, field, least }) => {
  const path = new IpPath()
  const fails = ({ packet }: Sample, captured = packet.length) => {
    path.feed(packet, captured)
    return checksumFails(path.packet, protocol)
  }
  const random = fc.uint8Array({ minLength: least, maxLength: 300 })

  test('whose checksum is right passes', () => {
    fc.assert(fc.property(random, (bytes) => { expect(fails(packetOf(protocol, field, bytes))).toBe(false) }))
  })

  test('with any bit of it changed fails', () => {
    fc.assert(fc.property(random, fc.nat(300), fc.nat(7), (bytes, at, bit) => {
      const sample = packetOf(protocol, field, bytes)
      sample.packet[sample.headers + at % bytes.length]! ^= 1 << bit
      expect(fails(sample)).toBe(true)
    }))
  })

  test('that the snap length cut never fails', () => {
    fc.assert(fc.property(random, fc.integer({ min: 1, max: 300 }), (bytes, missing) => {
      const sample = packetOf(protocol, field, bytes)
      sample.packet[sample.headers + field]! ^= 1
      expect(fails(sample, Math.max(sample.headers, sample.packet.length - missing))).toBe(false)
    }))
  })
})

test('the tests know CRC32c: its check value', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toEqual([0x83, 0x92, 0x06, 0xe3])
})
