// The chunks of an SCTP packet, one behind the other. RFC 9260 section 3.
// Kernel: for_each_sctp_chunk in nf_conntrack_proto_sctp.c (v6.12).

import { REASON } from '../../base/reasons.ts'
import { IPPROTO_SCTP } from '../../base/units.ts'
import type { Packet } from '../../ip/packet.ts'

// Types of chunk (RFC 9260 section 3.2).
export const DATA = 0
export const INIT = 1
export const INIT_ACK = 2
export const HEARTBEAT = 4
export const HEARTBEAT_ACK = 5
export const ABORT = 6
export const SHUTDOWN = 7
export const SHUTDOWN_ACK = 8
export const ERROR = 9
export const COOKIE_ECHO = 10
export const COOKIE_ACK = 11
export const SHUTDOWN_COMPLETE = 14

/** Of an ABORT or SHUTDOWN COMPLETE: its sender had no association and returns the tag it was sent (RFC 9260 section 8.5.1). */
const FLAG_T = 0x01

export const HEADER = 12 // bytes of SCTP's common header
const CHUNK_HEADER = 4 // bytes: type, flags, length
const INIT_HEADER = 16 // bytes behind the chunk header: tag, window, streams out and in, TSN

/** Chunks that have no other beside them, and those that come first. */
const ALONE = 1 << INIT | 1 << INIT_ACK | 1 << SHUTDOWN_COMPLETE
const FIRST = 1 << COOKIE_ECHO | 1 << COOKIE_ACK

/** A cursor over the chunks of one packet: `start`, then `next` until it says false. */
export class Chunks {
  /** Of the chunk that the cursor is at. */
  type = 0
  flagT = false
  /** 1 << type of each chunk that `areSound` has seen; types above 31 do not matter and are not kept. */
  seen = 0
  /** The verification tag, as a little-endian machine reads it: so the log prints it. */
  tag = 0
  #view: DataView = new DataView(new ArrayBuffer(0))
  #first = 0
  #end = 0
  #at = 0
  #next = 0
  #length = 0

  /** Aims the cursor before the first chunk. The common header must be there. */
  at(packet: Packet): this {
    this.#view = packet.view
    this.#first = packet.l4 + HEADER
    this.#end = packet.end
    this.tag = packet.view.getInt32(packet.l4 + 4, true)
    this.seen = 0
    this.start()
    return this
  }

  /** Back before the first chunk. */
  start(): void {
    this.#next = this.#first
  }

  /** Goes to the next chunk; false when what is left is too short for one. What it says of its length is not checked. */
  next(): boolean {
    const at = this.#next
    if (this.#end - at < CHUNK_HEADER) return false
    const view = this.#view
    this.#at = at
    this.type = view.getUint8(at)
    this.flagT = (view.getUint8(at + 1) & FLAG_T) !== 0
    this.#length = view.getUint16(at + 2)
    this.#next = at + ((this.#length + 3) & ~3)
    return true
  }

  /**
   * Looks whether these chunks can stand together, and notes which there are. One of no length is none, and would hold the
   * cursor for ever.
   * @returns  false when the packet is refused; without a chunk no reason is logged
   * @kernel   do_basic_checks() — v6.12
   * @differs  a chunk that the snap length cut away is read as zeros
   */
  areSound(packet: Packet): boolean {
    let count = 0
    let alone = false
    while (this.next()) {
      const bit = this.type < 32 ? 1 << this.type : 0
      if ((bit & ALONE) !== 0) alone = true
      if (this.#length === 0 || (count > 0 && (alone || (bit & FIRST) !== 0))) {
        packet.note(IPPROTO_SCTP, REASON.SCTP_CHUNKS, count, this.type, swapped(this.#length))
        packet.setReasonArg(3, alone ? 1 : 0)
        return false
      }
      this.seen |= bit
      count++
    }
    return count > 0
  }

  /** One of these types is in the packet. */
  has(types: number): boolean { return (this.seen & types) !== 0 }

  /** The chunk is an INIT or INIT ACK with all its fixed fields. */
  get hasInitHeader(): boolean { return this.#end - this.#at >= CHUNK_HEADER + INIT_HEADER }

  /** The tag that an INIT or INIT ACK asks for. */
  get initTag(): number { return this.#view.getInt32(this.#at + CHUNK_HEADER, true) }
}

/** Sixteen bits as a little-endian machine that forgets to swap them prints them. */
const swapped = (n: number): number => ((n & 255) << 8) | (n >>> 8)
