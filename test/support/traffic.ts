// Ethernet frames with a few kinds of packets in them, and captures of such frames in memory.

import { type Frame, type FrameOrigin, type Source } from '../../src/capture/frame.ts'
import type { CaptureError } from '../../src/base/errors.ts'
import { ip, type Transport } from '../../scripts/lib/packets.ts'
import * as packets from '../../scripts/lib/packets.ts'
import { encodePcap } from '../../scripts/lib/pcap.ts'
import { concat, sixteen } from './ip-packets.ts'

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

/** An Ethernet frame. */
export function ethernet(type: number, payload: Uint8Array): Uint8Array {
  return concat([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], sixteen(type), payload)
}

/** An IPv4 or IPv6 packet in an Ethernet frame. */
export function framed(packet: Uint8Array): Uint8Array {
  return ethernet(packet[0] === undefined || packet[0] >>> 4 === 4 ? 0x0800 : 0x86dd, packet)
}

function between({ from = 1, to = 2 }: Ends, transport: Transport): Uint8Array {
  return framed(ip(`10.0.0.${String(from)}`, `10.0.0.${String(to)}`, transport))
}

/** A UDP datagram of `length` bytes of payload. */
export function udp(ends: Ends = {}, length = 10): Uint8Array {
  return between(ends, packets.udp({ sport: ends.sport ?? 4000, dport: ends.dport ?? 53, payload: new Uint8Array(length) }))
}

/** A TCP segment. @param flags any of `FSRPA` */
export function tcp(ends: Ends, flags: string, { seq = 0, ack = 0, length = 0 } = {}): Uint8Array {
  const { sport = 40_000, dport = 80 } = ends
  return between(ends, packets.tcp({ sport, dport, flags, seq, ack, payload: new Uint8Array(length) }))
}

/** An ICMP echo request or its reply. */
export function echo(ends: Ends, id: number, isReply = false): Uint8Array {
  return between(ends, packets.icmp(isReply ? 0 : 8, 0, id << 16, new Uint8Array(8)))
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

/** The frames as a classic pcap file. */
export function pcap(frames: readonly Seen[], linkType = 1): Uint8Array {
  const captured = frames.map(({ sec, nsec = 0, bytes }) => ({ ns: BigInt(sec) * 1_000_000_000n + BigInt(nsec), bytes }))
  return encodePcap(captured, { linkType, micro: true })
}
