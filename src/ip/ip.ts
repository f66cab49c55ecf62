// From where the IP header starts to a whole IP packet with its transport header found, or word that there is none.

import type { Frame } from '../capture/frame.ts'
import type { Packet } from './packet.ts'

/** No whole IP header: the frame has no row in any output. */
export const NOT_IP = 0
/** An IP packet that conntrack never returns: a fragment held or thrown away, or a header the kernel refuses. */
export const HELD = 1
/** A whole packet or datagram, ready for conntrack. */
export const READY = 2

/** Everything between the link layer and conntrack: validation, extension headers, reassembly. */
export class IpLayer {
  /** Reads the IP packet at `at` of a frame into `packet`. @returns NOT_IP, HELD or READY */
  receive(frame: Frame, at: number, packet: Packet): number {
    const { view } = frame
    if (frame.end - at < 20 || view.getUint8(at) >>> 4 !== 4) return NOT_IP
    const headerLength = (view.getUint8(at) & 15) * 4
    const total = view.getUint16(at + 2)
    packet.bytes = frame.bytes
    packet.view = view
    packet.ip = at
    packet.l4 = at + headerLength
    packet.end = at + total
    packet.captured = Math.min(frame.end, packet.end)
    packet.version = 4
    packet.protocol = view.getUint8(at + 9)
    return READY
  }

  /** Ends fragment queues whose time is over. */
  advance(_tick: number): void {
    // Nothing is held yet.
  }
}
