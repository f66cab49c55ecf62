// Frames of every link type around an IP packet: what a sample or a test puts in a capture. Each takes the packet, or what
// an inner function made of it, and gives the frame.
//
//     ethernet(vlan(100, vlan(200, ipPayload(packet))))

import { concat, sixteen } from '../../test/support/ip-packets.ts'
import { thirtyTwo } from './packets.ts'

/** What follows an EtherType. */
export interface Typed {
  readonly type: number
  readonly bytes: Uint8Array
}

export interface Stations {
  /** MAC addresses as text */
  readonly from?: string
  readonly to?: string
}

export const CLIENT_MAC = '02:00:00:00:00:01'
export const SERVER_MAC = '02:00:00:00:00:02'

/** `02:00:00:00:00:01` as six bytes. */
export function mac(text: string): number[] {
  return text.split(':').map((part) => parseInt(part, 16))
}

const isIpv6 = (packet: Uint8Array): boolean => packet[0]! >>> 4 === 6

/** An IP packet behind its own EtherType. */
export const ipPayload = (packet: Uint8Array): Typed => ({ type: isIpv6(packet) ? 0x86dd : 0x0800, bytes: packet })

// --- behind an EtherType ---

/** @param tpid  EtherType of the tag: 8100, 88a8, 9100, 9200 @param priority  3 bits */
export function vlan(id: number, inner: Typed, tpid = 0x8100, priority = 0): Typed {
  return { type: tpid, bytes: concat(sixteen((priority << 13) | id), sixteen(inner.type), inner.bytes) }
}

/** @param labels  from the outermost; the last one is marked */
export function mpls(labels: readonly number[], packet: Uint8Array): Typed {
  const stack = labels.flatMap((label, i) => thirtyTwo((label << 12) | (i === labels.length - 1 ? 0x100 : 0) | 64))
  return { type: 0x8847, bytes: concat(stack, packet) }
}

export const pppoe = (packet: Uint8Array, session = 1): Typed => ({ type: 0x8864, bytes: pppoeSession(packet, session) })

// --- whole frames ---

/** LINKTYPE_ETHERNET (1) */
export function ethernet(payload: Typed, { from = CLIENT_MAC, to = SERVER_MAC }: Stations = {}): Uint8Array {
  return concat(mac(to), mac(from), sixteen(payload.type), payload.bytes)
}

/** LINKTYPE_ETHERNET (1): 802.3 with LLC and SNAP. */
export function ethernetSnap(payload: Typed, { from = CLIENT_MAC, to = SERVER_MAC }: Stations = {}): Uint8Array {
  return concat(mac(to), mac(from), sixteen(8 + payload.bytes.length), snap(payload))
}

/** LINKTYPE_LINUX_SLL (113). @param packetType  0 to us, 1 broadcast, 2 multicast, 3 to another, 4 from us */
export function cooked(payload: Typed, packetType = 0, from = CLIENT_MAC): Uint8Array {
  return concat(sixteen(packetType), sixteen(1), sixteen(6), mac(from), [0, 0], sixteen(payload.type), payload.bytes)
}

/** LINKTYPE_LINUX_SLL2 (276) */
export function cooked2(payload: Typed, packetType = 0, from = CLIENT_MAC, ifindex = 2): Uint8Array {
  return concat(sixteen(payload.type), [0, 0], thirtyTwo(ifindex), sixteen(1), [packetType, 6], mac(from), [0, 0], payload.bytes)
}

/** LINKTYPE_NULL (0), LINKTYPE_LOOP (108) with `bigEndian`. @param family6  10 Linux, 24 NetBSD, 28 FreeBSD, 30 Darwin */
export function loopback(packet: Uint8Array, bigEndian = false, family6 = 30): Uint8Array {
  const family = isIpv6(packet) ? family6 : 2
  return concat(bigEndian ? thirtyTwo(family) : thirtyTwo(family).reverse(), packet)
}

/** LINKTYPE_PPP (9), LINKTYPE_PPP_HDLC (50). @param compressed  address and control left out, the protocol in one byte */
export function ppp(packet: Uint8Array, compressed = false): Uint8Array {
  const protocol = isIpv6(packet) ? 0x57 : 0x21
  return compressed ? concat([protocol], packet) : concat([0xff, 0x03, 0, protocol], packet)
}

/** LINKTYPE_PPP_WITH_DIR (204) */
export const pppDirection = (packet: Uint8Array, sent = false): Uint8Array => concat([sent ? 1 : 0], ppp(packet))

/** LINKTYPE_PPP_PPPD (166) */
export const pppPppd = (packet: Uint8Array, sent = false): Uint8Array => concat([sent ? 1 : 0], ppp(packet).subarray(1))

/** LINKTYPE_PPP_ETHER (51) */
export function pppoeSession(packet: Uint8Array, session = 1): Uint8Array {
  return concat([0x11, 0], sixteen(session), sixteen(2 + packet.length), [0, isIpv6(packet) ? 0x57 : 0x21], packet)
}

/** LINKTYPE_C_HDLC (104) */
export const ciscoHdlc = (payload: Typed): Uint8Array => concat([0x0f, 0], sixteen(payload.type), payload.bytes)

// --- 802.11 ---

export interface WlanFields {
  /** Ways through the distribution system: from a station, from an access point, between two of them; none is ad hoc. */
  readonly way?: 'none' | 'to' | 'from' | 'both'
  /** QoS control, first byte: a subtype that has it. */
  readonly qos?: number
  /** With QoS: four bytes of HT control. */
  readonly htControl?: boolean
  /** Bytes that a radio put behind the header to align it. */
  readonly padding?: number
  /** Bits to add to frame control, e.g. 0x0040 for encrypted. */
  readonly control?: number
}

/** LINKTYPE_IEEE802_11 (105). Addresses are 02:…:a1 to a4, in the order of the header. */
export function ieee80211(body: Uint8Array, fields: WlanFields = {}): Uint8Array {
  const { way = 'none', qos, htControl = false, padding = 0, control = 0 } = fields
  const ds = { none: 0, to: 1, from: 2, both: 3 }[way]
  const bits = 0x0800 | (qos === undefined ? 0 : 0x8000) | ds | (htControl ? 0x80 : 0) | control
  const station = (i: number): number[] => [2, 0, 0, 0, 0, 0xa0 + i]
  return concat(sixteen(bits), [0, 0], station(1), station(2), station(3), [0, 0], ds === 3 ? station(4) : [],
    qos === undefined ? [] : [qos, 0], htControl ? [0, 0, 0, 0] : [], new Uint8Array(padding), body)
}

/** LLC and SNAP. */
export function snap(payload: Typed): Uint8Array {
  return concat([0xaa, 0xaa, 3, 0, 0, 0], sixteen(payload.type), payload.bytes)
}

/** Several bodies in one frame (A-MSDU); goes with `qos: 0x80`. */
export function amsdu(...bodies: readonly Uint8Array[]): Uint8Array {
  return concat(...bodies.map((body, i) => concat(mac(SERVER_MAC), mac(CLIENT_MAC), sixteen(body.length), body,
    new Uint8Array(i === bodies.length - 1 ? 0 : -(14 + body.length) & 3))))
}

/** LINKTYPE_IEEE802_11_RADIOTAP (127): with flags and rate. */
export const radiotap = (frame: Uint8Array): Uint8Array => concat([0, 0, 10, 0, 6, 0, 0, 0, 0, 2], frame)

/** LINKTYPE_IEEE802_11_PRISM (119) */
export const prism = (frame: Uint8Array): Uint8Array => concat([0x44, 0, 0, 0, 0x90, 0, 0, 0], new Uint8Array(136), frame)

/** LINKTYPE_IEEE802_11_AVS (163); some drivers write it where Prism's is announced. */
export const avs = (frame: Uint8Array): Uint8Array => concat([0x80, 0x21, 0x10, 1], thirtyTwo(64), new Uint8Array(56), frame)
