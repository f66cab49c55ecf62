// Every protocol without a tracker of its own: addresses make the entry, one timeout keeps it (`unknown` in /proc).
// Kernel: generic_packet() in nf_conntrack_core.c (v6.12).

import { ACCEPT } from '../base/verdict.ts'
import type { Packet } from '../ip/packet.ts'
import type { Connection } from '../table/connection.ts'
import type { Tracker, Tracking } from './tracker.ts'

export class GenericTracker implements Tracker {
  readonly #tracking: Tracking
  readonly #timeout: number

  constructor(tracking: Tracking) {
    this.#tracking = tracking
    this.#timeout = tracking.sysctl.generic_timeout * tracking.hz
  }

  packet(conn: Connection, packet: Packet, dir: number): number {
    this.#tracking.refresh(conn, packet, dir, this.#timeout)
    return ACCEPT
  }
}
