// Which frames hold an IPv4 packet, where it ends, and what is read of one that the snap length cut.

import { describe, expect, test } from 'vitest'
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP } from '../../src/base/units.ts'
import { IpPath } from '../support/ip-path.ts'
import { concat, filler, ipv4, udp } from '../support/ip-packets.ts'

const payload = udp(filler(12))
const packet = ipv4(payload)
const path = new IpPath()

describe('an IPv4 packet', () => {
  test('is delivered as it came', () => {
    expect(path.feed(packet)).toEqual({ bytes: packet, protocol: IPPROTO_UDP, l4: 20, captured: 40, moved: false })
  })

  test('has its transport header behind the options', () => {
    const bytes = ipv4(payload, { options: new Uint8Array(40).fill(1) })
    expect(path.feed(bytes)).toEqual({ bytes, protocol: IPPROTO_UDP, l4: 60, captured: 80, moved: false })
  })

  test('ends where its total length says, whatever pads the frame', () => {
    expect(path.feed(concat(packet, filler(9)))).toMatchObject({ bytes: packet, captured: 40 })
  })

  test('with total length 0 goes on to the end of the frame as it was on the wire', () => {
    const bytes = ipv4(payload, { total: 0 })
    expect(path.feed(bytes, 40, 40)).toMatchObject({ bytes, captured: 40 })
    expect(path.feed(bytes, 40, 52)).toMatchObject({ bytes: concat(bytes, new Uint8Array(12)), captured: 40 })
  })

  test('with total length 0 is never longer than 65535 bytes', () => {
    const delivered = path.feed(ipv4(payload, { total: 0 }), 40, 70_000)
    expect(delivered).toMatchObject({ bytes: { length: 65_535 }, captured: 40 })
  })
})

describe('no IPv4 packet', () => {
  test.each([
    ['is a frame without a byte', packet, 0],
    ['is a header of 19 bytes', packet, 19],
    ['is one whose options the snap length cut', ipv4(payload, { options: new Uint8Array(8) }), 27],
  ])('%s', (_, bytes, captured) => {
    expect(path.feed(bytes, captured)).toBe('not IP')
  })

  test.each([0, 1, 2, 3, 5, 7, 8, 15])('is one of version %i', (version) => {
    const bytes = packet.slice()
    bytes[0] = (version << 4) | 5
    expect(path.feed(bytes)).toBe('not IP')
  })

  test.each([0, 1, 4])('has a header of %i words', (words) => {
    const bytes = packet.slice()
    bytes[0] = 0x40 | words
    expect(path.feed(bytes)).toBe('not IP')
  })

  test('has a total length below its header length', () => {
    expect(path.feed(ipv4(payload, { total: 19 }))).toBe('not IP')
    expect(path.feed(ipv4(payload, { total: 20 }))).toMatchObject({ bytes: { length: 20 } })
    expect(path.feed(ipv4(payload, { options: new Uint8Array(4), total: 23 }))).toBe('not IP')
  })

  test('is longer than its frame was on the wire', () => {
    expect(path.feed(ipv4(payload, { total: 41 }))).toBe('not IP')
    expect(path.feed(ipv4(payload, { total: 41 }), 40, 41)).toMatchObject({ bytes: { length: 41 } })
  })
})

describe('what the snap length cut', () => {
  const tcp = ipv4(concat([0, 1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0x70, 0x10, 0, 5, 0, 0, 0, 0], filler(60, 1)), { protocol: IPPROTO_TCP })

  test.each([
    ['TCP', tcp, 48],
    ['UDP', packet, 28],
  ])('does not move %s whose headers are there', (_, bytes, captured) => {
    const expected = concat(bytes.subarray(0, captured), new Uint8Array(bytes.length - captured))
    expect(path.feed(bytes, captured)).toMatchObject({ bytes: expected, captured, moved: false })
  })

  test.each([
    ['TCP without its options', tcp, 47],
    ['TCP without its fixed header', tcp, 39],
    ['UDP without its header', packet, 27],
    ['ICMP', ipv4(filler(30), { protocol: IPPROTO_ICMP }), 49],
    ['a protocol of no tracker', ipv4(filler(30), { protocol: 99 }), 49],
  ])('reads as zeros in %s', (_, bytes, captured) => {
    const expected = concat(bytes.subarray(0, captured), new Uint8Array(bytes.length - captured))
    expect(path.feed(bytes, captured)).toMatchObject({ bytes: expected, captured, moved: true })
  })

  test('reads as zeros in every packet, whatever was cut before', () => {
    const long = ipv4(new Uint8Array(1000).fill(255), { protocol: IPPROTO_ICMP })
    const short = ipv4(new Uint8Array(900).fill(254), { protocol: IPPROTO_ICMP })
    path.feed(long, 800, 1020)
    const expected = concat(short.subarray(0, 30), new Uint8Array(890))
    expect(path.feed(short, 30, 920)).toMatchObject({ bytes: expected, captured: 30 })
  })
})
