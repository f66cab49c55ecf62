// Where a packet goes that cannot stay in the reader's buffer: one that the snap length cut and somebody reads on, and a
// datagram put together from its fragments. One of these a packet, reused.

import { copyBytes } from './copy.ts'

const LARGEST = 40 + 65_535 // bytes: an IPv6 header and the longest payload

/** A buffer as long as the longest packet, all zeros but for what was put into it since the last `empty`. */
export class Room {
  readonly bytes = new Uint8Array(LARGEST)
  readonly view = new DataView(this.bytes.buffer)
  #used = 0

  /** Makes it all zeros. */
  empty(): void {
    this.bytes.fill(0, 0, this.#used)
    this.#used = 0
  }

  /** Copies `count` bytes of `from`, starting at `start`, to `at`. */
  put(at: number, from: Uint8Array, start: number, count: number): void {
    copyBytes(from, start, count, this.bytes, at)
    this.#used = Math.max(this.#used, at + count)
  }
}
