// Classic pcap (libpcap, tcpdump -w): a header of 24 bytes, then records. https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html

import { NSEC_PER_SEC } from '../base/units.ts'
import { CUT, type Decoder, type Numbering, type Report } from './decoder.ts'
import type { Frame, FrameTaker } from './frame.ts'
import { MOST, type Window } from './window.ts'

export const PCAP_HEADER = 24 // bytes

const MICROSECONDS = 0xa1b2c3d4
const NANOSECONDS = 0xa1b23c4d
const MODIFIED = 0xa1b2cd34 // microseconds; eight bytes more in each record's header (Kuznetsov's libpcap)

const USUAL_HEADER = 16 // bytes of a record's header
const ETHERNET = 1
const USUAL_LONGEST = 262_144 // bytes: the snap length of libpcap and Wireshark, whatever lower one a file claims

/** Which kind of pcap file begins so; null where none does. */
export function pcapKind(view: DataView, at: number): { readonly magic: number, readonly little: boolean } | null {
  for (const little of [true, false]) {
    const magic = view.getUint32(at, little)
    if (magic === MICROSECONDS || magic === NANOSECONDS || magic === MODIFIED) return { magic, little }
  }
  return null
}

export class PcapDecoder implements Decoder {
  failed = false
  readonly interfaceName = null
  readonly drops = null
  readonly #window: Window
  readonly #report: Report
  readonly #little: boolean
  readonly #linkType: number
  readonly #iface: number
  /** Bytes of a record's header, and the most its packet may have. */
  readonly #header: number
  readonly #longest: number
  /** What a record counts within a second, and how many nanoseconds that is. */
  readonly #perSec: number
  readonly #nsec: number
  #number = 0
  #recordAt = 0

  /** @param window  stands at a header that `pcapKind` knows, all of it there */
  constructor(window: Window, report: Report, numbering: Numbering) {
    const { view, at } = window
    const { magic, little } = pcapKind(view, at)!
    this.#window = window
    this.#report = report
    this.#little = little
    this.#header = magic === MODIFIED ? 24 : USUAL_HEADER
    this.#perSec = magic === NANOSECONDS ? NSEC_PER_SEC : 1_000_000
    this.#nsec = NSEC_PER_SEC / this.#perSec
    this.#longest = Math.min(Math.max(view.getUint32(at + 16, little), USUAL_LONGEST), MOST)
    this.#linkType = view.getUint32(at + 20, little) & 0xffff // above it: length of the frame check sequence
    this.#iface = numbering.next++
    window.at = at + PCAP_HEADER
  }

  get recordOffset(): number {
    return this.#window.base + this.#recordAt
  }

  next(frame: Frame): boolean {
    const window = this.#window
    const { at, end, view } = window
    const little = this.#little
    const start = at + this.#header
    if (start > end) return false
    const captured = view.getUint32(at + 8, little)
    const isUsual = captured - 1 >>> 0 < USUAL_LONGEST // neither empty nor too long
    if ((!isUsual || captured > end - start) && !this.#isSound(captured, start)) return false
    const wireLen = view.getUint32(at + 12, little)
    let sec = view.getUint32(at, little)
    let part = view.getUint32(at + 4, little)
    if (part >= this.#perSec) {
      sec += Math.floor(part / this.#perSec)
      part %= this.#perSec
    }
    frame.number = ++this.#number
    frame.sec = sec
    frame.nsec = part * this.#nsec
    if (frame.view !== view) { // storing a reference costs more than the question
      frame.bytes = window.bytes
      frame.view = view
    }
    frame.start = start
    frame.end = start + captured
    frame.wireLen = wireLen < captured ? captured : wireLen
    frame.linkType = this.#linkType
    frame.iface = this.#iface
    this.#recordAt = at
    window.at = start + captured
    return true
  }

  hand(taker: FrameTaker): void {
    if (!this.#little || this.#header !== USUAL_HEADER || this.#linkType !== ETHERNET || this.failed) return
    const window = this.#window
    if (!window.moveTo(taker.room)) return
    window.at = taker.take(window.at, window.end, this.#number, this.#iface, this.#perSec, -1)
    if (taker.taken === 0) return
    this.#number += taker.taken
    this.#recordAt = taker.lastRecord
  }

  /** Looks at a record that is not all there, long, or empty. @returns whether it can be given out as it is */
  #isSound(captured: number, start: number): boolean {
    const { at, base, end, view } = this.#window
    if (this.failed) return false
    if (captured > this.#longest) {
      this.failed = true
      this.#report('BAD_BLOCK', base + at, `a packet of ${captured} bytes cannot be (${this.#longest} at most): `
        + 'the file is damaged from here on')
      return false
    }
    if (captured === 0 && isZero(view, at, start)) {
      this.failed = true
      this.#report('BAD_BLOCK', base + at, 'zero bytes where a packet should be: the file was never written from here on')
      return false
    }
    return captured <= end - start
  }

  finish(): void {
    const { at, base, end, view } = this.#window
    const left = end - at
    if (left === 0) return
    const what = left < this.#header ? `${left} of the ${this.#header} bytes of a packet's header`
      : `${left - this.#header} of the ${view.getUint32(at + 8, this.#little)} bytes of a packet`
    this.#report('TRUNCATED', base + at, `ends in the middle of a record, after ${what}; ${CUT}`)
  }
}

function isZero(view: DataView, at: number, end: number): boolean {
  for (let i = at; i < end; i++) if (view.getUint8(i) !== 0) return false
  return true
}
