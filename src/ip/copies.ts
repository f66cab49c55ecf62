// The same packet captured twice: a director or router passes it on, a bridge has it on two ports, `-i any` sees it come and go.
// Recognised by what it is: addresses, IP id, length, the transport header. Only its first copy is the tracker's.

import type { Frame } from '../capture/frame.ts'
import type { Packet } from './packet.ts'

const SLOTS = 1 << 13
const WORDS = 6 // of a slot: two of the key, milliseconds, link, hops left, frame
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
  readonly #slots = new Int32Array(SLOTS * WORDS)
  readonly #seed: number
  #a = 0
  #b = 0

  constructor(seed: number) {
    this.#seed = seed | 0
  }

  /**
   * Is this packet, as `IpLayer.read` left it, one that was seen just before on another link, or with more hops left? A packet equal
   * in everything is taken for one sent twice: hosts that leave the IP id 0 repeat their ACKs so.
   * @returns  number of the frame that had it first; 0 when it is new
   */
  firstOf(frame: Frame, packet: Packet): number {
    const { view, ip } = packet
    const bytes = Math.min(packet.captured, packet.end) - ip
    const isIpv4 = packet.version === 4
    const header = isIpv4 ? (view.getUint8(ip) & 15) * 4 : 40
    if (bytes < header + 4) return 0
    this.#a = this.#seed
    this.#b = ~this.#seed
    if (isIpv4) {
      this.#mix(view.getUint16(ip + 2)) // length
      this.#mix(view.getInt32(ip + 4)) // id, fragment
      this.#mix(view.getUint8(ip + 9))
      this.#mix(view.getInt32(ip + 12))
      this.#mix(view.getInt32(ip + 16))
    } else {
      this.#mix(view.getInt32(ip) & 0xfffff) // flow label
      this.#mix(view.getInt32(ip + 4) >>> 8) // all but the hops
      for (let at = ip + 8; at < ip + 40; at += 4) this.#mix(view.getInt32(at))
    }
    const end = ip + Math.min(bytes, header + COMPARED)
    for (let at = ip + header; at + 4 <= end; at += 4) this.#mix(view.getInt32(at))
    const hops = view.getUint8(ip + (isIpv4 ? 8 : 7))
    return this.#meet(frame, hops, linkOf(frame))
  }

  #meet(frame: Frame, hops: number, link: number): number {
    const slots = this.#slots
    const a = this.#a
    const at = ((a ^ (a >>> 15)) & (SLOTS - 1)) * WORDS
    const ms = (frame.sec % 1_000_000) * 1000 + ((frame.nsec / 1_000_000) | 0)
    if (slots[at] === a && slots[at + 1] === this.#b) {
      const age = ms - slots[at + 2]!
      const lost = slots[at + 4]! - hops
      if (age >= 0 && age <= WITHIN && lost >= 0 && lost <= MOST_HOPS && (lost > 0 || slots[at + 3] !== link)) {
        this.count++
        return slots[at + 5]!
      }
    }
    slots[at] = a
    slots[at + 1] = this.#b
    slots[at + 2] = ms
    slots[at + 3] = link
    slots[at + 4] = hops
    slots[at + 5] = frame.number
    return 0
  }

  #mix(word: number): void {
    const a = Math.imul(this.#a ^ word, 0x9e3779b1)
    this.#a = a ^ (a >>> 15)
    const b = Math.imul(this.#b + word, 0x85ebca6b)
    this.#b = b ^ (b >>> 13)
  }
}

/** Stations, VLAN, whether it came or went, and the interface, as one word. Of other links: the interface alone. */
function linkOf(frame: Frame): number {
  const { view, start, linkType } = frame
  let link = frame.iface
  if (linkType === ETHERNET || linkType === COOKED || linkType === COOKED2) {
    const length = linkType === COOKED2 ? 20 : 16
    if (frame.end - start < length) return link
    for (let at = start; at < start + length; at += 4) {
      const word = linkType === ETHERNET && at === start + 12 ? vlanOf(frame) : view.getInt32(at)
      link = Math.imul(link ^ word, 0x9e3779b1)
      link ^= link >>> 15
    }
  }
  return link
}

/** EtherType, and the tag behind it where there is one. */
function vlanOf({ view, start }: Frame): number {
  const type = view.getUint16(start + 12)
  return type === 0x8100 || type === 0x88a8 ? view.getInt32(start + 12) : type
}
