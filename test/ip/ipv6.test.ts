// Which frames hold an IPv6 packet, where its transport header is, and which hop-by-hop headers a bridge lets pass.

import { describe, expect, test } from 'vitest'
import {
  IPPROTO_AH, IPPROTO_DSTOPTS, IPPROTO_FRAGMENT, IPPROTO_HOPOPTS, IPPROTO_ICMPV6, IPPROTO_MH, IPPROTO_NONE, IPPROTO_ROUTING, IPPROTO_TCP,
  IPPROTO_UDP,
} from '../../src/base/units.ts'
import { innerTransport, transport } from '../../src/ip/inner.ts'
import { IpPath } from '../support/ip-path.ts'
import { concat, extension, filler, fragment6, ipv4, ipv6, udp } from '../support/ip-packets.ts'

const payload = udp(filler(12))
const packet = ipv6(IPPROTO_UDP, payload)
const path = new IpPath()

describe('an IPv6 packet', () => {
  test('is delivered as it came', () => {
    expect(path.feed(packet)).toEqual({ bytes: packet, protocol: IPPROTO_UDP, l4: 40, captured: 60, moved: false })
  })

  test('ends where its payload length says, whatever pads the frame', () => {
    expect(path.feed(concat(packet, filler(9)))).toMatchObject({ bytes: packet, captured: 60 })
  })

  test('with payload length 0 goes on to the end of the frame as it was on the wire', () => {
    const bytes = ipv6(IPPROTO_UDP, payload, { length: 0 })
    expect(path.feed(bytes, 60, 60)).toMatchObject({ bytes, captured: 60 })
    expect(path.feed(bytes, 60, 72)).toMatchObject({ bytes: concat(bytes, new Uint8Array(12)), captured: 60 })
    expect(path.feed(bytes, 60, 70_000)).toMatchObject({ bytes: { length: 65_575 }, captured: 60 })
  })

  test('may be a header and nothing else', () => {
    const bytes = ipv6(IPPROTO_UDP, new Uint8Array(0))
    expect(path.feed(bytes)).toMatchObject({ bytes, protocol: IPPROTO_UDP, l4: 40 })
  })

  test('is none when its header is cut, or when it is longer than its frame was on the wire', () => {
    expect(path.feed(packet, 39)).toBe('not IP')
    expect(path.feed(ipv6(IPPROTO_UDP, payload, { length: 21 }))).toBe('not IP')
    expect(path.feed(ipv6(IPPROTO_UDP, payload, { length: 21 }), 60, 61)).toMatchObject({ bytes: { length: 61 } })
  })
})

describe('the chain of extension headers', () => {
  const kinds: [name: string, type: number][] = [
    ['hop-by-hop options', IPPROTO_HOPOPTS], ['a routing header', IPPROTO_ROUTING], ['destination options', IPPROTO_DSTOPTS],
    ['an authentication header', IPPROTO_AH],
  ]

  test.each(kinds)('leads through %s', (_, type) => {
    for (const size of [6, 14, 22]) {
      const header = extension(type, IPPROTO_UDP, new Array<number>(size).fill(0))
      const bytes = ipv6(type, concat(header, payload))
      expect(path.feed(bytes)).toMatchObject({ bytes, protocol: IPPROTO_UDP, l4: 40 + header.length })
    }
  })

  test('leads through one header after another', () => {
    const headers = concat(
      extension(IPPROTO_HOPOPTS, IPPROTO_DSTOPTS), extension(IPPROTO_DSTOPTS, IPPROTO_ROUTING), extension(IPPROTO_ROUTING, IPPROTO_AH),
      extension(IPPROTO_AH, IPPROTO_DSTOPTS), extension(IPPROTO_DSTOPTS, IPPROTO_TCP),
    )
    expect(path.feed(ipv6(IPPROTO_HOPOPTS, concat(headers, filler(20))))).toMatchObject({ protocol: IPPROTO_TCP, l4: 40 + headers.length })
  })

  test('ends at a protocol that is no extension header, Mobility among them', () => {
    for (const protocol of [IPPROTO_MH, IPPROTO_ICMPV6, 50, 139, 140, 253]) {
      expect(path.feed(ipv6(protocol, filler(16)))).toMatchObject({ protocol, l4: 40 })
    }
  })

  test('leads nowhere at No Next Header', () => {
    expect(path.feed(ipv6(IPPROTO_NONE, filler(16)))).toMatchObject({ l4: -1 })
    expect(path.feed(ipv6(IPPROTO_DSTOPTS, extension(IPPROTO_DSTOPTS, IPPROTO_NONE)))).toMatchObject({ l4: -1 })
  })

  test('may lead behind the packet: a last header too short for what it says', () => {
    expect(path.feed(ipv6(IPPROTO_DSTOPTS, Uint8Array.of(99, 3, 0, 0, 0, 0, 0, 0)))).toMatchObject({ protocol: 99, l4: 72 })
  })

  test('is broken where a header starts behind the packet, or has but one byte', () => {
    expect(path.feed(ipv6(IPPROTO_DSTOPTS, Uint8Array.of(IPPROTO_DSTOPTS, 3, 0, 0, 0, 0, 0, 0)))).toMatchObject({ l4: -1 })
    expect(path.feed(ipv6(IPPROTO_DSTOPTS, Uint8Array.of(IPPROTO_UDP)))).toMatchObject({ l4: -1 })
    expect(path.feed(ipv6(IPPROTO_DSTOPTS, new Uint8Array(0)))).toMatchObject({ l4: -1 })
  })

  test('is read as zeros where the snap length cut it', () => {
    const bytes = ipv6(IPPROTO_DSTOPTS, concat(extension(IPPROTO_DSTOPTS, IPPROTO_UDP), payload))
    expect(path.feed(bytes, 40)).toMatchObject({ protocol: 0, l4: -1, captured: 40, moved: true })
    expect(path.feed(bytes, 41)).toMatchObject({ protocol: IPPROTO_UDP, l4: 48, captured: 41, moved: true })
  })
})

describe('hop-by-hop options', () => {
  const withOptions = (...options: number[]) => ipv6(IPPROTO_HOPOPTS, concat(extension(IPPROTO_HOPOPTS, IPPROTO_UDP, options), payload))

  test.each([
    ['Pad1', [0, 0, 0, 0, 0, 0]],
    ['PadN', [1, 4, 0, 0, 0, 0]],
    ['a router alert', [5, 2, 0, 0, 1, 0]],
    ['an option nobody knows', [0x9e, 4, 1, 2, 3, 4]],
    ['an option as long as the header', [1, 12, ...new Array<number>(12).fill(0)]],
  ])('pass: %s', (_, options) => {
    expect(path.feed(withOptions(...options))).toMatchObject({ protocol: IPPROTO_UDP })
  })

  test.each([
    ['an option longer than the header', [1, 5, 0, 0, 0, 0]],
    ['an option without its length', [1, 3, 0, 0, 0, 1]],
    ['a jumbo payload of 65536 bytes', [0xc2, 4, 0, 1, 0, 0]],
    ['a jumbo payload of 1 byte', [0xc2, 4, 0, 0, 0, 1]],
    ['a jumbo payload without its length', [0, 0, 0, 0, 0, 0xc2]],
  ])('are refused: %s', (_, options) => {
    expect(path.feed(withOptions(...options))).toBe('held')
  })

  test('are refused when they are longer than the packet', () => {
    expect(path.feed(ipv6(IPPROTO_HOPOPTS, Uint8Array.of(IPPROTO_UDP, 1, 0, 0, 0, 0, 0, 0)))).toBe('held')
    expect(path.feed(ipv6(IPPROTO_HOPOPTS, new Uint8Array(7)))).toBe('held')
  })

  test('are refused in a packet of payload length 0: the frame is not asked', () => {
    const bytes = ipv6(IPPROTO_HOPOPTS, concat(extension(IPPROTO_HOPOPTS, IPPROTO_UDP), payload), { length: 0 })
    expect(path.feed(bytes)).toBe('held')
  })
})

describe('the packet inside an ICMP error', () => {
  const find = (bytes: Uint8Array, version: number) =>
    innerTransport(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length, version) ? { ...transport } : null

  test('has its transport header behind options and extension headers', () => {
    expect(find(ipv4(payload, { options: new Uint8Array(8) }), 4)).toEqual({ l4: 28, protocol: IPPROTO_UDP })
    const behindOptions = ipv6(IPPROTO_DSTOPTS, concat(extension(IPPROTO_DSTOPTS, IPPROTO_UDP), payload))
    expect(find(behindOptions, 6)).toEqual({ l4: 48, protocol: IPPROTO_UDP })
  })

  test('has none when it is a later fragment, and one when it is a first', () => {
    expect(find(ipv4(payload, { offset: 8 }), 4)).toBeNull()
    expect(find(ipv4(payload, { more: true }), 4)).toEqual({ l4: 20, protocol: IPPROTO_UDP })
    expect(find(ipv6(IPPROTO_FRAGMENT, fragment6(IPPROTO_UDP, payload, { offset: 8 })), 6)).toBeNull()
    expect(find(ipv6(IPPROTO_FRAGMENT, fragment6(IPPROTO_UDP, payload, { more: true })), 6)).toEqual({ l4: 48, protocol: IPPROTO_UDP })
  })

  test('is not judged by its version, its length or a header length below 20', () => {
    const bytes = ipv4(payload, { total: 9999 })
    bytes[0] = 0x92
    expect(find(bytes, 4)).toEqual({ l4: 8, protocol: IPPROTO_UDP })
  })

  test('has none when its header is cut', () => {
    expect(find(packet.slice(0, 39), 6)).toBeNull()
    expect(find(ipv4(payload).slice(0, 19), 4)).toBeNull()
    expect(find(ipv4(payload, { options: new Uint8Array(8) }).slice(0, 27), 4)).toBeNull()
    expect(find(ipv4(payload, { options: new Uint8Array(8) }).slice(0, 28), 4)).toEqual({ l4: 28, protocol: IPPROTO_UDP })
  })
})
