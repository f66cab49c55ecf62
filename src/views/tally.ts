// Counts what happened to the packets of a capture: by verdict, by protocol, by reason.

import { REASONS } from '../base/reasons.ts'
import { ORIGINAL, REPLY, VERDICT_NAMES, type VerdictName } from '../base/verdict.ts'
import type { Packet } from '../ip/packet.ts'
import type { Replay } from '../replay.ts'
import { reasonPrefix } from './reason-text.ts'
import { protocolName } from './snapshot.ts'

/** How many packets, and how many bytes they had on the wire. */
export interface Volume {
  /** By name, or by number where it has no name here. */
  protocol: string
  packets: number
  bytes: number
}

/** How often a reason was logged. */
export interface ReasonCount {
  /** The kernel's wording; `N` stands for a number, a state or an address. */
  reason: string
  packets: number
}

/** Counters as `conntrack -S` and /proc/net/stat/nf_conntrack name them. */
export interface Counters {
  entries: number
  found: number
  invalid: number
  insert: number
  insertFailed: number
  drop: number
  earlyDrop: number
  icmpError: number
  expectNew: number
  expectCreate: number
  expectDelete: number
  searchRestart: number
  clashResolve: number
  chainTooLong: number
}

/** All that `stats` says of a capture. */
export interface Statistics {
  frames: number
  packets: number
  /** IP packets that were counted below: all, or those that fit a filter. */
  counted: number
  /** Bytes on the wire of the frames that held those. */
  bytes: number
  /** Time of the first frame and of the last packet, null where there is none. */
  first: { sec: number, nsec: number } | null
  last: { sec: number, nsec: number } | null
  /** Frames older than one before them. */
  backwards: number
  /** Connections that came into the table. */
  created: number
  /** Packets dropped because the table was full. */
  tableFull: number
  counters: Counters
  verdicts: Record<VerdictName, { original: number, reply: number }>
  /** The busiest first. */
  protocols: Volume[]
  /** What the kernel logs, the most frequent first. */
  reasons: ReasonCount[]
}

/** Watches a replay. Counting allocates nothing. */
export class Tally {
  readonly #verdicts = new Float64Array(VERDICT_NAMES.length * 2)
  readonly #packets = new Float64Array(256)
  readonly #bytes = new Float64Array(256)
  readonly #reasons = new Float64Array(REASONS.length * 256)

  /** Counts one packet. `wireLen` in bytes */
  count(packet: Packet, wireLen: number): void {
    const verdict = packet.verdict * 2 + packet.direction
    this.#verdicts[verdict] = (this.#verdicts[verdict] ?? 0) + 1
    const { protocol } = packet
    this.#packets[protocol] = (this.#packets[protocol] ?? 0) + 1
    this.#bytes[protocol] = (this.#bytes[protocol] ?? 0) + wireLen
    for (let i = 0; i < packet.reasonCount; i++) {
      const at = (packet.reasons[i] ?? 0) * 256 + (packet.reasonProtocols[i] ?? 0)
      this.#reasons[at] = (this.#reasons[at] ?? 0) + 1
    }
  }

  /** What has been counted, together with what the replay knows. */
  statistics(replay: Replay): Statistics {
    const { engine } = replay
    return {
      frames: engine.frames,
      packets: engine.packets,
      counted: this.#packets.reduce((sum, packets) => sum + packets, 0),
      bytes: this.#bytes.reduce((sum, bytes) => sum + bytes, 0),
      first: replay.first,
      last: replay.last,
      backwards: engine.clock.backwards,
      created: engine.table.stats.created,
      tableFull: engine.table.stats.tableFull,
      counters: countersOf(replay),
      verdicts: Object.fromEntries(VERDICT_NAMES.map((name, verdict) => [name, {
        original: this.#verdicts[verdict * 2 + ORIGINAL] ?? 0, reply: this.#verdicts[verdict * 2 + REPLY] ?? 0,
      }])) as Statistics['verdicts'],
      protocols: this.#byProtocol(),
      reasons: this.#byReason(),
    }
  }

  #byProtocol(): Volume[] {
    const volumes: Volume[] = []
    this.#packets.forEach((packets, protocol) => {
      if (packets > 0) volumes.push({ protocol: protocolName(protocol), packets, bytes: this.#bytes[protocol] ?? 0 })
    })
    return volumes.sort((a, b) => b.packets - a.packets)
  }

  #byReason(): ReasonCount[] {
    const reasons: ReasonCount[] = []
    this.#reasons.forEach((packets, at) => {
      if (packets === 0) return
      const wording = (REASONS[at >>> 8]?.[1] ?? '').replace(/%[a-zA-Z]/g, 'N')
      reasons.push({ reason: reasonPrefix(at & 255) + wording, packets })
    })
    return reasons.sort((a, b) => b.packets - a.packets)
  }
}

function countersOf({ engine }: Replay): Counters {
  const { stats } = engine.table
  return {
    entries: engine.table.visible().length,
    found: stats.found,
    invalid: stats.invalid,
    insert: stats.insert,
    insertFailed: stats.insertFailed,
    drop: stats.drop,
    earlyDrop: stats.earlyDrop,
    icmpError: stats.error,
    expectNew: stats.expectNew,
    expectCreate: stats.expectCreate,
    expectDelete: stats.expectDelete,
    searchRestart: stats.searchRestart,
    clashResolve: stats.clashResolve,
    chainTooLong: stats.chainTooLong,
  }
}
