// What the wire says besides IP.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as frames from '../../scripts/lib/frames.ts'
import { LINKS } from '../../scripts/lib/links.ts'
import { ip, udp } from '../../scripts/lib/packets.ts'
import { Frame } from '../../src/capture/frame.ts'
import { PACKET_HOST, PACKET_OUTGOING, readWire, type Wire } from '../../src/link/wire.ts'

const PACKET = ip('10.0.0.1', '10.0.0.2', udp(), { ttl: 61 })
const PACKET6 = ip('2001:db8::1', '2001:db8::2', udp(), { ttl: 62 })
const typed = frames.ipPayload(PACKET)
const llc = frames.snap(typed)

const NOTHING: Wire = {
  source: null, destination: null, transmitter: null, receiver: null, vlans: [], labels: [], pppoeSession: null,
  packetType: null, arphrd: null, ifindex: null, outgoing: null, ttl: null,
}

function wireOf(linkType: number, bytes: Uint8Array): Wire {
  const frame = new Frame()
  frame.bytes = Uint8Array.from(bytes)
  frame.view = new DataView(frame.bytes.buffer)
  frame.end = bytes.length
  frame.wireLen = bytes.length
  frame.linkType = linkType
  return readWire(frame)
}

describe('read are', () => {
  const stations = { source: frames.CLIENT_MAC, destination: frames.SERVER_MAC }
  const tag = { type: 0x8100, id: 100, priority: 0 }
  const air = (n: number): string => `02:00:00:00:00:a${n}`

  test.each<[what: string, linkType: number, bytes: Uint8Array, facts: Partial<Wire>]>([
    ['stations', 1, frames.ethernet(typed), { ...stations, ttl: 61 }],
    ['the hop limit of IPv6', 1, frames.ethernet(frames.ipPayload(PACKET6)), { ...stations, ttl: 62 }],
    ['stations of 802.3', 1, frames.ethernetSnap(typed), { ...stations, ttl: 61 }],
    ['stations of what is not IP', 1, frames.ethernet({ type: 0x0806, bytes: new Uint8Array(28) }), stations],
    ['tags from the outermost', 1, frames.ethernet(frames.vlan(4095, frames.vlan(100, typed), 0x88a8, 7)),
      { ...stations, vlans: [{ type: 0x88a8, id: 4095, priority: 7 }, tag], ttl: 61 }],
    ['tags of what is not IP', 1, frames.ethernet(frames.vlan(100, { type: 0x0806, bytes: new Uint8Array(28) })),
      { ...stations, vlans: [tag] }],
    ['labels from the outermost', 1, frames.ethernet(frames.mpls([1_048_575, 16], PACKET)),
      { ...stations, labels: [{ label: 1_048_575, trafficClass: 0, ttl: 64 }, { label: 16, trafficClass: 0, ttl: 64 }], ttl: 61 }],
    ['a PPPoE session', 1, frames.ethernet(frames.vlan(100, frames.pppoe(PACKET, 0x1234))),
      { ...stations, vlans: [tag], pppoeSession: 0x1234, ttl: 61 }],
    ['a PPPoE session without Ethernet', 51, frames.pppoeSession(PACKET, 7), { pppoeSession: 7, ttl: 61 }],
    ['a cooked frame that came in', 113, frames.cooked(typed, PACKET_HOST),
      { source: frames.CLIENT_MAC, packetType: PACKET_HOST, arphrd: 1, outgoing: false, ttl: 61 }],
    ['a cooked frame that went out', 113, frames.cooked(frames.vlan(100, typed), PACKET_OUTGOING),
      { source: frames.CLIENT_MAC, packetType: PACKET_OUTGOING, arphrd: 1, outgoing: true, vlans: [tag], ttl: 61 }],
    ['the interface of a cooked frame', 276, frames.cooked2(typed, PACKET_OUTGOING, frames.CLIENT_MAC, 42),
      { source: frames.CLIENT_MAC, packetType: PACKET_OUTGOING, arphrd: 1, outgoing: true, ifindex: 42, ttl: 61 }],
    ['PPP received', 204, frames.pppDirection(PACKET, false), { outgoing: false, ttl: 61 }],
    ['PPP sent', 204, frames.pppDirection(PACKET, true), { outgoing: true, ttl: 61 }],
    ['PPP sent by pppd', 166, frames.pppPppd(PACKET, true), { outgoing: true, ttl: 61 }],
    ['the tag behind Cisco HDLC', 104, frames.ciscoHdlc(frames.vlan(100, typed)), { vlans: [tag], ttl: 61 }],
    ['the tag behind Cisco HDLC in PPP HDLC', 50, frames.ciscoHdlc(frames.vlan(100, typed)), { vlans: [tag], ttl: 61 }],
    ['no station of PPP', 9, frames.ppp(PACKET), { ttl: 61 }],
    ['no station of raw IP', 101, PACKET, { ttl: 61 }],
    ['no station of a loopback', 0, frames.loopback(PACKET), { ttl: 61 }],
    ['stations among themselves', 105, frames.ieee80211(llc),
      { receiver: air(1), transmitter: air(2), destination: air(1), source: air(2), ttl: 61 }],
    ['a station to its access point', 127, frames.radiotap(frames.ieee80211(llc, { way: 'to' })),
      { receiver: air(1), transmitter: air(2), destination: air(3), source: air(2), ttl: 61 }],
    ['an access point to its station', 119, frames.prism(frames.ieee80211(llc, { way: 'from' })),
      { receiver: air(1), transmitter: air(2), destination: air(1), source: air(3), ttl: 61 }],
    ['two access points', 163, frames.avs(frames.ieee80211(frames.snap(frames.vlan(100, typed)), { way: 'both', qos: 0 })),
      { receiver: air(1), transmitter: air(2), destination: air(3), source: air(4), vlans: [tag], ttl: 61 }],
    ['stations of an encrypted frame', 105, frames.ieee80211(llc, { way: 'to', control: 0x40 }),
      { receiver: air(1), transmitter: air(2), destination: air(3), source: air(2) }],
    ['no fact of a link type we do not read', 147, PACKET, {}],
  ])('%s', (_what, linkType, bytes, facts) => {
    expect(wireOf(linkType, bytes)).toEqual({ ...NOTHING, ...facts })
  })
})

test('a cooked frame has an address as long as it says, or none', () => {
  const bytes = frames.cooked(typed)
  bytes.set([0, 0], 4)
  expect(wireOf(113, bytes).source).toBeNull()
  bytes.set([0, 20], 4)
  expect(wireOf(113, bytes).source).toBe(`${frames.CLIENT_MAC}:00:00`)
})

test('a frame that is cut tells as much as is there, and the hops left only with its IP header', () => {
  for (const { linkType, offset, wrap } of LINKS) {
    const bytes = wrap(PACKET)
    const whole = wireOf(linkType, bytes)
    expect(whole.ttl).toBe(61)
    for (let length = 0; length < bytes.length; length++) {
      const wire = wireOf(linkType, bytes.subarray(0, length))
      expect(wire.ttl).toBe(length >= offset + 9 ? 61 : null)
      expect(whole.vlans.slice(0, wire.vlans.length)).toEqual(wire.vlans)
      for (const key of ['source', 'receiver', 'pppoeSession', 'packetType', 'ifindex', 'outgoing'] as const) {
        if (wire[key] !== null) expect(wire[key]).toBe(whole[key])
      }
    }
  }
})

test('whatever a frame holds, it is read', () => {
  const linkTypes = [...new Set(LINKS.map(({ linkType }) => linkType))]
  fc.assert(fc.property(fc.constantFrom(...linkTypes), fc.uint8Array({ maxLength: 200 }), (linkType, bytes) => {
    wireOf(linkType, bytes)
  }), { numRuns: 2000 })
})
