// A TCP segment as the tracker reads it: the header's fields and the two kinds of options that matter.
// RFC 9293 section 3.1, RFC 7323 (window scale), RFC 2018 (SACK).

import { seqAdd, seqAfter } from '../../base/seq.ts'
import type { Packet } from '../../ip/packet.ts'
import { ACK, FIN, NO_FLAG, RST, SYN, SYNACK } from './states.ts'
import { FLAG_BE_LIBERAL, FLAG_SACK_PERM, FLAG_WINDOW_SCALE } from './fields.ts'
import { type TcpSide } from './words.ts'

const BIT_FIN = 0x01
const BIT_SYN = 0x02
const BIT_RST = 0x04
const BIT_ACK = 0x10
const BIT_URG = 0x20

const MAX_SCALE = 14 // RFC 7323 section 2.3
const OPTION_END = 0
const OPTION_NOP = 1
const OPTION_SCALE = 3
const OPTION_SACK_PERM = 4
const OPTION_SACK = 5
const TIMESTAMP_ONLY = 0x0101080a // NOP NOP timestamp(10): the usual twelve bytes

const MATTERS = BIT_FIN | BIT_SYN | BIT_RST | BIT_ACK | BIT_URG // PSH, ECE and CWR never do

/** Kind of a segment by its flags, FIN to URG; shape [64]. */
export const KINDS = new Uint8Array(64).map((_, flags) =>
  (flags & BIT_RST) !== 0 ? RST : (flags & BIT_SYN) !== 0 ? ((flags & BIT_ACK) !== 0 ? SYNACK : SYN)
    : (flags & BIT_FIN) !== 0 ? FIN : (flags & BIT_ACK) !== 0 ? ACK : NO_FLAG)

/** 1 for the combinations of MATTERS that are possible; shape [64]. */
export const POSSIBLE = new Uint8Array(64)
for (const flags of [
  BIT_SYN, BIT_SYN | BIT_URG, BIT_SYN | BIT_ACK, BIT_RST, BIT_RST | BIT_ACK, BIT_FIN | BIT_ACK, BIT_FIN | BIT_ACK | BIT_URG, BIT_ACK,
  BIT_ACK | BIT_URG,
]) POSSIBLE[flags] = 1

/** The fields of one segment, reused for every packet. */
export class Segment {
  seq = 0
  ack = 0
  /** seq + payload, SYN and FIN counting one each */
  end = 0
  /** As it stands in the header: unscaled. */
  window = 0
  /** Highest acknowledged byte, SACK blocks included. Set by the window check. */
  sack = 0
  /** SYN … NO_FLAG (states.ts) */
  kind = NO_FLAG
  headerLength = 0
  #flags = 0
  #view: DataView = new DataView(new ArrayBuffer(0))
  #options = 0

  get syn(): boolean { return (this.#flags & BIT_SYN) !== 0 }
  get rst(): boolean { return (this.#flags & BIT_RST) !== 0 }
  get hasAck(): boolean { return (this.#flags & BIT_ACK) !== 0 }
  /** Neither SYN nor RST, and it acknowledges something. */
  get isUsual(): boolean { return (this.#flags & (BIT_SYN | BIT_RST | BIT_ACK)) === BIT_ACK }
  get hasPossibleFlags(): boolean { return POSSIBLE[this.#flags & MATTERS] === 1 }

  /** Reads the fixed header; at least 20 bytes must be there. */
  read(packet: Packet): void {
    const view = packet.view
    const at = packet.l4
    if (this.#view !== view) this.#view = view // storing a reference costs more than the question
    this.#options = at + 20
    this.seq = view.getInt32(at + 4)
    this.ack = view.getInt32(at + 8)
    this.headerLength = (view.getUint8(at + 12) >>> 4) * 4
    const flags = view.getUint8(at + 13) & 63
    this.#flags = flags
    this.window = view.getUint16(at + 14)
    this.kind = KINDS[flags]!
    this.end = seqAdd(this.seq, packet.end - at - this.headerLength + (flags & BIT_FIN) + ((flags & BIT_SYN) >>> 1))
  }

  /**
   * Notes window scale and SACK-permitted of a SYN on the side that sent it. A segment without options changes nothing.
   * @kernel  tcp_options() — v6.12
   */
  readSynOptions(side: TcpSide): void {
    if (this.headerLength === 20) return
    const found = this.synOptions()
    side.scale = found >>> 8
    side.flags = (side.flags & FLAG_BE_LIBERAL) | (found & 255)
  }

  /** Window scale << 8 | FLAG_WINDOW_SCALE | FLAG_SACK_PERM, as far as the options say so. */
  synOptions(): number {
    const view = this.#view
    let scale = 0
    let flags = 0
    let at = this.#options
    let left = this.headerLength - 20
    for (let size = optionLength(view, at, left); size !== 0; size = optionLength(view, at, left)) {
      const kind = view.getUint8(at)
      if (kind === OPTION_SACK_PERM && size === 2) flags |= FLAG_SACK_PERM
      else if (kind === OPTION_SCALE && size === 3) {
        scale = Math.min(view.getUint8(at + 2), MAX_SCALE)
        flags |= FLAG_WINDOW_SCALE
      }
      at += size
      left -= size
    }
    return (scale << 8) | flags
  }

  /**
   * The highest right edge of a SACK block, or the ack where there is none above it.
   * @kernel  tcp_sack() — v6.12
   */
  highestSack(): number {
    const view = this.#view
    let sack = this.ack
    let at = this.#options
    let left = this.headerLength - 20
    if (left === 12 && view.getInt32(at) === TIMESTAMP_ONLY) return sack
    for (let size = optionLength(view, at, left); size !== 0; size = optionLength(view, at, left)) {
      if (view.getUint8(at) === OPTION_SACK && size >= 10 && (size - 2) % 8 === 0) {
        for (let block = at + 2; block < at + size; block += 8) {
          const edge = view.getInt32(block + 4)
          if (seqAfter(edge, sack)) sack = edge
        }
        break
      }
      at += size
      left -= size
    }
    return sack
  }
}

/** Bytes of the option at `at`, `left` bytes before the header's end; 0 where there is none that can be read. */
function optionLength(view: DataView, at: number, left: number): number {
  if (left <= 0) return 0
  const kind = view.getUint8(at)
  if (kind === OPTION_END) return 0
  if (kind === OPTION_NOP) return 1
  if (left < 2) return 0
  const size = view.getUint8(at + 1)
  return size < 2 || size > left ? 0 : size
}
