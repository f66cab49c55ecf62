// TFTP: the server answers a request from a port of its own choice.
// Kernel: nf_conntrack_tftp.c (v6.12). Not here: NAT.

import { REASON } from '../base/reasons.ts'
import { IPPROTO_UDP } from '../base/units.ts'
import { ORIGINAL, REPLY } from '../base/verdict.ts'
import { ADDED } from './expectations.ts'
import type { Helper, Scene } from './helper.ts'

const READ_REQUEST = 1
const WRITE_REQUEST = 2

export class Tftp implements Helper {
  readonly name = 'tftp'
  readonly family = 0
  readonly protocol = IPPROTO_UDP
  readonly port = 69
  readonly policies = [{ name: null, most: 1, timeoutSec: 300 }]

  help(scene: Scene): boolean {
    if (!scene.udp() || scene.end - scene.data < 2) return true
    const operation = scene.packet.view.getUint16(scene.data)
    if (operation !== READ_REQUEST && operation !== WRITE_REQUEST) return true
    const expectation = scene.promise(
      0, scene.source(REPLY), scene.source(ORIGINAL), IPPROTO_UDP, -1, scene.conn.destinationPort(REPLY),
    )
    return scene.expectations.add(expectation) === ADDED || scene.drop(REASON.TFTP_CANNOT_ADD)
  }
}
