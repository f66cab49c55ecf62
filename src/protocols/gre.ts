// GRE has no states: two timeouts, and ASSURED with the second packet after an answer. /proc shows an entry's own timeouts.
// Kernel: nf_conntrack_proto_gre.c, nf_conntrack_gre_packet() (v6.12). The tuple's keys: conntrack/tuple-of.ts,
// table/gre-keys.ts.

import { ACCEPT } from '../base/verdict.ts'
import type { Packet } from '../ip/packet.ts'
import type { Connection } from '../table/connection.ts'
import { PRIVATE, RECORD_WORDS } from '../table/layout.ts'
import { IPCT_ASSURED, IPS_ASSURED } from '../table/status.ts'
import type { Tracker, Tracking } from './tracker.ts'

// GRE's private words: what the entry was opened with.
const TIMEOUT = 0 // while nobody has answered, ticks
const STREAM_TIMEOUT = 1 // after that, ticks

/** The timeouts of one GRE connection, in ticks. Re-aim it with `at`; never keep it across packets. */
export class GreWords {
  words: Int32Array = new Int32Array(0)
  base = 0

  at(conn: Connection): this {
    this.words = conn.words
    this.base = conn.index * RECORD_WORDS + PRIVATE
    return this
  }

  get timeout(): number { return this.words[this.base + TIMEOUT]! >>> 0 }
  set timeout(ticks: number) { this.words[this.base + TIMEOUT] = ticks }
  get streamTimeout(): number { return this.words[this.base + STREAM_TIMEOUT]! >>> 0 }
  set streamTimeout(ticks: number) { this.words[this.base + STREAM_TIMEOUT] = ticks }
}

export class GreTracker implements Tracker {
  readonly #tracking: Tracking
  readonly #words = new GreWords()
  readonly #timeout: number
  readonly #streamTimeout: number

  constructor(tracking: Tracking) {
    this.#tracking = tracking
    this.#timeout = tracking.sysctl.gre_timeout * tracking.hz
    this.#streamTimeout = tracking.sysctl.gre_timeout_stream * tracking.hz
  }

  packet(conn: Connection, packet: Packet, dir: number): number {
    const words = this.#words.at(conn)
    if (!conn.confirmed) {
      words.timeout = this.#timeout
      words.streamTimeout = this.#streamTimeout
    }
    if (conn.seenReply && !conn.assured) {
      conn.status |= IPS_ASSURED
      packet.events |= IPCT_ASSURED
    }
    this.#tracking.refresh(conn, packet, dir, conn.seenReply ? words.streamTimeout : words.timeout)
    return ACCEPT
  }
}
