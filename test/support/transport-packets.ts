// Transport packets byte by byte, with defaults: a test or a capture maker says only what matters to it. Ports 1000 and 2000
// when nobody says otherwise; wrap them with ipv4 or ipv6 of ip-packets.ts.

import { concat, sixteen } from './ip-packets.ts'

export interface Ports {
  readonly sourcePort?: number
  readonly destinationPort?: number
}

const portsOf = ({ sourcePort = 1000, destinationPort = 2000 }: Ports): number[] => [...sixteen(sourcePort), ...sixteen(destinationPort)]

/** A 32-bit number as four bytes. */
export const thirtyTwo = (n: number): number[] => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]

// --- TCP ---

const TCP_FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, '.': 16, U: 32, E: 64, W: 128 }

export interface TcpFields extends Ports {
  /** As tcpdump writes them: `S`, `S.`, `.`, `F.`, `R`, `P.`, … */
  readonly flags: string
  readonly seq?: number
  readonly ack?: number
  readonly window?: number
  /** A multiple of 4 bytes */
  readonly options?: readonly number[]
  readonly payload?: Uint8Array | readonly number[]
}

/** A TCP segment without checksum. */
export function tcp(fields: TcpFields): Uint8Array {
  const { flags, seq = 0, ack = 0, window = 65_535, options = [], payload = [] } = fields
  const bits = Object.entries(TCP_FLAGS).reduce((sum, [flag, bit]) => flags.includes(flag) ? sum | bit : sum, 0)
  const offset = (20 + options.length) / 4
  return concat(portsOf(fields), thirtyTwo(seq), thirtyTwo(ack), [offset << 4, bits], sixteen(window), [0, 0, 0, 0], options, payload)
}

// --- SCTP (RFC 9260 section 3) ---

/** Types of chunk by the kernel's names in lower case. */
export const CHUNK = {
  data: 0, init: 1, init_ack: 2, sack: 3, heartbeat: 4, heartbeat_ack: 5, abort: 6, shutdown: 7, shutdown_ack: 8, error: 9,
  cookie_echo: 10, cookie_ack: 11, shutdown_comp: 14,
} as const
export type ChunkName = keyof typeof CHUNK

/** The T bit of an ABORT or SHUTDOWN COMPLETE. */
export const T_BIT = 1

/** A chunk, filled up with zeros to four bytes. `length` where it is not to be the truth. */
export function chunk(type: number, body: readonly number[] = [], flags = 0, length = 4 + body.length): Uint8Array {
  return concat([type, flags, ...sixteen(length)], body, new Uint8Array((4 - body.length % 4) % 4))
}

/** The body of an INIT or INIT ACK: the tag it asks for, window, streams, first TSN. */
export const initBody = (tag: number): number[] => [...thirtyTwo(tag), 0, 1, 0, 0, 0, 10, 0, 10, 0, 0, 0, 1]

/** A chunk of a kind with what such a chunk holds at least. `tag`: what an INIT or INIT ACK asks for. */
export function chunkOf(name: ChunkName, tag = 0, flags = 0): Uint8Array {
  const body = name === 'init' || name === 'init_ack' ? initBody(tag)
    : name === 'data' ? [...thirtyTwo(1), 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]
      : name === 'sack' ? [...thirtyTwo(1), 0, 1, 0, 0, 0, 0, 0, 0]
        : name === 'shutdown' ? thirtyTwo(1)
          : name === 'heartbeat' || name === 'heartbeat_ack' ? [0, 1, 0, 8, 1, 2, 3, 4]
            : name === 'cookie_echo' ? [9, 9, 9, 9] : []
  return chunk(CHUNK[name], body, flags)
}

/** An SCTP packet without checksum. */
export function sctp(tag: number, chunks: readonly Uint8Array[], ports: Ports = {}): Uint8Array {
  return concat(portsOf(ports), thirtyTwo(tag), [0, 0, 0, 0], ...chunks)
}

// --- DCCP (RFC 4340 section 5) ---

/** Types of packet in the order of their numbers. */
export const DCCP_TYPES = [
  'request', 'response', 'data', 'ack', 'dataack', 'closereq', 'close', 'reset', 'sync', 'syncack',
] as const
export type DccpType = (typeof DCCP_TYPES)[number]
const DCCP_BEHIND: readonly number[] = [4, 12, 0, 8, 8, 8, 8, 12, 8, 8] // bytes behind the generic header

export interface DccpFields extends Ports {
  /** By name, or by number for those that are reserved. */
  readonly type: DccpType | number
  readonly seq?: number
  readonly ack?: number
  /** Sequence numbers of 24 bits. */
  readonly short?: boolean
  /** Header length in words, where it is not to be the truth. */
  readonly words?: number
  /** The checksum coverage field. */
  readonly coverage?: number
  readonly payload?: Uint8Array | readonly number[]
}

/** A DCCP packet without checksum. */
export function dccp(fields: DccpFields): Uint8Array {
  const { seq = 1, ack = 0, short = false, coverage = 0, payload = [] } = fields
  const type = typeof fields.type === 'number' ? fields.type : DCCP_TYPES.indexOf(fields.type)
  const behind = new Uint8Array(DCCP_BEHIND[type] ?? 0)
  if (behind.length >= 8) behind.set(thirtyTwo(ack), 4)
  const numbers = short ? [type << 1, (seq >>> 16) & 255, ...sixteen(seq & 0xffff)] : [(type << 1) | 1, 0, 0, 0, ...thirtyTwo(seq)]
  const words = fields.words ?? (8 + numbers.length + behind.length) / 4
  return concat(portsOf(fields), [words, coverage, 0, 0], numbers, behind, payload)
}

// --- GRE ---

const PPP = 0x880b

/** A GRE packet of version 0 (RFC 2784) that carries IPv4. */
export const gre = (payload: Uint8Array | readonly number[] = []): Uint8Array => concat([0, 0, 8, 0], payload)

/** PPTP's GRE (RFC 2637 section 4.1): version 1 with the receiver's call id. */
export function pptpGre(callId: number, payload: Uint8Array | readonly number[] = [], ethertype = PPP): Uint8Array {
  return concat([0x20, 0x01], sixteen(ethertype), sixteen(payload.length), sixteen(callId), payload)
}
