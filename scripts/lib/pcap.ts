// Capture files out of frames in memory: classic pcap and pcapng, little-endian, in nanoseconds unless told otherwise.

import { concat } from '../../test/support/ip-packets.ts'

/** A frame and when it was seen. */
export interface Captured {
  /** Nanoseconds since the epoch. */
  readonly ns: bigint
  readonly bytes: Uint8Array
  /** Bytes it had on the wire; default: those that are there. */
  readonly wireLen?: number
  /** Number of its interface in a pcapng file; default 0. */
  readonly iface?: number
}

export interface PcapOptions {
  /** LINKTYPE_…; default Ethernet */
  readonly linkType?: number
  /** Timestamps in microseconds, what is finer is cut. Default false. */
  readonly micro?: boolean
  readonly bigEndian?: boolean
}

/** An interface of a pcapng file. */
export interface PcapInterface {
  readonly name?: string
  readonly linkType?: number
  /** if_tsresol: units to the second as a power of ten, or of two with bit 7 set. Default 9: nanoseconds. */
  readonly resolution?: number
}

const NS_PER_SEC = 1_000_000_000n
const SNAP_LENGTH = 262_144

/** A pcap file. */
export function encodePcap(frames: readonly Captured[], { linkType = 1, micro = false, bigEndian = false }: PcapOptions = {}): Uint8Array {
  const little = !bigEndian
  const header = words([micro ? 0xa1b2c3d4 : 0xa1b23c4d, 0, 0, 0, SNAP_LENGTH, linkType], little)
  new DataView(header.buffer).setUint16(4, 2, little)
  new DataView(header.buffer).setUint16(6, 4, little)
  return concat(header, ...frames.flatMap(({ ns, bytes, wireLen = bytes.length }) => {
    const fraction = Number(ns % NS_PER_SEC)
    return [words([Number(ns / NS_PER_SEC), micro ? Math.floor(fraction / 1000) : fraction, bytes.length, wireLen], little), bytes]
  }))
}

/** A pcapng file of one section. */
export function encodePcapng(frames: readonly Captured[], interfaces: readonly PcapInterface[] = [{}]): Uint8Array {
  const section = block(0x0a0d0d0a, words([0x1a2b3c4d, 0x0000_0001, 0xffff_ffff, 0xffff_ffff]))
  const described = interfaces.map(({ name, linkType = 1, resolution = 9 }) => block(1, concat(words([linkType, SNAP_LENGTH]),
    ...(name === undefined ? [] : [option(2, new TextEncoder().encode(name))]), option(9, Uint8Array.of(resolution)), words([0]))))
  const packets = frames.map(({ ns, bytes, wireLen = bytes.length, iface = 0 }) => {
    const resolution = interfaces[iface]!.resolution ?? 9
    const unit = resolution & 0x80 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution)
    const stamp = ns * unit / NS_PER_SEC
    return block(6, concat(words([iface, Number(stamp >> 32n), Number(stamp & 0xffff_ffffn), bytes.length, wireLen]), padded(bytes)))
  })
  return concat(section, ...described, ...packets)
}

function block(type: number, body: Uint8Array): Uint8Array {
  const length = 12 + body.length
  return concat(words([type, length]), body, words([length]))
}

function option(code: number, value: Uint8Array): Uint8Array {
  return concat(words([code | (value.length << 16)]), padded(value))
}

const padded = (bytes: Uint8Array): Uint8Array => concat(bytes, new Uint8Array(-bytes.length & 3))

/** 32-bit numbers. */
function words(numbers: readonly number[], little = true): Uint8Array {
  const bytes = new Uint8Array(4 * numbers.length)
  const view = new DataView(bytes.buffer)
  numbers.forEach((number, i) => { view.setUint32(4 * i, number, little) })
  return bytes
}
