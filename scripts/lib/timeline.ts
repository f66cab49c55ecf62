// A capture in the making: frames are added at a moment that moves on.

import type { Captured } from './pcap.ts'

const NS_PER_MS = 1_000_000

/** Noon, 1 June 2025, UTC; nanoseconds since the epoch. */
export const START_NS = 1_748_779_200_000_000_000n

export class Timeline {
  readonly frames: Captured[] = []
  #ns: bigint

  constructor(startNs = START_NS) {
    this.#ns = startNs
  }

  /** Lets time go by, milliseconds. */
  wait(ms: number): this {
    this.#ns += BigInt(Math.round(ms * NS_PER_MS))
    return this
  }

  /** Adds frames at this moment, a microsecond apart. */
  add(...frames: readonly Uint8Array[]): this {
    for (const bytes of frames) this.addTo(0, bytes)
    return this
  }

  /** Adds a frame of an interface. @param captured  bytes that the snap length left of it */
  addTo(iface: number, bytes: Uint8Array, captured = bytes.length): this {
    this.frames.push({ ns: this.#ns, bytes: bytes.subarray(0, captured), wireLen: bytes.length, iface })
    this.#ns += 1000n
    return this
  }
}
