// The way of IP packets from a capture to conntrack, without the rest: what a test feeds and what comes out.

import { defaultSysctl, type Sysctl } from '../../src/base/sysctl.ts'
import { Frame } from '../../src/capture/frame.ts'
import { IpLayer } from '../../src/ip/ip.ts'
import { Packet } from '../../src/ip/packet.ts'

const START = 1_700_000_000_000 // ticks, at 1000 a second
const PADDING = 3 // bytes before each packet, so that offsets matter

export type Fate = 'not IP' | 'held' | Delivered

/** A packet as conntrack gets it. */
export interface Delivered {
  readonly bytes: Uint8Array
  readonly protocol: number
  /** From the packet's first byte; -1: none found */
  readonly l4: number
  /** How many bytes were captured */
  readonly captured: number
  /** It no longer lies where it was captured. */
  readonly moved: boolean
}

export class IpPath {
  readonly layer: IpLayer
  readonly packet = new Packet()
  readonly #frame = new Frame()
  #now = START

  constructor(knobs: Partial<Sysctl> = {}) {
    this.layer = new IpLayer({ ...defaultSysctl(), ...knobs }, 1000, 0x5eed)
    this.layer.begin(START)
  }

  /** Lets time go by, milliseconds. */
  wait(ms: number): this {
    this.#now += ms
    return this
  }

  /**
   * Feeds one packet. It lies in a buffer of just its size, where a read past the end throws.
   * @param captured  bytes that the snap length leaves
   * @param wireLen   bytes the frame had; what is behind the packet is padding
   */
  feed(bytes: Uint8Array, captured = bytes.length, wireLen = bytes.length): Fate {
    const frame = this.#frame
    frame.bytes = new Uint8Array(PADDING + captured)
    frame.bytes.set(bytes.subarray(0, captured), PADDING)
    frame.view = new DataView(frame.bytes.buffer)
    frame.start = 0
    frame.end = frame.bytes.length
    frame.wireLen = PADDING + wireLen
    const { layer, packet } = this
    if (!layer.read(frame, PADDING, packet)) return 'not IP'
    layer.advance(this.#now)
    if (!layer.gather(packet)) return 'held'
    return this.#delivered()
  }

  /** Feeds packets at one moment. @returns the fate of each */
  feedAll(packets: readonly Uint8Array[]): Fate[] {
    return packets.map((bytes) => this.feed(bytes))
  }

  #delivered(): Delivered {
    const { packet } = this
    const { ip, l4 } = packet
    const captured = packet.captured - ip
    const moved = packet.bytes !== this.#frame.bytes
    packet.makeWhole()
    return {
      bytes: packet.bytes.slice(packet.ip, packet.end), protocol: packet.protocol, l4: l4 < 0 ? -1 : l4 - ip, captured, moved,
    }
  }
}
