// Fields of headers: `tcp dport`, `ip saddr`, `@th,16,16`.
// Kernel: nft_payload_eval() (v6.12). Fields: nft(8), PAYLOAD EXPRESSIONS.

import {
  IPPROTO_AH, IPPROTO_DCCP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IGMP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../../base/units.ts'
import type { Facts } from '../facts.ts'
import type { Match } from '../match.ts'
import { type DataType, flags, integer, IPV4, IPV6, MAC, named, PORT, PROTOCOL } from './datatype.ts'
import { EthernetMatch, TransportMatch, VersionMatch } from './needs.ts'
import type { Node } from './node.ts'
import type { Read, Selector } from './selector.ts'
import { DSCP, ECN, ETHERTYPES, ICMP_CODES, ICMP_TYPES, ICMPV6_CODES, ICMPV6_TYPES, IGMP_TYPES, TCP_FLAGS } from './symbols.ts'

type Base = 'll' | 'nh' | 'th'

/** Where a field lies: bits from the start of its header, its type, and how it is read where not from the packet's bytes. */
interface Field {
  readonly offset: number
  readonly type: DataType
  readonly read?: Read
  readonly word?: Selector['word']
}

const at = (offset: number, type: DataType, special: Pick<Field, 'read' | 'word'> = {}): Field => ({ offset, type, ...special })
const bits = (offset: number, length: number): Field => at(offset, integer(length))

/** A field that is one number of the packet's facts; addresses and marks of traffic may have been rewritten since it came. */
const fact = (read: (facts: Facts) => number): Read => (facts, out, i) => {
  out[i] = read(facts)
  return true
}
const SOURCE6: Read = (facts, out, i) => {
  out[i] = facts.source0 >>> 0
  out[i + 1] = facts.source1 >>> 0
  out[i + 2] = facts.source2 >>> 0
  out[i + 3] = facts.source3 >>> 0
  return true
}
const DESTINATION6: Read = (facts, out, i) => {
  out[i] = facts.destination0 >>> 0
  out[i + 1] = facts.destination1 >>> 0
  out[i + 2] = facts.destination2 >>> 0
  out[i + 3] = facts.destination3 >>> 0
  return true
}
/** Of a header whose ports may have been rewritten; there are none where its first four bytes are not there. */
const sport: Read = (facts, out, i) => {
  out[i] = facts.sport
  return facts.sport >= 0
}
const dport: Read = (facts, out, i) => {
  out[i] = facts.dport
  return facts.dport >= 0
}
const SPORT = at(0, PORT, { read: sport, word: 'sport' })
const DPORT = at(16, PORT, { read: dport, word: 'dport' })
const DSCP_TYPE = named('code point', 6, DSCP)
const dscp = fact(({ tos }) => tos >>> 2)
const ecn = fact(({ tos }) => tos & 3)

const IP: Readonly<Record<string, Field>> = {
  version: bits(0, 4), hdrlength: bits(4, 4), dscp: at(8, DSCP_TYPE, { read: dscp }), ecn: at(14, named('ECN', 2, ECN), { read: ecn }),
  length: at(16, integer(16), { read: fact(({ packet }) => packet.length & 0xffff) }), id: bits(32, 16), 'frag-off': bits(48, 16),
  ttl: bits(64, 8), protocol: at(72, PROTOCOL), checksum: bits(80, 16),
  saddr: at(96, IPV4, { read: fact(({ source0 }) => source0 >>> 0), word: 'source' }),
  daddr: at(128, IPV4, { read: fact(({ destination0 }) => destination0 >>> 0), word: 'destination' }),
}
const IP6: Readonly<Record<string, Field>> = {
  version: bits(0, 4), dscp: at(4, DSCP_TYPE, { read: dscp }), ecn: at(10, named('ECN', 2, ECN), { read: ecn }), flowlabel: bits(12, 20),
  length: at(32, integer(16), { read: fact(({ packet }) => (packet.length - 40) & 0xffff) }), nexthdr: at(48, PROTOCOL),
  hoplimit: bits(56, 8),
  saddr: at(64, IPV6, { read: SOURCE6, word: 'source' }), daddr: at(192, IPV6, { read: DESTINATION6, word: 'destination' }),
}
const ETHER: Readonly<Record<string, Field>> = {
  daddr: at(0, MAC), saddr: at(48, MAC), type: at(96, named('EtherType', 16, ETHERTYPES)),
}
const TRANSPORT: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  tcp: {
    sport: SPORT, dport: DPORT, sequence: bits(32, 32), ackseq: bits(64, 32), doff: bits(96, 4), reserved: bits(100, 4),
    flags: at(104, flags('TCP flag', 8, TCP_FLAGS)), window: bits(112, 16), checksum: bits(128, 16), urgptr: bits(144, 16),
  },
  udp: { sport: SPORT, dport: DPORT, length: bits(32, 16), checksum: bits(48, 16) },
  udplite: { sport: SPORT, dport: DPORT, csumcov: bits(32, 16), checksum: bits(48, 16) },
  sctp: { sport: SPORT, dport: DPORT, vtag: bits(32, 32), checksum: bits(64, 32) },
  dccp: { sport: SPORT, dport: DPORT, type: bits(67, 4) },
  icmp: {
    type: at(0, named('ICMP type', 8, ICMP_TYPES)), code: at(8, named('ICMP code', 8, ICMP_CODES)), checksum: bits(16, 16),
    id: bits(32, 16), sequence: bits(48, 16), gateway: at(32, IPV4), mtu: bits(48, 16),
  },
  icmpv6: {
    type: at(0, named('ICMPv6 type', 8, ICMPV6_TYPES)), code: at(8, named('ICMPv6 code', 8, ICMPV6_CODES)), checksum: bits(16, 16),
    'parameter-problem': bits(32, 32), mtu: bits(32, 32), id: bits(32, 16), sequence: bits(48, 16), 'max-delay': bits(32, 16),
  },
  igmp: { type: at(0, named('IGMP type', 8, IGMP_TYPES)), mrt: bits(8, 8), checksum: bits(16, 16), group: at(32, IPV4) },
  ah: { nexthdr: at(0, PROTOCOL), hdrlength: bits(8, 8), reserved: bits(16, 16), spi: bits(32, 32), sequence: bits(64, 32) },
  esp: { spi: bits(0, 32), sequence: bits(32, 32) },
  comp: { nexthdr: at(0, PROTOCOL), flags: bits(8, 8), cpi: bits(16, 16) },
  th: { sport: at(0, PORT), dport: at(16, PORT) },
}
const TRANSPORT_NUMBERS: Readonly<Record<string, number>> = {
  tcp: IPPROTO_TCP, udp: IPPROTO_UDP, udplite: IPPROTO_UDPLITE, sctp: IPPROTO_SCTP, dccp: IPPROTO_DCCP, icmp: IPPROTO_ICMP,
  icmpv6: IPPROTO_ICMPV6, igmp: IPPROTO_IGMP, ah: IPPROTO_AH, esp: 50, comp: 108,
}

const HEADERS: Readonly<Record<string, Readonly<Record<string, Field>>>> = { ip: IP, ip6: IP6, ether: ETHER, ...TRANSPORT }

/** What must hold before a field of a protocol is read. */
function needsOf(protocol: string): readonly Match[] {
  if (protocol === 'ip') return [new VersionMatch(false)]
  if (protocol === 'ip6') return [new VersionMatch(true)]
  if (protocol === 'ether') return [new EthernetMatch()]
  const number = TRANSPORT_NUMBERS[protocol]
  if (number === undefined) return []
  if (protocol === 'icmp' || protocol === 'igmp') return [new VersionMatch(false), new TransportMatch(number, false)]
  return protocol === 'icmpv6' ? [new VersionMatch(true), new TransportMatch(number, false)] : [new TransportMatch(number, false)]
}

/** `{"protocol": "tcp", "field": "dport"}`, `{"base": "th", "offset": 16, "len": 16}` @throws RuleProblem */
export function readPayload(node: Node): Selector {
  if (node.has('base')) return readRaw(node)
  const protocol = node.at('protocol').text('name of a protocol')
  const name = node.at('field').text('name of a field')
  const fields: Readonly<Record<string, Field>> = Object.hasOwn(HEADERS, protocol) ? HEADERS[protocol]! :
      node.at('protocol').fail(`headers of "${protocol}" are not supported; there are ${Object.keys(HEADERS).join(', ')}`)
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (field === undefined) {
    return node.at('field').fail(`there is no field ${protocol} ${name}; there are ${Object.keys(fields).join(', ')}`)
  }
  const base: Base = protocol === 'ether' ? 'll' : protocol === 'ip' || protocol === 'ip6' ? 'nh' : 'th'
  return {
    type: field.type, read: field.read ?? reader(base, field.offset, field.type), needs: needsOf(protocol),
    ...(field.word === undefined ? {} : { word: field.word }),
  }
}

const MOST_RAW = 48 // bits that are one number

function readRaw(node: Node): Selector {
  const base = node.at('base').text('base')
  if (base !== 'll' && base !== 'nh' && base !== 'th') {
    return node.at('base').fail(`payload from "${base}" is not supported; there are ll, nh, th`)
  }
  const offset = node.at('offset').number(255 * 8, 'offset in bits')
  const length = node.at('len').number(MOST_RAW, 'length in bits', 1)
  return { type: integer(length), read: reader(base, offset, integer(length)), needs: [] }
}

/**
 * Reads bits of a header. False where the packet ends before.
 * @differs  at output the kernel has no link-layer header yet; here it is the capture's
 */
function reader(base: Base, offset: number, { words, bits: length }: DataType): Read {
  const first = offset >>> 3
  const last = (offset + length * words + 7) >>> 3 // bytes, exclusive
  const right = last * 8 - offset - length * words
  return (facts, out, at) => {
    const { packet, frame } = facts
    if (base === 'th' && (packet.l4 < 0 || facts.hidesProtocol)) return false
    const view = base === 'll' ? frame.view : packet.view
    const start = base === 'll' ? frame.start : base === 'nh' ? packet.ip : packet.l4
    const end = base === 'll' ? frame.end : packet.end
    if (start + last > end) return false
    let value = 0
    for (let i = first; i < last; i++) value = value * 256 + view.getUint8(start + i)
    out[at] = Math.floor(value / 2 ** right) % 2 ** length
    return true
  }
}
