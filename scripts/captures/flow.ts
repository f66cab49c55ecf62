// Packets between two hosts, flow by flow, for makers that try the same thing many times.

import { ip, type Transport } from '../lib/packets.ts'
import type { Capture } from './capture.ts'

export const ORIGINAL = 0
export const REPLY = 1

/** One flow of a capture, between hosts of its own. */
export class Flow {
  readonly #capture: Capture
  readonly #hosts: readonly [string, string]

  /** @param number  tells it from every other flow of the capture */
  constructor(capture: Capture, number: number, isIpv6 = false) {
    this.#capture = capture
    this.#hosts = isIpv6 ? [`2001:db8::1:${number.toString(16)}`, `2001:db8::2:${number.toString(16)}`]
      : [`10.1.${String(number >>> 8)}.${String(number & 255)}`, `10.2.${String(number >>> 8)}.${String(number & 255)}`]
  }

  /** The packet that carries this in one direction. */
  packet(dir: number, transport: Transport): Uint8Array {
    const [client, server] = this.#hosts
    return dir === ORIGINAL ? ip(client, server, transport) : ip(server, client, transport)
  }

  send(dir: number, transport: Transport): this {
    this.#capture.add(this.packet(dir, transport))
    return this
  }
}

/** Numbers below a bound that look like chance and are the same each time (mulberry32). */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * bound)
  }

  of<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0]
  }

  /** True in `percent` of a hundred. */
  percent(percent: number): boolean {
    return this.below(100) < percent
  }
}
