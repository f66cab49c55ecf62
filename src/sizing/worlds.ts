// One capture in two worlds: two trackers with other settings, fed by one reader; only what differs is kept.

import { VERDICT_INVALID, VERDICT_NAMES, type VerdictName } from '../base/verdict.ts'
import type { Frame } from '../capture/frame.ts'
import { Engine, type EngineOptions } from '../engine.ts'
import type { Packet } from '../ip/packet.ts'
import { endpoint } from '../views/endpoint.ts'
import { packetTuple } from '../views/packet-tuple.ts'
import { protocolName } from '../views/snapshot.ts'
import { type EntryDifferences, entryDifferences } from './entry-differences.ts'

const MOST_FLOWS = 10_000
const VERDICTS = VERDICT_NAMES.length

/** A flow of which the worlds say different things. */
export interface FlowFate {
  /** `tcp 10.0.0.1:40000 → 10.0.0.2:80`, in the direction of the first packet that differs */
  readonly flow: string
  readonly firstFrame: number
  /** What the worlds said of that packet. */
  readonly base: VerdictName
  readonly other: VerdictName
  /** Packets of which they say different things, and how many of those are INVALID in each. */
  packets: number
  baseInvalid: number
  otherInvalid: number
}

/** What one world came to. */
export interface WorldCount {
  readonly peak: number
  /** At the end. */
  readonly entries: number
  readonly created: number
  readonly invalid: number
  readonly earlyDrops: number
  readonly tableFull: number
}

export interface WorldsReport extends EntryDifferences {
  readonly packets: number
  readonly base: WorldCount
  readonly other: WorldCount
  /** Packets by what the worlds said of them, where that differs, the most frequent first. */
  readonly verdicts: readonly { readonly base: VerdictName, readonly other: VerdictName, readonly packets: number }[]
  /** In the order of their first packet that differs. */
  readonly flows: readonly FlowFate[]
  /** Packets that differ, of flows beyond the ten thousand that are kept. */
  readonly unnamed: number
}

/** Runs the other world beside a replay, whose connections must expire in order (`ordered`): `onPacket: worlds.packet`. */
export class Worlds {
  readonly other: Engine
  #basePeak = 0
  #otherPeak = 0
  readonly #verdicts = new Float64Array(VERDICTS * VERDICTS)
  readonly #flows = new Map<string, FlowFate>()
  #unnamed = 0

  /** @param options  settings of the other world */
  constructor(options: EngineOptions) {
    this.other = new Engine({ ...options, copies: 'track', ordered: true })
  }

  /** Gives the frame that the base has just taken to the other world, and compares. */
  readonly packet = (base: Engine, frame: Frame): void => {
    if (base.packet.copyOf !== 0) return // of what both have seen
    const { other } = this
    other.push(frame)
    if (base.table.records.live > this.#basePeak) this.#basePeak = base.table.records.live
    if (other.table.records.live > this.#otherPeak) this.#otherPeak = other.table.records.live
    const said = base.packet.verdict
    const saysOther = other.packet.verdict
    if (said !== saysOther) this.#note(base.packet, frame.number, said, saysOther)
  }

  #note(packet: Packet, frame: number, base: number, other: number): void {
    const at = base * VERDICTS + other
    this.#verdicts[at] = (this.#verdicts[at] ?? 0) + 1
    const tuple = packetTuple(packet)
    const source = endpoint(tuple, 'source')
    const destination = endpoint(tuple, 'destination')
    const protocol = protocolName(packet.protocol)
    const key = source < destination ? `${protocol} ${source} ${destination}` : `${protocol} ${destination} ${source}`
    let fate = this.#flows.get(key)
    if (fate === undefined) {
      if (this.#flows.size >= MOST_FLOWS) {
        this.#unnamed++
        return
      }
      fate = {
        flow: `${protocol} ${source} → ${destination}`, firstFrame: frame, base: VERDICT_NAMES[base] ?? '-',
        other: VERDICT_NAMES[other] ?? '-', packets: 0, baseInvalid: 0, otherInvalid: 0,
      }
      this.#flows.set(key, fate)
    }
    fate.packets++
    if (base === VERDICT_INVALID) fate.baseInvalid++
    if (other === VERDICT_INVALID) fate.otherInvalid++
  }

  /** To be called when the replay is over. */
  report(base: Engine): WorldsReport {
    const { other } = this
    other.advance(base.clock.now)
    return {
      packets: base.packets, base: countOf(base, this.#basePeak), other: countOf(other, this.#otherPeak),
      verdicts: this.#verdictCounts(), flows: [...this.#flows.values()], unnamed: this.#unnamed,
      ...entryDifferences(base, other),
    }
  }

  #verdictCounts(): { base: VerdictName, other: VerdictName, packets: number }[] {
    return [...this.#verdicts].map((packets, at) => ({
      base: VERDICT_NAMES[Math.floor(at / VERDICTS)] ?? '-', other: VERDICT_NAMES[at % VERDICTS] ?? '-', packets,
    })).filter(({ packets }) => packets > 0).sort((a, b) => b.packets - a.packets)
  }
}

function countOf({ table }: Engine, peak: number): WorldCount {
  const { created, invalid, earlyDrop, tableFull } = table.stats
  return { peak, entries: table.visible().length, created, invalid, earlyDrops: earlyDrop, tableFull }
}
