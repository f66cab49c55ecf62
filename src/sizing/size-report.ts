// What `size` says of a capture: how full the table was, who held it, what was lost, what it costs, and what to set.

import { formatTime, type Time } from '../base/when.ts'
import type { Replay } from '../replay.ts'
import { ChainCount, type Chains } from './chains.ts'
import { type Holder, HolderCount } from './holders.ts'
import {
  BUCKET_BYTES, ENTRY_BYTES, EXTENSION_BYTES, kernelDefaults, recommend, tableBytes, wholePages,
} from './kernel-memory.ts'
import { type Kind, KINDS } from './kinds.ts'
import type { SizeWatch } from './size-watch.ts'

/** A kind of entry, and how many there were of it. */
export interface KindCount extends Kind {
  readonly entries: number
}

/** The table during a piece of time. */
export interface SizePoint {
  /** When the piece began, seconds since the first packet. */
  readonly start: number
  /** The most entries there were during it. */
  readonly peak: number
  /** What there was at its end. */
  readonly entries: number
  readonly kinds: readonly KindCount[]
}

export interface LostAt {
  readonly frame: number
  readonly time: string
}

export interface SizeReport {
  readonly frames: number
  readonly packets: number
  /** Times the traffic of the capture: all counts are multiplied by it. */
  readonly scale: number
  readonly max: number
  readonly buckets: number
  readonly peak: { readonly entries: number, readonly frame: number, readonly time: string, readonly kinds: readonly KindCount[] } | null
  /** At the end. */
  readonly entries: number
  readonly created: number
  readonly earlyDrops: number
  readonly tableFull: number
  readonly firstEarlyDrop: LostAt | null
  readonly firstLost: LostAt | null
  /** Seconds a point of the series covers. */
  readonly interval: number
  readonly series: readonly SizePoint[]
  readonly holders: { readonly sources: readonly Holder[], readonly destinations: readonly Holder[], readonly services: readonly Holder[] }
  /** At the peak. */
  readonly chains: Chains
  readonly memory: {
    readonly entryBytes: number
    readonly extensionBytes: number
    readonly bucketBytes: number
    readonly atPeak: number
    readonly whenFull: number | null
  }
  /** What a kernel with so much memory chooses by itself; null when nobody asked. */
  readonly byDefault: { readonly memory: number, readonly max: number, readonly buckets: number } | null
  readonly recommended: { readonly max: number, readonly buckets: number, readonly bytes: number }
}

export interface SizeOptions {
  /** nf_conntrack_max as it was asked for; the engine was given `scaledMax` of it. */
  readonly max: number
  readonly buckets: number
  readonly scale?: number
  /** Bytes of memory of the machine. */
  readonly memory?: number
}

/** The bound under which the capture's own traffic meets what `scale` times of it would meet under `max`. */
export const scaledMax = (max: number, scale: number): number => (max === 0 ? 0 : Math.max(1, Math.floor(max / scale)))

/** Reads the watch of a replay that is over. */
export function sizeReport(replay: Replay, watch: SizeWatch, { max, buckets, scale = 1, memory }: SizeOptions): SizeReport {
  const { engine } = replay
  const { stats } = engine.table
  const whole = wholePages(buckets)
  const chains = new ChainCount(whole)
  const holders = new HolderCount()
  watch.atPeak?.forEach((tuple) => {
    chains.add(tuple, scale)
    holders.add(tuple)
  })
  const peak = watch.peak * scale
  const wanted = recommend(peak)
  return {
    frames: engine.frames, packets: engine.packets, scale, max, buckets: whole,
    peak: peak === 0 ? null : {
      entries: peak, frame: watch.peakFrame, time: formatTime(watch.peakTime), kinds: kindCounts(watch.peakCounts, 0, scale),
    },
    entries: watch.entries * scale, created: stats.created * scale, earlyDrops: stats.earlyDrop * scale, tableFull: stats.tableFull * scale,
    firstEarlyDrop: lostAt(watch.firstEarly), firstLost: lostAt(watch.firstLost),
    ...seriesOf(watch, engine.clock.hz, scale),
    holders: holders.result(scale), chains: chains.result(),
    memory: {
      entryBytes: ENTRY_BYTES, extensionBytes: EXTENSION_BYTES, bucketBytes: BUCKET_BYTES,
      atPeak: tableBytes(peak, buckets), whenFull: max === 0 ? null : tableBytes(max, buckets),
    },
    byDefault: memory === undefined ? null : { memory, ...kernelDefaults(memory) },
    recommended: { ...wanted, bytes: tableBytes(wanted.max, wanted.buckets) },
  }
}

function lostAt(found: { frame: number, time: Time } | null): LostAt | null {
  return found === null ? null : { frame: found.frame, time: formatTime(found.time) }
}

function seriesOf({ series }: SizeWatch, hz: number, scale: number): Pick<SizeReport, 'interval' | 'series'> {
  const interval = series.width / hz
  const points: SizePoint[] = []
  for (let i = 0; i < series.length; i++) {
    const kinds = kindCounts(series.counts, i * KINDS.length, scale)
    const entries = kinds.reduce((sum, kind) => sum + kind.entries, 0)
    points.push({ start: Math.round(i * interval * 1000) / 1000, peak: (series.peaks[i] ?? 0) * scale, entries, kinds })
  }
  return { interval, series: points }
}

/** Kinds of which there are any, the most frequent first. */
function kindCounts(counts: Int32Array, from: number, scale: number): KindCount[] {
  return KINDS.flatMap((kind, i) => (counts[from + i] ?? 0) === 0 ? [] : [{ ...kind, entries: (counts[from + i] ?? 0) * scale }])
    .sort((a, b) => b.entries - a.entries)
}
