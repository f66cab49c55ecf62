// A packet's key: the words that flows match, read from its frame.
// Source: ovs-fields(7); what a short header leaves at zero, key_extract() in net/openvswitch/flow.c (v6.12).

import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../base/units.ts'
import type { Frame } from '../../capture/frame.ts'
import type { Packet } from '../../ip/packet.ts'
import { type Facts, NO_PORT } from '../facts.ts'
import {
  ARP_SHA, ARP_THA, DL_DST, DL_SRC, DL_TYPE, IN_PORT, IPV6_DST, IPV6_LABEL, IPV6_SRC, KEY_WORDS, ND_SLL, ND_TARGET, ND_TLL, NW_DST,
  NW_PROTO, NW_SRC, NW_TOS, NW_TTL, TCP_FLAGS, TP_DST, TP_SRC, VLAN_PRESENT, VLAN_TCI,
} from './fields.ts'

const LINK_ETHERNET = 1
const ETHERNET_HEADER = 14 // bytes
const TAG = 4
const TYPE_AT = 12
const MAC = 6
const LEAST_TYPE = 0x600 // below it stands a length, and the frame is 802.2
const TYPE_802_2 = 0x05ff
const ETHERTYPE_VLAN = 0x8100
const ETHERTYPE_QINQ = 0x88a8
const ETHERTYPE_ARP = 0x0806
const ARP_LENGTH = 28
const ND_SOLICITATION = 135
const ND_ADVERTISEMENT = 136
const ND_LENGTH = 24
const OPTION_SOURCE = 1
const OPTION_TARGET = 2
const FLAG_BITS = 0xfff
const PORTED = [IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP] // whose ports flows match

/** The key of one packet, re-aimed for each. */
export class PacketKey {
  readonly words = new Int32Array(KEY_WORDS)
  /** Bytes the frame has for Open vSwitch, and those of them in front of IP. */
  length = 0
  linkLength = 0
  /** It is IP behind one tag at most: conntrack can be asked. */
  isIp = false

  /** @param packet  the frame's IP packet, read into `facts`; null where it has none */
  load(frame: Frame, packet: Packet | null, facts: Facts, port: number): void {
    const { words } = this
    words.fill(0)
    words[IN_PORT] = port
    this.length = Math.max(frame.wireLen, frame.end - frame.start)
    this.isIp = false
    const behind = this.#loadLink(frame, packet)
    this.linkLength = Math.max(0, behind - frame.start)
    const type = words[DL_TYPE]!
    if (packet !== null && (type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6)) {
      this.isIp = true
      this.#loadIp(packet, facts)
    } else if (type === ETHERTYPE_ARP && frame.end - behind >= ARP_LENGTH) this.#loadArp(frame.view, behind)
  }

  /** @returns where the network header starts */
  #loadLink(frame: Frame, packet: Packet | null): number {
    const { words } = this
    const { view, start, end } = frame
    if (frame.linkType !== LINK_ETHERNET || end - start < ETHERNET_HEADER) {
      words[DL_TYPE] = packet === null ? 0 : packet.version === 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4
      return start
    }
    this.#loadMac(DL_DST, view, start)
    this.#loadMac(DL_SRC, view, start + MAC)
    let at = start + TYPE_AT
    let type = view.getUint16(at)
    if ((type === ETHERTYPE_VLAN || type === ETHERTYPE_QINQ) && end - at >= TAG + 2) {
      words[VLAN_TCI] = view.getUint16(at + 2) | VLAN_PRESENT
      at += TAG
      type = view.getUint16(at)
    }
    words[DL_TYPE] = type < LEAST_TYPE ? TYPE_802_2 : type
    return at + 2
  }

  #loadMac(word: number, view: DataView, at: number): void {
    this.words[word] = view.getUint16(at)
    this.words[word + 1] = view.getInt32(at + 2)
  }

  #loadIp(packet: Packet, facts: Facts): void {
    const { words } = this
    const { view, ip } = packet
    words[NW_PROTO] = packet.protocol
    words[NW_TOS] = facts.tos
    if (facts.isIpv6) {
      words[NW_TTL] = view.getUint8(ip + 7)
      words[IPV6_LABEL] = view.getUint32(ip) & 0xfffff
      for (let i = 0; i < 4; i++) {
        words[IPV6_SRC + i] = view.getInt32(ip + 8 + 4 * i)
        words[IPV6_DST + i] = view.getInt32(ip + 24 + 4 * i)
      }
    } else {
      words[NW_TTL] = view.getUint8(ip + 8)
      words[NW_SRC] = facts.source0
      words[NW_DST] = facts.destination0
    }
    this.#loadTransport(packet, facts)
  }

  /** Takes over the addresses and ports of a packet that has been translated. */
  readdress(facts: Facts): void {
    const { words } = this
    if (facts.isIpv6) {
      words.set([facts.source0, facts.source1, facts.source2, facts.source3], IPV6_SRC)
      words.set([facts.destination0, facts.destination1, facts.destination2, facts.destination3], IPV6_DST)
    } else {
      words[NW_SRC] = facts.source0
      words[NW_DST] = facts.destination0
    }
    if (facts.sport === NO_PORT || !PORTED.includes(facts.protocol)) return
    words[TP_SRC] = facts.sport
    words[TP_DST] = facts.dport
  }

  #loadTransport({ view, l4, protocol }: Packet, facts: Facts): void {
    if (!facts.isPlain) return
    const { words } = this
    switch (protocol) {
      case IPPROTO_TCP:
        if (facts.room < (view.getUint8(l4 + 12) >>> 4) * 4) return
        words[TCP_FLAGS] = view.getUint16(l4 + 12) & FLAG_BITS
        break
      case IPPROTO_UDP: case IPPROTO_SCTP: break
      case IPPROTO_ICMP: case IPPROTO_ICMPV6:
        words[TP_SRC] = view.getUint8(l4)
        words[TP_DST] = view.getUint8(l4 + 1)
        if (protocol === IPPROTO_ICMPV6) this.#loadDiscovery(view, l4, l4 + facts.room)
        return
      default: return
    }
    words[TP_SRC] = view.getUint16(l4)
    words[TP_DST] = view.getUint16(l4 + 2)
  }

  /** Neighbour discovery: the target, and the link addresses among the options. */
  #loadDiscovery(view: DataView, l4: number, end: number): void {
    const { words } = this
    const type = words[TP_SRC]
    if ((type !== ND_SOLICITATION && type !== ND_ADVERTISEMENT) || words[TP_DST] !== 0 || end - l4 < ND_LENGTH) return
    for (let i = 0; i < 4; i++) words[ND_TARGET + i] = view.getInt32(l4 + 8 + 4 * i)
    for (let at = l4 + ND_LENGTH; end - at >= 8;) {
      const length = view.getUint8(at + 1) * 8
      if (length === 0 || length > end - at) return
      const option = view.getUint8(at)
      if (length === 8 && option === OPTION_SOURCE) this.#loadMac(ND_SLL, view, at + 2)
      else if (length === 8 && option === OPTION_TARGET) this.#loadMac(ND_TLL, view, at + 2)
      at += length
    }
  }

  #loadArp(view: DataView, at: number): void {
    const { words } = this
    const isEthernetIpv4 = view.getUint32(at) === 0x0001_0800 && view.getUint16(at + 4) === 0x0604
    if (!isEthernetIpv4) return
    const operation = view.getUint16(at + 6)
    words[NW_PROTO] = operation <= 0xff ? operation : 0
    this.#loadMac(ARP_SHA, view, at + 8)
    words[NW_SRC] = view.getInt32(at + 14)
    this.#loadMac(ARP_THA, view, at + 18)
    words[NW_DST] = view.getInt32(at + 24)
  }
}
