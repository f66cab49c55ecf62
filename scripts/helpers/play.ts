// One random conversation: what a script for a helper has at hand. Mostly well-formed, sometimes cut, split, damaged.

import type { Random } from '../lib/random.ts'
import type { Capture } from '../captures/capture.ts'
import { Talk, type Way } from './talk.ts'

let nextPort = 20_000

/** A connection between the same two hosts, or nearly: a host may be another one. */
export interface Visit {
  readonly isTcp: boolean
  readonly port: number
  /** From whom it comes: `there` means the client opens it. */
  readonly way: Way
}

export class Play {
  readonly random: Random
  readonly capture: Capture
  readonly isIpv6: boolean
  readonly client: number
  readonly server: number

  constructor(capture: Capture, random: Random, isIpv6: boolean, client: number, server: number) {
    this.capture = capture
    this.random = random
    this.isIpv6 = isIpv6
    this.client = client
    this.server = server
  }

  /** True in one of `of` cases. */
  rarely(of = 8): boolean { return this.random.below(of) === 0 }

  pick<T>(choices: readonly T[]): T { return choices[this.random.below(choices.length)]! }

  number(below: number): number { return this.random.below(below) }

  /** A port, hardly ever one that is none. */
  port(): number { return this.rarely(12) ? this.pick([0, 1, 80, 1023, 65_535]) : 1024 + this.number(60_000) }

  /** An address as text: the client's or the server's, rarely another's. */
  host(way: Way): string {
    const last = this.rarely(10) ? this.number(256) : way === 'there' ? this.client : this.server
    if (!this.isIpv6) return this.rarely(20) ? `10.0.00.${String(last)}` : `10.0.0.${String(last)}`
    const hex = last.toString(16)
    return this.pick([
      `2001:db8::${hex}`, `2001:db8::${hex}`, `2001:0DB8::${hex}`, `2001:db8:0:0:0:0:0:${hex}`, `2001:db8::0.0.0.${String(last)}`,
    ])
  }

  /**
   * The longest silence, milliseconds. A kernel keeps an entry that has expired until somebody looks, and its promises with
   * it: where entries expire soon, a long silence would ask when it looked.
   */
  longest = 200_000

  /** Time that goes by, seldom a long one. */
  pause(): this {
    this.capture.wait(this.number(this.rarely(20) ? this.longest : 400))
    return this
  }

  talk(serverPort: number, isTcp: boolean, client = this.client, server = this.server): Talk {
    nextPort = nextPort >= 60_000 ? 20_000 : nextPort + 1
    return new Talk(this.capture, { isIpv6: this.isIpv6, client, server, clientPort: nextPort, serverPort }, isTcp)
  }

  /** Opens what was announced, or something near it, or not. */
  visit({ isTcp, port, way }: Visit): void {
    if (this.rarely(4)) return
    const isThere = way === 'there' !== this.rarely(10)
    const [from, to] = isThere ? [this.client, this.server] : [this.server, this.client]
    const talk = this.talk(this.rarely(10) ? port + 1 : port, isTcp, this.rarely(12) ? 77 : from, to)
    talk.open().say('there', new Uint8Array(20).fill(this.number(256)))
    if (this.rarely(2)) talk.say('back', new Uint8Array(9))
    if (this.rarely(3)) talk.close()
  }

  /** Says something whole, in pieces, twice, damaged, or cut by the snap length. */
  say(talk: Talk, way: Way, payload: Uint8Array): void {
    switch (this.number(16)) {
      case 0: {
        const at = this.number(payload.length + 1)
        talk.say(way, payload.subarray(0, at)).say(way, payload.subarray(at))
        break
      }
      case 1:
        talk.say(way, payload).again(way, payload)
        break
      case 2: case 3:
        talk.say(way, this.damage(payload))
        break
      case 4:
        talk.say(way, payload, 40 + this.number(payload.length + 40))
        break
      default:
        talk.say(way, payload)
    }
    if (talk.isTcp && this.rarely(2)) talk.acknowledge(way === 'there' ? 'back' : 'there')
    if (this.rarely(25)) talk.error(this.pick(['there', 'back'] as const))
    if (this.rarely(3)) this.pause()
  }

  /** Flips, drops, doubles or cuts off bytes. */
  damage(payload: Uint8Array): Uint8Array {
    const bytes = [...payload]
    for (let times = 1 + this.number(3); times > 0; times--) {
      const at = this.number(bytes.length + 1)
      switch (this.number(5)) {
        case 0: if (at < bytes.length) bytes[at] = this.number(256); break
        case 1: if (at < bytes.length) bytes[at]! ^= 1 << this.number(8); break
        case 2: bytes.splice(at, 1 + this.number(4)); break
        case 3: bytes.splice(at, 0, this.pick([0, 9, 10, 13, 32, 44, 48, 57, 58, 59, 64, 255])); break
        default: bytes.length = at
      }
    }
    return Uint8Array.from(bytes)
  }
}

export const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0) & 255)
