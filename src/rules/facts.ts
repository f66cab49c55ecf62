// What rules can ask about a packet, read once a packet. There is one of these a firewall, re-aimed for every packet.

import {
  IPPROTO_DCCP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_NONE, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../base/units.ts'
import { VERDICT_ESTABLISHED, VERDICT_NEW, VERDICT_RELATED, VERDICT_UNTRACKED } from '../base/verdict.ts'
import type { Frame } from '../capture/frame.ts'
import { readIpv6Addresses } from '../conntrack/tuple-of.ts'
import type { Packet } from '../ip/packet.ts'
import type { Connection } from '../table/connection.ts'
import { IPS_DST_NAT, IPS_SRC_NAT } from '../table/status.ts'
import type { NatSetup } from './nat/range.ts'

// ctstate as rules ask for it: a packet has one of the first five, and the last two beside it.
export const STATE_INVALID = 1 << 0
export const STATE_NEW = 1 << 1
export const STATE_ESTABLISHED = 1 << 2
export const STATE_RELATED = 1 << 3
export const STATE_UNTRACKED = 1 << 4
export const STATE_SNAT = 1 << 5
export const STATE_DNAT = 1 << 6

// A packet's kind: one bit of each group, so that one AND tells that a rule is for others (rule.ts).
export const KIND_STATE = 0x1f //                 the first five states, as above
export const KIND_PROTOCOL_SHIFT = 5 //           tcp, udp, icmp, icmpv6, sctp, another
export const KIND_OTHER_PROTOCOL = 1 << 10
export const KIND_PROTOCOL = 0x3f << KIND_PROTOCOL_SHIFT
export const KIND_ORIGINAL = 1 << 11
export const KIND_REPLY = 1 << 12
export const KIND_NO_DIRECTION = 1 << 13 //       of no connection
export const KIND_DIRECTION = KIND_ORIGINAL | KIND_REPLY | KIND_NO_DIRECTION
export const KIND_IPV4 = 1 << 14
export const KIND_IPV6 = 1 << 15
export const KIND_VERSION = KIND_IPV4 | KIND_IPV6
const KIND_FRESH = STATE_INVALID | KIND_NO_DIRECTION // before conntrack has seen it

/** No such port. */
export const NO_PORT = -1

/** The bit of a protocol within a packet's kind. */
export function protocolKind(protocol: number): number {
  switch (protocol) {
    case IPPROTO_TCP: return 1 << KIND_PROTOCOL_SHIFT
    case IPPROTO_UDP: return 1 << (KIND_PROTOCOL_SHIFT + 1)
    case IPPROTO_ICMP: return 1 << (KIND_PROTOCOL_SHIFT + 2)
    case IPPROTO_ICMPV6: return 1 << (KIND_PROTOCOL_SHIFT + 3)
    case IPPROTO_SCTP: return 1 << (KIND_PROTOCOL_SHIFT + 4)
    default: return KIND_OTHER_PROTOCOL
  }
}

/** Bytes of a transport header that a rule on the protocol reads; 0 where rules read none. */
function headerOf(protocol: number): number {
  switch (protocol) {
    case IPPROTO_TCP: return 20
    case IPPROTO_UDP: case IPPROTO_UDPLITE: case IPPROTO_ICMP: case IPPROTO_ICMPV6: return 8
    case IPPROTO_SCTP: case IPPROTO_DCCP: return 12
    default: return 0
  }
}

/** Has such a protocol ports? */
export function hasPorts(protocol: number): boolean {
  return protocol === IPPROTO_TCP || protocol === IPPROTO_UDP || protocol === IPPROTO_SCTP || protocol === IPPROTO_UDPLITE ||
    protocol === IPPROTO_DCCP
}

export class Facts {
  /** The packet and its frame; the frame is for what stands around IP. */
  packet!: Packet
  frame!: Frame
  /** The connection, aimed by `tracked`; to be read only where `hasConnection`. */
  readonly connection: Connection
  hasConnection = false
  /** Translates addresses for rules that ask for it; null where no table of rules does. */
  nat: NatSetup | null = null
  isIpv6 = false
  protocol = 0
  /** First word of each address, and the other three of IPv6; signed. Rewritten by NAT. */
  source0 = 0
  source1 = 0
  source2 = 0
  source3 = 0
  destination0 = 0
  destination1 = 0
  destination2 = 0
  destination3 = 0
  /** Ports, NO_PORT where there are none. Rewritten by NAT. */
  sport = NO_PORT
  dport = NO_PORT
  /** One bit of each group of KIND_… */
  kind = 0
  /** The transport header is there in full: no rule can stumble over it. */
  isPlain = false
  /** An address or a port is no longer what the packet carried. */
  isTranslated = false
  /** Set by a match that cannot read what it must: the packet is dropped. Kernel: xt_action_param.hotdrop. */
  hotdrop = false
  /** Interfaces by number (interfaces.ts), 0 where there is none; ports of a bridge likewise. */
  inIface = 0
  outIface = 0
  physIn = 0
  physOut = 0
  isBridged = false
  /** The packet's mark (nfmark), and its type of service byte. */
  mark = 0
  tos = 0
  /** Set by rules of the raw table for conntrack. */
  isTemplated = false
  isNotrack = false
  zone = 0
  helper = 0

  constructor(connection: Connection) {
    this.connection = connection
  }

  /** Aims at a packet that nothing has looked at yet. */
  load(packet: Packet, frame: Frame): void {
    const { view, ip, l4, protocol } = packet
    this.packet = packet
    this.frame = frame
    this.protocol = protocol
    this.isIpv6 = packet.version === 6
    if (this.isIpv6) {
      readIpv6Addresses(view, ip, this)
      this.tos = (view.getUint16(ip) >>> 4) & 255
    } else {
      this.source0 = view.getInt32(ip + 12)
      this.destination0 = view.getInt32(ip + 16)
      this.tos = view.getUint8(ip + 1)
    }
    const room = packet.end - l4
    this.isPlain = l4 >= 0 && room >= headerOf(protocol)
    this.sport = this.dport = NO_PORT
    if (l4 >= 0 && room >= 4 && hasPorts(protocol)) {
      const ports = view.getInt32(l4)
      this.sport = ports >>> 16
      this.dport = ports & 0xffff
    }
    this.kind = KIND_FRESH | protocolKind(protocol) | (this.isIpv6 ? KIND_IPV6 : KIND_IPV4)
    this.hasConnection = false
    this.hotdrop = false
    this.isTranslated = false
    this.mark = 0
    this.isTemplated = false
    this.isNotrack = false
    this.zone = 0
    this.helper = 0
  }

  /** Takes over what conntrack has said of the packet. */
  tracked(): void {
    const { verdict, connection, direction } = this.packet
    this.hasConnection = connection >= 0
    if (this.hasConnection) this.connection.at(connection)
    const state = verdict === VERDICT_NEW ? STATE_NEW : verdict === VERDICT_ESTABLISHED ? STATE_ESTABLISHED
      : verdict === VERDICT_RELATED ? STATE_RELATED : verdict === VERDICT_UNTRACKED ? STATE_UNTRACKED : STATE_INVALID
    const way = this.hasConnection ? KIND_ORIGINAL << direction : KIND_NO_DIRECTION
    this.kind = (this.kind & (KIND_PROTOCOL | KIND_VERSION)) | state | way
  }

  /** STATE_… bits, those of NAT included. */
  get state(): number {
    let state = this.kind & KIND_STATE
    if (this.hasConnection) {
      const { status } = this.connection
      if ((status & IPS_SRC_NAT) !== 0) state |= STATE_SNAT
      if ((status & IPS_DST_NAT) !== 0) state |= STATE_DNAT
    }
    return state
  }

  /**
   * An IPv6 packet whose transport header cannot be found drops where a rule asks for its protocol, unless it says that
   * there is none.
   * @kernel  ip6_packet_match() — v6.12
   */
  get hidesProtocol(): boolean { return this.isIpv6 && this.packet.l4 < 0 && this.protocol !== IPPROTO_NONE }

  /** Bytes there are from the start of the transport header. */
  get room(): number { return this.packet.l4 < 0 ? 0 : this.packet.end - this.packet.l4 }
}
