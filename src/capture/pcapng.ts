// pcapng (Wireshark, dumpcap): blocks, in sections with a byte order each. https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html

import { CUT, type Decoder, type Numbering, type Report } from './decoder.ts'
import type { Frame, FrameTaker } from './frame.ts'
import { eachOption, readInt64 } from './pcapng-options.ts'
import { TimeScale } from './time-scale.ts'
import { MOST, type Window } from './window.ts'

// Types of blocks. All but a few are passed over.
const SECTION = 0x0a0d0d0a // reads the same in both byte orders
const INTERFACE = 1
const OBSOLETE_PACKET = 2
const SIMPLE_PACKET = 3
const STATISTICS = 5
const ENHANCED_PACKET = 6

const LITTLE = 0x1a2b3c4d // a section's byte-order magic, read as little-endian
const BIG = 0x4d3c2b1a

const SHORTEST = 12 // bytes of a block: type, length, length again
const PACKET_DATA = 28 // bytes before the data of a packet, from the block's start
const MOST_INTERFACES = 65_536 // in a section
const MOST_NAME = 256 // bytes
const MICROSECONDS = 6 // if_tsresol where an interface has none
const ETHERNET = 1

const IF_NAME = 2
const IF_TSRESOL = 9
const IF_TSOFFSET = 14
const ISB_IFDROP = 5
const ISB_OSDROP = 7

interface Interface {
  readonly number: number
  readonly name: string | null
  readonly linkType: number
  /** Bytes kept of a packet; 0 for all. */
  readonly snapLength: number
  readonly scale: TimeScale
  /** Packets lost, by the interface and by the operating system; null where nothing was said. */
  ifDrops: number | null
  osDrops: number | null
}

/** Does a pcapng file begin so? */
export function isPcapng(view: DataView, at: number): boolean {
  return view.getUint32(at) === SECTION
}

export class PcapngDecoder implements Decoder {
  failed = false
  readonly #window: Window
  readonly #report: Report
  readonly #numbering: Numbering
  #little = true
  /** Those of this section, by their number in it. */
  #interfaces: Interface[] = []
  /** Packets lost on interfaces of sections before; null where nothing was said. */
  #dropsBefore: number | null = null
  /** An interface that was never described has been reported. */
  #reportedInterface = false
  #number = 0
  #recordAt = 0
  /** The last frame's time and interface. */
  #sec = 0
  #nsec = 0
  #last: Interface | null = null
  #lastIndex = 0

  /** @param window  stands at a block that `isPcapng` knows */
  constructor(window: Window, report: Report, numbering: Numbering) {
    this.#window = window
    this.#report = report
    this.#numbering = numbering
  }

  get recordOffset(): number {
    return this.#window.base + this.#recordAt
  }

  get interfaceName(): string | null {
    return this.#last?.name ?? null
  }

  get drops(): number | null {
    return this.#interfaces.reduce((sum, { ifDrops, osDrops }) => plus(plus(sum, ifDrops), osDrops), this.#dropsBefore)
  }

  next(frame: Frame): boolean {
    const window = this.#window
    while (!this.failed) {
      const { at, end, view } = window
      if (end - at < SHORTEST) return false
      const type = view.getUint32(at, this.#little)
      if (type === SECTION && !this.#readByteOrder(at)) return false
      const little = this.#little
      const length = view.getUint32(at + 4, little)
      if (length < SHORTEST || (length & 3) !== 0) return this.#fail(at, `a block of ${length} bytes cannot be`)
      if (length > end - at) return this.#waitFor(type, length)
      const behind = at + length
      const again = view.getUint32(behind - 4, little)
      if (again !== length) return this.#fail(at, `a block is ${length} bytes long at its start and ${again} at its end`)
      switch (type) {
        case ENHANCED_PACKET:
          if (this.#packet(frame, at, behind, false)) return true
          break
        case OBSOLETE_PACKET:
          if (this.#packet(frame, at, behind, true)) return true
          break
        case SIMPLE_PACKET:
          if (this.#simplePacket(frame, at, behind)) return true
          break
        case SECTION: this.#section(at, length); break
        case INTERFACE: this.#interface(at, behind); break
        case STATISTICS: this.#statistics(at, behind); break
        default: window.at = behind
      }
    }
    return false
  }

  /** Hands out blocks of the interface that the last frame came from. */
  hand(taker: FrameTaker): void {
    const from = this.#last
    if (from?.linkType !== ETHERNET || !this.#little || this.failed) return
    const { decimalPerSec } = from.scale
    const index = this.#lastIndex
    const window = this.#window
    if (decimalPerSec === 0 || this.#interfaces[index] !== from || !window.moveTo(taker.room)) return
    window.at = taker.take(window.at, window.end, this.#number, from.number, decimalPerSec, index)
    if (taker.taken === 0) return
    this.#number += taker.taken
    this.#recordAt = taker.lastRecord
    this.#sec = taker.sec
    this.#nsec = taker.nsec
  }

  /** Takes an enhanced packet block, or the obsolete one, which differs in how it names the interface. */
  #packet(frame: Frame, at: number, behind: number, isObsolete: boolean): boolean {
    const window = this.#window
    const { view } = window
    const little = this.#little
    const start = at + PACKET_DATA
    if (start + 4 > behind) return this.#fail(at, `a packet's block of ${behind - at} bytes cannot be`)
    const captured = view.getUint32(at + 20, little)
    if (captured > behind - 4 - start) return this.#fail(at, `a packet of ${captured} bytes in a block of ${behind - at} cannot be`)
    const index = isObsolete ? view.getUint16(at + 8, little) : view.getUint32(at + 8, little)
    window.at = behind
    if (index >= this.#interfaces.length) return this.#passOver(at, index)
    const wireLen = view.getUint32(at + 24, little)
    this.#interfaces[index]!.scale.stamp(frame, view.getUint32(at + 12, little), view.getUint32(at + 16, little))
    this.#sec = frame.sec
    this.#nsec = frame.nsec
    this.#aim(frame, at, index, start, captured, wireLen)
    return true
  }

  /** Takes a simple packet block: it is of the first interface, and has the time of the frame before it. */
  #simplePacket(frame: Frame, at: number, behind: number): boolean {
    const start = at + SHORTEST
    if (start + 4 > behind) return this.#fail(at, `a packet's block of ${behind - at} bytes cannot be`)
    this.#window.at = behind
    if (this.#interfaces.length === 0) return this.#passOver(at, 0)
    const wireLen = this.#window.view.getUint32(at + 8, this.#little)
    const { snapLength } = this.#interfaces[0]!
    const kept = snapLength > 0 && snapLength < wireLen ? snapLength : wireLen
    frame.sec = this.#sec
    frame.nsec = this.#nsec
    this.#aim(frame, at, 0, start, Math.min(kept, behind - 4 - start), wireLen)
    return true
  }

  #aim(frame: Frame, at: number, index: number, start: number, captured: number, wireLen: number): void {
    const from = this.#interfaces[index]!
    frame.number = ++this.#number
    frame.bytes = this.#window.bytes
    frame.view = this.#window.view
    frame.start = start
    frame.end = start + captured
    frame.wireLen = wireLen < captured ? captured : wireLen
    frame.linkType = from.linkType
    frame.iface = from.number
    this.#recordAt = at
    this.#last = from
    this.#lastIndex = index
  }

  /** Says once that packets name an interface that was not described: their link type is not known. */
  #passOver(at: number, index: number): false {
    if (this.#reportedInterface) return false
    this.#reportedInterface = true
    this.#report('BAD_BLOCK', this.#window.base + at, `a packet is of interface ${index}, which the file does not describe; `
      + 'such packets are passed over')
    return false
  }

  /** A block that is not all there: one that nobody wants need not be in memory, one that cannot be is damage. */
  #waitFor(type: number, length: number): false {
    const { at } = this.#window
    if (!isWanted(type)) this.#window.skip(length)
    else if (length > MOST) this.#fail(at, `a block of ${length} bytes cannot be`)
    return false
  }

  /** The byte order comes before the block's length. @returns false when it cannot be told (yet) */
  #readByteOrder(at: number): boolean {
    const magic = this.#window.view.getUint32(at + 8, true)
    if (magic !== LITTLE && magic !== BIG) return this.#fail(at, 'a section without a byte order')
    this.#little = magic === LITTLE
    return true
  }

  /** Begins a section. Whatever version of the format it claims, it is read on: blocks say what they are. */
  #section(at: number, length: number): void {
    if (length < 28) {
      this.#fail(at, `a section's header of ${length} bytes cannot be`)
      return
    }
    this.#dropsBefore = this.drops
    this.#interfaces = []
    this.#window.at = at + length
  }

  #interface(at: number, behind: number): void {
    const { view, bytes } = this.#window
    const little = this.#little
    if (behind - at < 20 || this.#interfaces.length >= MOST_INTERFACES) {
      this.#fail(at, behind - at < 20 ? `an interface's block of ${behind - at} bytes cannot be` : 'too many interfaces')
      return
    }
    const said = { name: null as string | null, resolution: MICROSECONDS, offsetSec: 0 }
    eachOption(view, at + 16, behind - 4, little, (code, value, length) => {
      if (code === IF_NAME) said.name = textOf(bytes.subarray(value, value + Math.min(length, MOST_NAME)))
      else if (code === IF_TSRESOL && length >= 1) said.resolution = view.getUint8(value)
      else if (code === IF_TSOFFSET && length >= 8) said.offsetSec = readInt64(view, value, little)
    })
    this.#interfaces.push({
      number: this.#numbering.next++,
      name: said.name,
      linkType: view.getUint16(at + 8, little),
      snapLength: view.getUint32(at + 12, little),
      scale: new TimeScale(said.resolution, said.offsetSec),
      ifDrops: null,
      osDrops: null,
    })
    this.#window.at = behind
  }

  /** Takes what an interface lost so far; a later block of the same interface replaces it. */
  #statistics(at: number, behind: number): void {
    const { view } = this.#window
    const little = this.#little
    this.#window.at = behind
    if (behind - at < 24) return
    const of = this.#interfaces[view.getUint32(at + 8, little)]
    if (of === undefined) return
    eachOption(view, at + 20, behind - 4, little, (code, value, length) => {
      if (code === ISB_IFDROP && length >= 8) of.ifDrops = readInt64(view, value, little)
      else if (code === ISB_OSDROP && length >= 8) of.osDrops = readInt64(view, value, little)
    })
  }

  finish(): void {
    const { at, base, end, skipping, view } = this.#window
    const left = end - at
    if (left === 0 && skipping === 0) return
    const where = skipping > 0 ? `; ${skipping} bytes of it are missing`
      : left < 8 ? '' : `, after ${left} of its ${view.getUint32(at + 4, this.#little)} bytes`
    this.#report('TRUNCATED', base + at, `ends in the middle of a block${where}; ${CUT}`)
  }

  #fail(at: number, what: string): false {
    this.failed = true
    this.#report('BAD_BLOCK', this.#window.base + at, `${what}: the file is damaged from here on`)
    return false
  }
}

function isWanted(type: number): boolean {
  switch (type) {
    case ENHANCED_PACKET: case OBSOLETE_PACKET: case SIMPLE_PACKET: case SECTION: case INTERFACE: case STATISTICS: return true
    default: return false
  }
}

/** UTF-8, up to a zero byte. */
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/\0.*/s, '')

function plus(sum: number | null, more: number | null): number | null {
  return more === null ? sum : (sum ?? 0) + more
}
