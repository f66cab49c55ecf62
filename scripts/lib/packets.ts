// IP packets for samples, goldens and tests, with checksums that are right and defaults for all that does not matter:
//
//     ip('10.0.0.1', '10.0.0.2', tcp({ flags: 'S', seq: 1000, options: [mss(1460)] }))
//
// What ip() is given decides the version; a transport's checksum is filled in there, because it covers the addresses.

import { parseIpv4, parseIpv6 } from '../../src/base/address.ts'
import {
  IPPROTO_DCCP, IPPROTO_FRAGMENT, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../../src/base/units.ts'
import { concat, crc32c, fragment6, internetChecksum, sixteen } from '../../test/support/ip-packets.ts'

type Bytes = Uint8Array | readonly number[]

/** What an IP packet carries. */
export interface Transport {
  readonly protocol: number
  readonly bytes: Uint8Array
  /** Where the checksum goes, if it covers the addresses too. */
  readonly checksumAt?: number
  /** Bytes the checksum covers; default all. */
  readonly coverage?: number
}

export interface IpFields {
  readonly ttl?: number
  /** Type of service, or traffic class */
  readonly tos?: number
  /** IPv4 alone */
  readonly id?: number
  readonly dontFragment?: boolean
}

export interface Ports {
  readonly sport?: number
  readonly dport?: number
}

export interface TcpFields extends Ports {
  /** Any of `FSRPAUEC` */
  readonly flags?: string
  readonly seq?: number
  readonly ack?: number
  readonly window?: number
  /** Each as `mss` and its like make it; padded to four bytes. */
  readonly options?: readonly (readonly number[])[]
  readonly payload?: Bytes
}

const NOTHING = new Uint8Array(0)

export const thirtyTwo = (n: number): number[] => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]

export const text = (characters: string): Uint8Array => new TextEncoder().encode(characters)

/** The bytes of an address: 4 or 16. */
export function address(written: string): number[] {
  const v4 = parseIpv4(written)
  if (v4 !== null) return thirtyTwo(v4)
  const v6 = parseIpv6(written)
  if (v6 === null) throw new Error(`${written} is no address`)
  return v6.flatMap(thirtyTwo)
}

/** An IPv4 or IPv6 packet, as the addresses are. */
export function ip(from: string, to: string, transport: Transport, fields: IpFields = {}): Uint8Array {
  const { ttl = 64, tos = 0, id = 0, dontFragment = true } = fields
  const source = address(from)
  const destination = address(to)
  if (source.length !== destination.length) throw new Error(`${from} and ${to} are not of one version`)
  const payload = withChecksum(transport, [...source, ...destination])
  if (source.length === 16) {
    const header = [0x60 | (tos >>> 4), (tos << 4) & 255, 0, 0, ...sixteen(payload.length), transport.protocol, ttl]
    return concat(header, source, destination, payload)
  }
  const header = concat([0x45, tos], sixteen(20 + payload.length), sixteen(id), [dontFragment ? 0x40 : 0, 0],
    [ttl, transport.protocol, 0, 0], source, destination)
  header.set(sixteen(internetChecksum(header)), 10)
  return concat(header, payload)
}

function withChecksum({ protocol, bytes, checksumAt, coverage = bytes.length }: Transport, addresses: readonly number[]): Uint8Array {
  if (checksumAt === undefined) return bytes
  const summed = concat(bytes)
  const pseudo = concat(addresses, thirtyTwo(bytes.length), thirtyTwo(protocol))
  const before = ~internetChecksum(pseudo) & 0xffff
  const sum = internetChecksum(summed.subarray(0, coverage), before)
  summed.set(sixteen(sum === 0 && protocol !== IPPROTO_TCP ? 0xffff : sum), checksumAt)
  return summed
}

// --- TCP ---

export function tcp(fields: TcpFields = {}): Transport {
  const { sport = 40_000, dport = 80, flags = 'A', seq = 0, ack = 0, window = 65_535, options = [], payload = NOTHING } = fields
  const said = options.flat()
  while (said.length % 4 !== 0) said.push(said.length % 4 === 3 ? 0 : 1)
  let bits = 0
  for (const flag of flags) bits |= 1 << 'FSRPAUEC'.indexOf(flag)
  const header = [...sixteen(sport), ...sixteen(dport), ...thirtyTwo(seq), ...thirtyTwo(ack), (5 + said.length / 4) << 4, bits,
    ...sixteen(window), 0, 0, 0, 0]
  return { protocol: IPPROTO_TCP, bytes: concat(header, said, payload), checksumAt: 16 }
}

export const mss = (size: number): number[] => [2, 4, ...sixteen(size)]
export const windowScale = (shift: number): number[] => [3, 3, shift]
export const SACK_PERMITTED: readonly number[] = [4, 2]
export const timestamps = (value: number, echo: number): number[] => [8, 10, ...thirtyTwo(value), ...thirtyTwo(echo)]

/** Blocks that were received, each from its first byte to the one behind its last. */
export function sack(...blocks: readonly (readonly [from: number, to: number])[]): number[] {
  return [5, 2 + 8 * blocks.length, ...blocks.flat().flatMap(thirtyTwo)]
}

// --- UDP and UDP-Lite ---

export function udp({ sport = 40_000, dport = 53, payload = NOTHING }: Ports & { readonly payload?: Bytes } = {}): Transport {
  const header = [...sixteen(sport), ...sixteen(dport), ...sixteen(8 + payload.length), 0, 0]
  return { protocol: IPPROTO_UDP, bytes: concat(header, payload), checksumAt: 6 }
}

/** @param coverage  bytes the checksum covers, header included; 0 says all */
export function udpLite(
  { sport = 40_000, dport = 5004, coverage = 0, payload = NOTHING }: Ports & { readonly coverage?: number, readonly payload?: Bytes } = {},
): Transport {
  const bytes = concat(sixteen(sport), sixteen(dport), sixteen(coverage), [0, 0], payload)
  return { protocol: IPPROTO_UDPLITE, bytes, checksumAt: 6, coverage: coverage === 0 ? bytes.length : coverage }
}

// --- ICMP ---

/** @param rest  the second word of the header: 32 bits that each type uses in its own way */
export function icmp(type: number, code: number, rest = 0, body: Bytes = NOTHING): Transport {
  const bytes = concat([type, code, 0, 0], thirtyTwo(rest), body)
  bytes.set(sixteen(internetChecksum(bytes)), 2)
  return { protocol: IPPROTO_ICMP, bytes }
}

export function icmpv6(type: number, code: number, rest = 0, body: Bytes = NOTHING): Transport {
  return { protocol: IPPROTO_ICMPV6, bytes: concat([type, code, 0, 0], thirtyTwo(rest), body), checksumAt: 2 }
}

/** What ping sends. `from` decides the version. */
export function ping(from: string, to: string, id: number, seq: number): Uint8Array {
  return echo(from, to, id, seq, 8, 128)
}

/** What ping gets back. */
export function pong(from: string, to: string, id: number, seq: number): Uint8Array {
  return echo(from, to, id, seq, 0, 129)
}

function echo(from: string, to: string, id: number, seq: number, type4: number, type6: number): Uint8Array {
  const body = Array.from({ length: 56 }, (_, i) => i)
  const rest = (id << 16) | seq
  return ip(from, to, from.includes(':') ? icmpv6(type6, 0, rest, body) : icmp(type4, 0, rest, body))
}

// --- SCTP ---

/** @param tag  verification tag @param chunks  as `chunk` and its like make them */
export function sctp({ sport = 40_000, dport = 3868, tag = 0 }: Ports & { readonly tag?: number }, ...chunks: readonly Bytes[]): Transport {
  const bytes = concat(sixteen(sport), sixteen(dport), thirtyTwo(tag), [0, 0, 0, 0], ...chunks)
  bytes.set(crc32c(bytes), 8)
  return { protocol: IPPROTO_SCTP, bytes }
}

export const SCTP = {
  data: 0, init: 1, initAck: 2, sack: 3, heartbeat: 4, heartbeatAck: 5, abort: 6, shutdown: 7, shutdownAck: 8, error: 9,
  cookieEcho: 10, cookieAck: 11, shutdownComplete: 14,
} as const

/** A chunk, padded to four bytes. */
export function chunk(type: number, value: Bytes = NOTHING, flags = 0): Uint8Array {
  return concat([type, flags], sixteen(4 + value.length), value, new Uint8Array(-value.length & 3))
}

/** INIT, or with `type` INIT ACK. @param tag  the tag its receiver is to use @param tsn  first sequence number */
export function sctpInit(tag: number, tsn: number, type: number = SCTP.init, parameters: Bytes = NOTHING): Uint8Array {
  return chunk(type, concat(thirtyTwo(tag), thirtyTwo(65_536), sixteen(10), sixteen(10), thirtyTwo(tsn), parameters))
}

/** A whole message in one DATA chunk. */
export function sctpData(tsn: number, payload: Bytes, stream = 0, streamSeq = 0): Uint8Array {
  return chunk(SCTP.data, concat(thirtyTwo(tsn), sixteen(stream), sixteen(streamSeq), thirtyTwo(0), payload), 3)
}

export function sctpSack(tsn: number): Uint8Array {
  return chunk(SCTP.sack, concat(thirtyTwo(tsn), thirtyTwo(65_536), thirtyTwo(0)))
}

// --- DCCP ---

export const DCCP = {
  request: 0, response: 1, data: 2, ack: 3, dataAck: 4, closeReq: 5, close: 6, reset: 7, sync: 8, syncAck: 9,
} as const

export interface DccpFields extends Ports {
  readonly type: number
  /** 48 bits on the wire, of which 32 are used here */
  readonly seq?: number
  readonly ack?: number
  /** Of a request and its response */
  readonly service?: number
  /** Of a reset */
  readonly resetCode?: number
  readonly payload?: Bytes
}

/** With long sequence numbers (X=1), as RFC 4340 asks of all but Data, Ack and DataAck. */
export function dccp(fields: DccpFields): Transport {
  const { sport = 40_000, dport = 5001, type, seq = 0, ack = 0, service = 42, resetCode = 1, payload = NOTHING } = fields
  const { request, response, data, reset } = DCCP
  const rest = [
    ...(type === request || type === data ? [] : [0, 0, 0, 0, ...thirtyTwo(ack)]),
    ...(type === request || type === response ? thirtyTwo(service) : []),
    ...(type === reset ? [resetCode, 0, 0, 0] : []),
  ]
  const header = [...sixteen(sport), ...sixteen(dport), 4 + rest.length / 4, 0, 0, 0, (type << 1) | 1, 0, 0, 0, ...thirtyTwo(seq)]
  return { protocol: IPPROTO_DCCP, bytes: concat(header, rest, payload), checksumAt: 6 }
}

// --- GRE ---

/** Version 0 (RFC 2784, 2890). @param carried  EtherType of what is inside */
export function gre(
  { carried = 0x0800, key, seq, payload = NOTHING }:
  { readonly carried?: number, readonly key?: number, readonly seq?: number, readonly payload?: Bytes } = {},
): Transport {
  const flags = (key === undefined ? 0 : 0x20) | (seq === undefined ? 0 : 0x10)
  const words = [...(key === undefined ? [] : thirtyTwo(key)), ...(seq === undefined ? [] : thirtyTwo(seq))]
  return { protocol: IPPROTO_GRE, bytes: concat([flags, 0], sixteen(carried), words, payload) }
}

/** Version 1, PPTP's (RFC 2637): a PPP frame, or an acknowledgement alone. @param callId  what the receiver called the call */
export function pptpGre(
  { callId, seq, ack, payload = NOTHING }:
  { readonly callId: number, readonly seq?: number, readonly ack?: number, readonly payload?: Bytes },
): Transport {
  const flags = [0x20 | (seq === undefined ? 0 : 0x10), 0x01 | (ack === undefined ? 0 : 0x80)]
  const words = [...(seq === undefined ? [] : thirtyTwo(seq)), ...(ack === undefined ? [] : thirtyTwo(ack))]
  return { protocol: IPPROTO_GRE, bytes: concat(flags, sixteen(0x880b), sixteen(payload.length), sixteen(callId), words, payload) }
}

// --- anything else ---

export const other = (protocol: number, payload: Bytes): Transport => ({ protocol, bytes: concat(payload) })

/**
 * Cuts a packet into fragments.
 * @param size  bytes of payload in each but the last; a multiple of 8
 */
export function fragments(packet: Uint8Array, size: number, id = 1): Uint8Array[] {
  const isIpv6 = packet[0]! >>> 4 === 6
  const headerLength = isIpv6 ? 40 : (packet[0]! & 15) * 4
  const header = packet.subarray(0, headerLength)
  const payload = packet.subarray(headerLength)
  const pieces: Uint8Array[] = []
  for (let offset = 0; offset < payload.length; offset += size) {
    const data = payload.subarray(offset, offset + size)
    const more = offset + size < payload.length
    const piece = isIpv6 ? concat(header, fragment6(header[6]!, data, { id, offset, more })) : concat(header, data)
    if (isIpv6) {
      piece.set(sixteen(piece.length - 40), 4)
      piece[6] = IPPROTO_FRAGMENT
    } else {
      piece.set([...sixteen(piece.length), ...sixteen(id), ...sixteen((more ? 0x2000 : 0) | (offset / 8))], 2)
      piece.set([0, 0], 10)
      piece.set(sixteen(internetChecksum(piece.subarray(0, headerLength))), 10)
    }
    pieces.push(piece)
  }
  return pieces
}
