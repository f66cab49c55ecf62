// One IP packet on its way through the program: where it lies, what it is, and what conntrack made of it.
// There is one of these an engine; every stage fills in its part.

import { VERDICT_NONE } from '../base/verdict.ts'
import { Room } from './room.ts'

const MOST_REASONS = 8 // log lines one packet can cause
const REASON_ARGS = 8 // numbers one wording takes: two IPv6 addresses

export class Packet {
  // --- set by ip/: where it lies ---
  /** The buffer that holds the packet, and a view over the whole of it: the frame's, or a reassembled datagram's. */
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(new ArrayBuffer(0))
  /** First byte of the IP header. */
  ip = 0
  /** First byte of the transport header; -1 when the kernel finds none (a later fragment, a broken header chain). */
  l4 = 0
  /**
   * First byte behind the packet, by the IP header's own length. Headers can be read up to it, and so can the payload of
   * every protocol but TCP, UDP and UDP-Lite: where the snap length cut one of those, ip/ has moved the packet to a buffer
   * that goes on with zeros. Who reads the payload of TCP, UDP or UDP-Lite calls `makeWhole` first.
   */
  end = 0
  /** First byte behind what was captured; ≤ end. In a reassembled datagram: the first byte that no fragment had captured. */
  captured = 0
  /** 4 or 6 */
  version = 0
  /** The transport protocol, behind IPv6's extension headers. */
  protocol = 0

  // --- set by the engine ---
  /** Capture time in ticks; not before any earlier packet's. */
  tick = 0

  // --- set by conntrack/ ---
  /** VERDICT_… */
  verdict = VERDICT_NONE
  /** ORIGINAL or REPLY, where the verdict is NEW, ESTABLISHED or RELATED. */
  direction = 0
  /** Number of the connection's record, -1 when there is none; it may have ended with this very packet. */
  connection = -1
  /** IPCT_… bits: what changed about the connection. */
  events = 0
  /** Number of the frame this packet is a copy of, 0 for none. Copies are not tracked. Set by the engine. */
  copyOf = 0
  /** How many reasons this packet was logged with, their codes, and REASON_ARGS numbers each. */
  reasonCount = 0
  readonly reasons = new Uint8Array(MOST_REASONS)
  readonly reasonArgs = new Float64Array(MOST_REASONS * REASON_ARGS)
  /** Protocol number each reason is logged under (`nf_ct_proto_6: …`); 0 where the wording stands alone. */
  readonly reasonProtocols = new Uint8Array(MOST_REASONS)

  #room: Room | null = null

  /** Bytes of the IP packet, header included: the kernel's skb->len. */
  get length(): number { return this.end - this.ip }

  /** Time to live, or hop limit: what is left of it. */
  get hops(): number { return this.view.getUint8(this.ip + (this.version === 4 ? 8 : 7)) }

  /**
   * A buffer of this packet's own, for what cannot stay where it was captured. Bytes of the packet that lie in it are lost
   * when it is emptied.
   */
  get room(): Room { return this.#room ??= new Room() }

  /**
   * Makes every byte before `end` readable, with zeros for what the snap length cut. Moves the packet: `bytes`, `view` and
   * the offsets change. Cheap when there is nothing to do.
   */
  makeWhole(): void {
    if (this.captured < this.end) this.#move()
  }

  #move(): void {
    const { room, ip } = this
    if (this.bytes === room.bytes) return
    room.empty()
    room.put(0, this.bytes, ip, this.captured - ip)
    this.bytes = room.bytes
    this.view = room.view
    this.ip = 0
    if (this.l4 >= 0) this.l4 -= ip
    this.end -= ip
    this.captured -= ip
  }

  /** Notes why the packet is logged, in the kernel's order. */
  note(protocol: number, reason: number, a = 0, b = 0, c = 0): void {
    if (this.reasonCount === MOST_REASONS) return
    const at = this.reasonCount++
    this.reasons[at] = reason
    this.reasonProtocols[at] = protocol
    this.reasonArgs[at * REASON_ARGS] = a
    this.reasonArgs[at * REASON_ARGS + 1] = b
    this.reasonArgs[at * REASON_ARGS + 2] = c
  }

  /** Number `i` of reason `at`. */
  reasonArg(at: number, i: number): number { return this.reasonArgs[at * REASON_ARGS + i] ?? 0 }

  /** Sets number `i` of the reason noted last. */
  setReasonArg(i: number, value: number): void { this.reasonArgs[(this.reasonCount - 1) * REASON_ARGS + i] = value }

  /** Forgets what conntrack said of the packet before. */
  reset(): void {
    this.verdict = VERDICT_NONE
    this.direction = 0
    this.connection = -1
    this.events = 0
    this.reasonCount = 0
    this.copyOf = 0
  }
}
