// What the wire says besides IP: stations, VLANs, labels, which way a frame went. For diagnoses, read again from the frame
// when someone asks; the path of a packet (link.ts) neither makes nor passes any of it.

import type { Frame } from '../capture/frame.ts'
import { ETHERNET_HEADER, ETHERNET_TYPE } from './ethernet.ts'
import {
  ETHERTYPE_MPLS, ETHERTYPE_MPLS_MULTICAST, ETHERTYPE_PPPOE, isSnap, isVlanType, LONGEST_LENGTH, SNAP_HEADER, VLAN_TAG,
} from './ethertype.ts'
import { COOKED2_HEADER, COOKED_HEADER } from './cooked.ts'
import { CISCO_HDLC_HEADER, isCiscoHdlc } from './hdlc.ts'
import { findSnap, FROM_DS, hasFourth, HEADER, TO_DS, TYPE, TYPE_DATA } from './ieee80211.ts'
import { findIp } from './link.ts'
import { BOTTOM_OF_STACK, LABEL } from './mpls.ts'
import { PPPOE_HEADER } from './ppp.ts'
import { avsEnd, prismEnd, radiotapEnd } from './radio.ts'

const MAC = 6 // bytes
const COOKED_ADDRESS = 8 // bytes there is room for

// Whose a frame is, as cooked captures say it.
export const PACKET_HOST = 0 // to the machine that captured
export const PACKET_BROADCAST = 1
export const PACKET_MULTICAST = 2
export const PACKET_OTHERHOST = 3 // to another machine
export const PACKET_OUTGOING = 4 // from the machine that captured

export interface VlanTag {
  /** EtherType that announced the tag: 8100, 88a8, 9100, 9200 */
  readonly type: number
  /** 12 bits */
  readonly id: number
  /** 3 bits */
  readonly priority: number
}

export interface MplsLabel {
  /** 20 bits */
  readonly label: number
  /** 3 bits */
  readonly trafficClass: number
  readonly ttl: number
}

/** What a frame says below IP; null where its link says nothing of the kind, or was cut before it. */
export interface Wire {
  /** Stations that sent the packet and are to have it, as `02:00:00:00:00:01`; cooked captures know the sender alone. */
  source: string | null
  destination: string | null
  /** 802.11: who sent this frame through the air, and to whom. */
  transmitter: string | null
  receiver: string | null
  /** Tags and labels, from the outermost. */
  readonly vlans: VlanTag[]
  readonly labels: MplsLabel[]
  pppoeSession: number | null
  /** Cooked: PACKET_… */
  packetType: number | null
  /** Cooked: ARPHRD_… of the interface */
  arphrd: number | null
  /** Cooked, version 2: the interface's number on the machine that captured */
  ifindex: number | null
  /** True: sent by the machine that captured; false: received. Cooked captures and PPP with direction know. */
  outgoing: boolean | null
  /** Hops this very frame had left. */
  ttl: number | null
}

/** Reads what stands around the IP packet of a frame. Never fails: what is not there is null. */
export function readWire(frame: Frame): Wire {
  const wire: Wire = {
    source: null, destination: null, transmitter: null, receiver: null, vlans: [], labels: [], pppoeSession: null,
    packetType: null, arphrd: null, ifindex: null, outgoing: null, ttl: null,
  }
  readLink(frame, wire)
  readTtl(frame, wire)
  return wire
}

function readLink(frame: Frame, wire: Wire): void {
  const { start } = frame
  switch (frame.linkType) {
    case 1: readEthernet(frame, wire); return
    case 113: readCooked(frame, wire); return
    case 276: readCooked2(frame, wire); return
    case 50: if (isCiscoHdlc(frame)) readCiscoHdlc(frame, wire); return
    case 51: readPppoe(frame, start, wire); return
    case 104: readCiscoHdlc(frame, wire); return
    case 105: readIeee80211(frame, start, wire); return
    case 119: readIeee80211(frame, prismEnd(frame), wire); return
    case 127: readIeee80211(frame, radiotapEnd(frame), wire); return
    case 163: readIeee80211(frame, avsEnd(frame), wire); return
    case 166: case 204: wire.outgoing = has(frame, start, 1) ? frame.view.getUint8(start) !== 0 : null
  }
}

function readTtl(frame: Frame, wire: Wire): void {
  const at = findIp(frame)
  if (at < 0 || !has(frame, at, 9)) return
  const version = frame.view.getUint8(at) >>> 4
  if (version === 4) wire.ttl = frame.view.getUint8(at + 8)
  else if (version === 6) wire.ttl = frame.view.getUint8(at + 7)
}

function readEthernet(frame: Frame, wire: Wire): void {
  const { start, view } = frame
  wire.destination = macAt(frame, start)
  wire.source = macAt(frame, start + MAC)
  if (has(frame, start, ETHERNET_HEADER)) readTyped(frame, view.getUint16(start + ETHERNET_TYPE), start + ETHERNET_HEADER, wire)
}

function readCooked(frame: Frame, wire: Wire): void {
  const { start, view } = frame
  if (!has(frame, start, COOKED_HEADER)) return
  setPacketType(wire, view.getUint16(start))
  wire.arphrd = view.getUint16(start + 2)
  wire.source = cookedAddress(frame, view.getUint16(start + 4), start + 6)
  readTyped(frame, view.getUint16(start + 14), start + COOKED_HEADER, wire)
}

function readCooked2(frame: Frame, wire: Wire): void {
  const { start, view } = frame
  if (!has(frame, start, COOKED2_HEADER)) return
  wire.ifindex = view.getUint32(start + 4)
  wire.arphrd = view.getUint16(start + 8)
  setPacketType(wire, view.getUint8(start + 10))
  wire.source = cookedAddress(frame, view.getUint8(start + 11), start + 12)
  readTyped(frame, view.getUint16(start), start + COOKED2_HEADER, wire)
}

function setPacketType(wire: Wire, packetType: number): void {
  wire.packetType = packetType
  wire.outgoing = packetType === PACKET_OUTGOING
}

function cookedAddress(frame: Frame, length: number, at: number): string | null {
  return length === 0 ? null : octets(frame, at, Math.min(length, COOKED_ADDRESS))
}

function readCiscoHdlc(frame: Frame, wire: Wire): void {
  const { start, view } = frame
  if (has(frame, start, CISCO_HDLC_HEADER)) readTyped(frame, view.getUint16(start + 2), start + CISCO_HDLC_HEADER, wire)
}

/** Addresses by what they mean, which the two bits of the distribution system decide (IEEE 802.11, table 9-30). */
function readIeee80211(frame: Frame, at: number, wire: Wire): void {
  if (at < 0 || !has(frame, at, HEADER)) return
  const control = frame.view.getUint16(at)
  wire.receiver = macAt(frame, at + 4)
  wire.transmitter = macAt(frame, at + 10)
  if ((control & TYPE) !== TYPE_DATA) return
  const third = macAt(frame, at + 16)
  wire.destination = (control & TO_DS) === 0 ? wire.receiver : third
  wire.source = hasFourth(control) ? macAt(frame, at + HEADER) : (control & FROM_DS) === 0 ? wire.transmitter : third
  const llc = findSnap(frame, at)
  if (llc >= 0) readTyped(frame, frame.view.getUint16(llc + 6), llc + SNAP_HEADER, wire)
}

/** What `behindType` of ethertype.ts steps over. */
function readTyped(frame: Frame, type: number, at: number, wire: Wire): void {
  const { view } = frame
  while (true) {
    if (isVlanType(type)) {
      if (!has(frame, at, VLAN_TAG)) return
      const control = view.getUint16(at)
      wire.vlans.push({ type, id: control & 0xfff, priority: control >>> 13 })
      type = view.getUint16(at + 2)
      at += VLAN_TAG
    } else if (type <= LONGEST_LENGTH && isSnap(frame, at)) {
      type = view.getUint16(at + 6)
      at += SNAP_HEADER
    } else {
      if (type === ETHERTYPE_MPLS || type === ETHERTYPE_MPLS_MULTICAST) readLabels(frame, at, wire)
      else if (type === ETHERTYPE_PPPOE) readPppoe(frame, at, wire)
      return
    }
  }
}

function readLabels(frame: Frame, at: number, wire: Wire): void {
  while (has(frame, at, LABEL)) {
    const word = frame.view.getUint32(at)
    wire.labels.push({ label: word >>> 12, trafficClass: (word >>> 9) & 7, ttl: word & 255 })
    if ((word & BOTTOM_OF_STACK) !== 0) return
    at += LABEL
  }
}

function readPppoe(frame: Frame, at: number, wire: Wire): void {
  if (has(frame, at, PPPOE_HEADER)) wire.pppoeSession = frame.view.getUint16(at + 2)
}

function has({ end }: Frame, at: number, length: number): boolean {
  return end - at >= length
}

const macAt = (frame: Frame, at: number): string | null => octets(frame, at, MAC)

function octets(frame: Frame, at: number, length: number): string | null {
  if (!has(frame, at, length)) return null
  const parts: string[] = []
  for (let i = 0; i < length; i++) parts.push(frame.view.getUint8(at + i).toString(16).padStart(2, '0'))
  return parts.join(':')
}
