// The same packet captured twice: a director or router passes it on, a bridge has it on two ports, `-i any` sees it come and go.
// Recognised by what it is: addresses, IP id, length, the transport header. Only its first copy is the tracker's.

import { type Desk, Memory } from '../base/memory.ts'
import { COPIES_AT, COPIES_SEED, FINDS_COPIES } from '../base/memory-map.ts'
import type { Frame } from '../capture/frame.ts'
import type { Packet } from './packet.ts'

const SLOTS = 1 << 13
const WORDS = 8 // of what is known of each packet: another key, milliseconds, link, hops left, frame
const WITHIN = 50 // ms; the first repetition of a segment takes 200
const MOST_HOPS = 8 // between two copies
const COMPARED = 20 // bytes behind the IP header: TCP's with its checksum, so the payload too

const ETHERNET = 1
const COOKED = 113
const COOKED2 = 276

/** Remembers the packets just seen, in fixed room. */
export class Copies {
  /** Copies recognised so far. */
  count = 0
  /** The key of the packet on each slot; behind them all, WORDS more of each: the keys alone stay in a cache. */
  readonly #slots: Int32Array
  readonly #seed: number

  /**
   * @param seed    of the hashes, 32 bits
   * @param memory  where what it remembers lies
   */
  constructor(seed: number, memory = new Memory()) {
    this.#seed = seed | 0
    this.#slots = memory.words(COPIES_AT, SLOTS + SLOTS * WORDS)
  }

  /**
   * Is this packet, as `IpLayer.read` left it, one that was seen just before on another link, or with more hops left? A packet equal
   * in everything is taken for one sent twice: hosts that leave the IP id 0 repeat their ACKs so.
   * @returns  number of the frame that had it first; 0 when it is new
   * @differs  a kernel tracks all that passes its hooks; a packet sent twice within 50 ms by two interfaces is one here
   */
  firstOf(frame: Frame, packet: Packet): number {
    const { view, ip } = packet
    const bytes = Math.min(packet.captured, packet.end) - ip
    const isIpv4 = packet.version === 4
    const header = isIpv4 ? (view.getUint8(ip) & 15) * 4 : 40
    if (bytes < header + 4) return 0
    let a = this.#seed // two hashes of every other word: neither waits for the other
    let b = ~a
    if (isIpv4) {
      a = mix(a, view.getInt32(ip + 2, true)) // length, id
      b = mix(b, view.getInt32(ip + 6, true) & 0xff00ffff) // fragment, protocol; between them the hops
      a = mix(a, view.getInt32(ip + 12, true))
      b = mix(b, view.getInt32(ip + 16, true))
    } else {
      a = mix(a, view.getInt32(ip) & 0xfffff) // flow label
      b = mix(b, view.getInt32(ip + 4) >>> 8) // all but the hops
      for (let at = ip + 8; at < ip + 40; at += 8) {
        a = mix(a, view.getInt32(at, true))
        b = mix(b, view.getInt32(at + 4, true))
      }
    }
    const end = ip + Math.min(bytes, header + COMPARED)
    let at = ip + header
    for (; at + 8 <= end; at += 8) {
      a = mix(a, view.getInt32(at, true))
      b = mix(b, view.getInt32(at + 4, true))
    }
    if (at + 4 <= end) a = mix(a, view.getInt32(at, true))
    return this.#meet(a, b, frame, packet.hops, linkOf(frame))
  }

  /** Lays down that copies are to be found. */
  lend(desk: Desk): void {
    desk.words[FINDS_COPIES] = 1
    desk.words[COPIES_SEED] = this.#seed
  }

  /** Looks for the packet whose hashes are `a` and `b`, and remembers it where it is new. */
  #meet(a: number, b: number, frame: Frame, hops: number, link: number): number {
    const slots = this.#slots
    const slot = mix(a, b) & (SLOTS - 1)
    const at = SLOTS + slot * WORDS
    const ms = (frame.sec % 1_000_000) * 1000 + ((frame.nsec / 1_000_000) | 0)
    if (slots[slot] === a && slots[at] === b) {
      const age = ms - slots[at + 1]!
      const lost = slots[at + 3]! - hops
      if (age >= 0 && age <= WITHIN && lost >= 0 && lost <= MOST_HOPS && (lost > 0 || slots[at + 2] !== link)) {
        this.count++
        return slots[at + 4]!
      }
    }
    slots[slot] = a
    slots[at] = b
    slots[at + 1] = ms
    slots[at + 2] = link
    slots[at + 3] = hops
    slots[at + 4] = frame.number
    return 0
  }
}

/** One word more of a hash. */
export function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

/** Stations, VLAN, whether it came or went, and the interface, as one word. Of other links: the interface alone. */
function linkOf(frame: Frame): number {
  const { view, start, linkType, iface } = frame
  const length = linkType === ETHERNET || linkType === COOKED ? 16 : linkType === COOKED2 ? 20 : 0
  if (length === 0 || frame.end - start < length) return iface
  const link = mix(mix(mix(iface, view.getInt32(start, true)), view.getInt32(start + 4, true)), view.getInt32(start + 8, true))
  if (linkType === ETHERNET) return mix(link, vlanOf(frame))
  const last = mix(link, view.getInt32(start + 12, true))
  return linkType === COOKED ? last : mix(last, view.getInt32(start + 16, true))
}

/** EtherType, and the tag behind it where there is one. */
function vlanOf({ view, start }: Frame): number {
  const type = view.getUint16(start + 12)
  return type === 0x8100 || type === 0x88a8 ? view.getInt32(start + 12) : type
}
