// Amanda: the connections over which a client sends its backup, named in its answer to the server.
// Kernel: nf_conntrack_amanda.c (v6.12). Not here: NAT.

import { REASON } from '../base/reasons.ts'
import { IPPROTO_TCP, IPPROTO_UDP } from '../base/units.ts'
import { ORIGINAL, REPLY } from '../base/verdict.ts'
import { ADDED } from './expectations.ts'
import type { Helper, Scene } from './helper.ts'
import type { Parameters } from './parameters.ts'
import { ascii, indexOf, indexOfByte, LF, skipDigits } from './scan.ts'

const MOST_DIGITS = 5 // of a port

const CONNECT = ascii('CONNECT ')
const STREAMS = ['DATA ', 'MESG ', 'INDEX ', 'STATE '].map(ascii)

export class Amanda implements Helper {
  readonly name = 'amanda'
  readonly family = 0
  readonly protocol = IPPROTO_UDP
  readonly port = 10080
  readonly policies = [{ name: null, most: 4, timeoutSec: 180 }]
  readonly #controlSeconds: number

  constructor({ master_timeout: controlSeconds }: Parameters) {
    this.#controlSeconds = controlSeconds
  }

  help(scene: Scene): boolean {
    if (scene.dir !== REPLY) return true
    scene.refresh(this.#controlSeconds) // clients take their time
    if (!scene.udp()) return true
    const { bytes, data, end } = scene
    const connect = indexOf(bytes, data, end, CONNECT)
    if (connect < 0) return true
    const start = connect + CONNECT.length
    const stop = indexOfByte(bytes, start, end, LF)
    if (stop < 0) return true
    let accepted = true
    for (const stream of STREAMS) {
      const found = indexOf(bytes, start, stop, stream)
      if (found < 0) continue
      const at = found + stream.length
      const port = readPort(bytes, at, Math.min(stop, at + MOST_DIGITS))
      if (port === 0) break
      const expectation = scene.promise(0, scene.source(ORIGINAL), scene.destination(ORIGINAL), IPPROTO_TCP, -1, port)
      if (scene.expectations.add(expectation) !== ADDED) accepted = scene.drop(REASON.AMANDA_CANNOT_ADD)
    }
    return accepted
  }
}

/** A port, of 16 bits: too large a one wraps around. */
function readPort(bytes: Uint8Array, at: number, end: number): number {
  let port = 0
  for (const behind = skipDigits(bytes, at, end); at < behind; at++) port = port * 10 + (bytes[at] ?? 0) - 48
  return port & 0xffff
}
