// Where IP starts, for every way to wrap it; nothing is found and nothing is read where the frame ends too early.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as frames from '../../scripts/lib/frames.ts'
import { LINKS } from '../../scripts/lib/links.ts'
import { ip, other, text, udp } from '../../scripts/lib/packets.ts'
import { Frame } from '../../src/capture/frame.ts'
import { NO_IP, UNSUPPORTED } from '../../src/link/answers.ts'
import { findIp } from '../../src/link/link.ts'

const IPV4 = ip('10.0.0.1', '10.0.0.2', udp({ payload: text('hello') }))
const IPV6 = ip('2001:db8::1', '2001:db8::2', udp({ payload: text('hello') }))
const BEFORE = 5 // bytes of another frame before ours: offsets are those of the buffer

/** A frame that ends where its buffer ends, so that a read past the end throws. */
function frameOf(linkType: number, bytes: Uint8Array): Frame {
  const frame = new Frame()
  frame.bytes = new Uint8Array(BEFORE + bytes.length)
  frame.bytes.set(bytes, BEFORE)
  frame.view = new DataView(frame.bytes.buffer)
  frame.start = BEFORE
  frame.end = frame.bytes.length
  frame.wireLen = bytes.length
  frame.linkType = linkType
  return frame
}

const find = (linkType: number, bytes: Uint8Array): number => {
  const at = findIp(frameOf(linkType, bytes))
  return at < 0 ? at : at - BEFORE
}

describe.each([['IPv4', IPV4], ['IPv6', IPV6]])('%s', (_version, packet) => {
  test.each(LINKS)('is found behind $name', ({ linkType, offset, wrap }) => {
    const bytes = wrap(packet)
    expect(find(linkType, bytes)).toBe(offset)
    expect(bytes.subarray(offset, offset + packet.length)).toEqual(packet)
  })

  test.each(LINKS)('is not found behind $name when the frame ends before it', ({ linkType, offset, wrap }) => {
    const bytes = wrap(packet)
    for (let length = 0; length < offset; length++) expect(find(linkType, bytes.subarray(0, length))).toBe(NO_IP)
    for (let length = offset + 1; length <= bytes.length; length++) expect(find(linkType, bytes.subarray(0, length))).toBe(offset)
  })
})

describe('other frames', () => {
  const arp = { type: 0x0806, bytes: new Uint8Array(28) }
  const behind = (type: number, ...bytes: readonly number[]) => ({ type, bytes: Uint8Array.from([...bytes, ...IPV4]) })
  const llc = frames.snap(frames.ipPayload(IPV4))
  test.each<[what: string, linkType: number, bytes: Uint8Array]>([
    ['ARP',                                     1, frames.ethernet(arp)],
    ['ARP in a VLAN',                           1, frames.ethernet(frames.vlan(1, arp))],
    ['ARP behind SNAP',                         1, frames.ethernetSnap(arp)],
    ['LLC that is not SNAP',                    1, frames.ethernet(behind(60, 0x42, 0x42, 3, 0, 0, 0, 8, 0))],
    ['SNAP of another organisation',            1, frames.ethernet(behind(60, 0xaa, 0xaa, 3, 0, 0, 0xf8, 8, 0))],
    ['SNAP behind a type that is no length',    1, frames.ethernet(behind(1501, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0))],
    ['labels without a last one',               1, frames.ethernet({ type: 0x8847, bytes: Uint8Array.of(0, 1, 0, 64, 0, 1, 0, 64) })],
    ['something else than IP behind labels',    1, frames.ethernet(frames.mpls([16], other(0, [0x00, ...IPV4]).bytes))],
    ['PPPoE discovery',                         1, frames.ethernet({ ...frames.pppoe(IPV4), type: 0x8863 })],
    ['IPCP in PPPoE',                           1, frames.ethernet(behind(0x8864, 0x11, 0, 0, 1, 0, 50, 0x80, 0x21))],
    ['LCP',                                     9, Uint8Array.from([0xff, 3, 0xc0, 0x21, ...IPV4])],
    ['a compressed TCP header',                 9, Uint8Array.from([0xff, 3, 0, 0x2d, ...IPV4])],
    ['LCP with direction',                    204, Uint8Array.from([1, 0xff, 3, 0xc0, 0x21, ...IPV4])],
    ['LCP of pppd',                           166, Uint8Array.from([1, 3, 0xc0, 0x21, ...IPV4])],
    ['SLARP',                                 104, frames.ciscoHdlc({ ...arp, type: 0x8035 })],
    ['another family',                          0, Uint8Array.from([0, 0, 0, 7, ...IPV4])],
    ['a family in the middle of its word',      0, Uint8Array.from([0, 2, 0, 0, ...IPV4])],
    ['ARP, cooked',                           113, frames.cooked(arp)],
    ['ARP, cooked 2',                         276, frames.cooked2(arp)],
    ['a beacon',                              105, Uint8Array.from([0x80, 0, ...frames.ieee80211(llc).subarray(2)])],
    ['an acknowledgement',                    105, Uint8Array.from([0xd4, 0, ...frames.ieee80211(llc).subarray(2)])],
    ['an encrypted frame',                    105, frames.ieee80211(llc, { control: 0x0040 })],
    ['a null function',                       105, frames.ieee80211(llc, { control: 0x4000 })],
    ['a QoS null function',                   105, frames.ieee80211(llc, { qos: 0, control: 0x4000 })],
    ['radiotap longer than its frame',        127, Uint8Array.from([0, 0, 0xff, 0xff, 0, 0, 0, 0, ...frames.ieee80211(llc)])],
    ['radiotap shorter than itself',          127, Uint8Array.from([0, 0, 7, 0, 0, 0, 0, ...frames.ieee80211(llc)])],
    ['AVS longer than its frame',             163, frames.avs(frames.ieee80211(llc)).fill(0xff, 4, 8)],
  ])('%s is no IP', (_what, linkType, bytes) => {
    expect(find(linkType, bytes)).toBe(NO_IP)
  })

  test.each([2, 147, 189, 220, 249, 65_535, 4_294_967_295])('link type %i is not one we read', (linkType) => {
    expect(find(linkType, IPV4)).toBe(UNSUPPORTED)
  })
})

describe('whatever a frame holds', () => {
  const linkTypes = [...new Set(LINKS.map(({ linkType }) => linkType))]

  test('what is found lies within it', () => {
    fc.assert(fc.property(fc.constantFrom(...linkTypes), fc.uint8Array({ maxLength: 300 }), (linkType, bytes) => {
      const at = find(linkType, bytes)
      return at === NO_IP || (at >= 0 && at <= bytes.length)
    }), { numRuns: 5000 })
  })

  test('what is found lies within it, when it is nearly right', () => {
    const change = fc.record({ at: fc.nat(80), to: fc.oneof(fc.nat(255), fc.constantFrom(0x81, 0x88, 0x47, 0x64, 0xaa, 0xff)) })
    const mutated = fc.record({
      link: fc.constantFrom(...LINKS), packet: fc.constantFrom(IPV4, IPV6), changes: fc.array(change, { maxLength: 4 }), cut: fc.nat(40),
    })
    fc.assert(fc.property(mutated, ({ link, packet, changes, cut }) => {
      const bytes = Uint8Array.from(link.wrap(packet))
      for (const { at, to } of changes) bytes[at] = to // beyond the end: nothing
      const frame = bytes.subarray(0, bytes.length - Math.min(cut, bytes.length))
      const at = find(link.linkType, frame)
      return at === NO_IP || (at >= 0 && at <= frame.length)
    }), { numRuns: 5000 })
  })

  test('tags to the very end of a large frame end the search', () => {
    const bytes = new Uint8Array(65_535)
    for (let i = 12; i < bytes.length; i++) bytes[i] = i % 2 === 0 ? 0x81 : 0
    expect(find(1, bytes)).toBe(NO_IP)
    for (let i = 12; i < bytes.length; i++) bytes[i] = i < 14 ? [0x88, 0x47][i - 12]! : 0
    expect(find(1, bytes)).toBe(NO_IP)
  })
})
