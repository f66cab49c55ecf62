// NetBIOS names and SNMP: answers to a question that was broadcast. The kernel promises them to the questions of its own
// sockets alone, and a capture is seen as by a bridge, which has none: these helpers attach, and promise nothing.
// Kernel: nf_conntrack_netbios_ns.c, nf_conntrack_snmp.c, nf_conntrack_broadcast.c (v6.12). Not here: NAT of SNMP's addresses.

import { AF_INET, IPPROTO_UDP } from '../base/units.ts'
import type { Policy } from './expectations.ts'
import type { Helper } from './helper.ts'

/**
 * A helper of questions that are broadcast.
 * @differs  the host that asks promises itself the answers; that is not seen from outside
 */
export class Broadcast implements Helper {
  readonly name: string
  readonly family = AF_INET
  readonly protocol = IPPROTO_UDP
  readonly port: number
  readonly policies: readonly Policy[]

  constructor(name: string, port: number, timeoutSec: number) {
    this.name = name
    this.port = port
    this.policies = [{ name: null, most: 1, timeoutSec }]
  }

  help(): boolean {
    return true
  }
}
