// Ethernet frames with a few kinds of packets in them, and captures of such frames in memory.

import { type Frame, type FrameOrigin, type Source } from '../../src/capture/frame.ts'
import type { CaptureError } from '../../src/base/errors.ts'

/** A frame and when it was seen. */
export interface Seen {
  readonly sec: number
  readonly nsec?: number
  readonly bytes: Uint8Array
  /** LINKTYPE_…; default Ethernet */
  readonly linkType?: number
}

export interface Ends {
  /** Last byte of 10.0.0.x */
  readonly from?: number
  readonly to?: number
  readonly sport?: number
  readonly dport?: number
}

const ETHERNET = 14

export function ethernet(type: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(ETHERNET + payload.length)
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, type >>> 8, type & 255])
  bytes.set(payload, ETHERNET)
  return bytes
}

function ipv4(protocol: number, { from = 1, to = 2 }: Ends, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(20 + payload.length)
  const view = new DataView(packet.buffer)
  view.setUint8(0, 0x45)
  view.setUint16(2, packet.length)
  view.setUint8(8, 64)
  view.setUint8(9, protocol)
  packet.set([10, 0, 0, from, 10, 0, 0, to], 12)
  let sum = 0
  for (let at = 0; at < 20; at += 2) sum += view.getUint16(at)
  view.setUint16(10, ~((sum & 0xffff) + (sum >>> 16)) & 0xffff)
  packet.set(payload, 20)
  return ethernet(0x0800, packet)
}

/** A UDP datagram of `length` bytes of payload. */
export function udp(ends: Ends = {}, length = 10): Uint8Array {
  const datagram = new Uint8Array(8 + length)
  const view = new DataView(datagram.buffer)
  view.setUint16(0, ends.sport ?? 4000)
  view.setUint16(2, ends.dport ?? 53)
  view.setUint16(4, datagram.length)
  return ipv4(17, ends, datagram)
}

/** A TCP segment. @param flags any of `FSRPA` */
export function tcp(ends: Ends, flags: string, { seq = 0, ack = 0, length = 0 } = {}): Uint8Array {
  const segment = new Uint8Array(20 + length)
  const view = new DataView(segment.buffer)
  view.setUint16(0, ends.sport ?? 40_000)
  view.setUint16(2, ends.dport ?? 80)
  view.setUint32(4, seq)
  view.setUint32(8, ack)
  view.setUint8(12, 0x50)
  for (const flag of flags) view.setUint8(13, view.getUint8(13) | (1 << 'FSRPA'.indexOf(flag)))
  view.setUint16(14, 65_535)
  return ipv4(6, ends, segment)
}

/** An ICMP echo request or its reply. */
export function echo(ends: Ends, id: number, isReply = false): Uint8Array {
  const message = new Uint8Array(16)
  const view = new DataView(message.buffer)
  view.setUint8(0, isReply ? 0 : 8)
  view.setUint16(4, id)
  return ipv4(1, ends, message)
}

/** A frame without IP. */
export function arp(): Uint8Array {
  return ethernet(0x0806, new Uint8Array(28))
}

export const back = ({ from = 1, to = 2, sport, dport }: Ends): Ends => ({
  from: to, to: from, ...(dport === undefined ? {} : { sport: dport }), ...(sport === undefined ? {} : { dport: sport }),
})

/** The three segments that open a connection, the client's sequence numbers from 1000, the server's from 5000. */
export function handshake(sec: number, ends: Ends): Seen[] {
  return [
    { sec, bytes: tcp(ends, 'S', { seq: 1000 }) },
    { sec, nsec: 1_000_000, bytes: tcp(back({ sport: 40_000, dport: 80, ...ends }), 'SA', { seq: 5000, ack: 1001 }) },
    { sec, nsec: 2_000_000, bytes: tcp(ends, 'A', { seq: 1001, ack: 5001 }) },
  ]
}

/** A capture that lies in memory. `batch` frames come between two fills. */
export class MemorySource implements Source {
  readonly damage: CaptureError[] = []
  readonly size: number
  position = 0
  closed = false
  readonly #frames: readonly Seen[]
  readonly #batch: number
  #limit = 0

  constructor(frames: readonly Seen[], batch = frames.length) {
    this.#frames = frames
    this.#batch = Math.max(batch, 1)
    this.size = frames.length
  }

  next(frame: Frame): boolean {
    const seen = this.position < this.#limit ? this.#frames[this.position] : undefined
    if (seen === undefined) return false
    frame.number = ++this.position
    frame.sec = seen.sec
    frame.nsec = seen.nsec ?? 0
    frame.bytes = seen.bytes
    frame.view = new DataView(seen.bytes.buffer, seen.bytes.byteOffset, seen.bytes.byteLength)
    frame.start = 0
    frame.end = seen.bytes.length
    frame.wireLen = seen.bytes.length
    frame.linkType = seen.linkType ?? 1
    return true
  }

  fill(): boolean {
    this.#limit = Math.min(this.#limit + this.#batch, this.#frames.length)
    return this.position < this.#limit
  }

  origin(frame: Frame): FrameOrigin {
    return { path: 'memory', offset: frame.number, interfaceName: null }
  }

  close(): void {
    this.closed = true
  }
}

/** The frames as a classic pcap file: little-endian, microseconds. */
export function pcap(frames: readonly Seen[], linkType = 1): Uint8Array {
  const bytes = new Uint8Array(24 + frames.reduce((sum, { bytes: { length } }) => sum + 16 + length, 0))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0xa1b2c3d4, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, 262_144, true)
  view.setUint32(20, linkType, true)
  let at = 24
  for (const { sec, nsec = 0, bytes: frame } of frames) {
    view.setUint32(at, sec, true)
    view.setUint32(at + 4, Math.floor(nsec / 1000), true)
    view.setUint32(at + 8, frame.length, true)
    view.setUint32(at + 12, frame.length, true)
    bytes.set(frame, at + 16)
    at += 16 + frame.length
  }
  return bytes
}
