// TPKT (RFC 1006): messages on a TCP connection, each behind four bytes with its length. What is not whole in one segment is
// not seen, but for a header that is sent alone.
// Kernel: get_tpkt_data() in nf_conntrack_h323_main.c (v6.12).

import type { Scene } from '../helper.ts'

const HEADER = 4 // bytes: 3, 0, length of header and message
const MOST_BYTES = 65535 // of a segment that are looked at

/** Lengths of messages whose header came alone, by connection and direction: the next segment is such a message. */
export type Announced = Map<number, [original: number, reply: number]>

/** The messages of one segment, one after another. */
export class Tpkts {
  /** Where the present message begins and ends. */
  at = 0
  end = 0
  readonly #scene: Scene
  readonly #announced: Announced
  readonly #limit: number
  #isFirst = true

  constructor(scene: Scene, announced: Announced) {
    this.#scene = scene
    this.#announced = announced
    this.#limit = scene.tcp() ? Math.min(scene.end, scene.data + MOST_BYTES) : scene.data
  }

  /** Goes to the next message. False when there is none. */
  next(): boolean {
    const { bytes, data } = this.#scene
    const at = this.#isFirst ? data : this.end
    const room = this.#limit - at
    if (room <= 0) return this.#nothing()
    const isHeader = bytes[at] === 3 && bytes[at + 1] === 0
    if (this.#isFirst) {
      this.#isFirst = false
      if (room < HEADER || !isHeader) return this.#body(at, room)
    } else if (room <= HEADER || !isHeader) return this.#nothing()
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
    if (length < HEADER) return this.#nothing()
    if (length > room) {
      if (room !== HEADER) return this.#nothing()
      this.#announce(length - HEADER)
      return false
    }
    return this.#found(at + HEADER, at + length)
  }

  /** A segment without a header is the message that a header alone has announced, or none. */
  #body(at: number, room: number): boolean {
    const length = this.#announced.get(this.#scene.conn.index)?.[this.#scene.dir] ?? 0
    if (length === 0) return false
    return length <= room ? this.#found(at, at + length) : this.#nothing()
  }

  #found(at: number, end: number): boolean {
    this.#announce(0)
    this.at = at
    this.end = end
    return true
  }

  #nothing(): false {
    this.#announce(0)
    return false
  }

  #announce(length: number): void {
    const { conn: { index }, dir } = this.#scene
    const lengths = this.#announced.get(index)
    if (lengths !== undefined) lengths[dir] = length
    else if (length !== 0) this.#announced.set(index, dir === 0 ? [length, 0] : [0, length])
  }
}
