// SANE: the data connection over which a scanner's server sends an image.
// Kernel: nf_conntrack_sane.c (v6.12).

import { REASON } from '../base/reasons.ts'
import { IPPROTO_TCP } from '../base/units.ts'
import { ORIGINAL } from '../base/verdict.ts'
import { ADDED } from './expectations.ts'
import type { Helper, Scene } from './helper.ts'

const REQUEST = 8 // bytes: code and handle; a request of another length is none that matters
const START = 7 // SANE_NET_START
const ANSWER = 8 // bytes of the answer to it that are looked at: status, zero, port

export class Sane implements Helper {
  readonly name = 'sane'
  readonly family = 0
  readonly protocol = IPPROTO_TCP
  readonly port = 6566
  readonly policies = [{ name: null, most: 1, timeoutSec: 300 }]
  /** Connections whose client has asked for an image and not been answered. */
  readonly #started = new Set<number>()

  help(scene: Scene): boolean {
    if (!scene.established || !scene.tcp()) return true
    const { data, packet: { view } } = scene
    const { index } = scene.conn
    const length = scene.end - data
    if (scene.dir === ORIGINAL) {
      if (length !== REQUEST) return true
      if (view.getUint32(data) === START) this.#started.add(index)
      else this.#started.delete(index)
      return true
    }
    if (!this.#started.delete(index) || length < ANSWER) return true
    if (view.getUint32(data) !== 0 || view.getUint16(data + 4) !== 0) return true
    const port = view.getUint16(data + 6)
    const expectation = scene.promise(0, scene.source(ORIGINAL), scene.destination(ORIGINAL), IPPROTO_TCP, -1, port)
    return scene.expectations.add(expectation) === ADDED || scene.drop(REASON.SANE_CANNOT_ADD)
  }

  ended({ conn }: Scene): void {
    this.#started.delete(conn.index)
  }
}
