// How large the table must be, what other settings would change, and who is silent for too long: each in one call.

import { UsageError } from './base/errors.ts'
import { type CaptureOptions, openReplay, type Paths, runWhole, sysctlOf } from './library.ts'
import { type IdleReport, IdleWatch, patient } from './sizing/idle.ts'
import { scaledMax, type SizeReport, sizeReport } from './sizing/size-report.ts'
import { SizeWatch } from './sizing/size-watch.ts'
import { parseSweep, Sweep, type SweepRow, unforgetting } from './sizing/sweep.ts'
import { Worlds, type WorldsReport } from './sizing/worlds.ts'

export interface SizeCallOptions extends CaptureOptions {
  /** nf_conntrack_max, entries; 0 for no bound. Default: what `sysctl` says, or the profile. */
  readonly max?: number
  /** nf_conntrack_buckets. Default: likewise. */
  readonly buckets?: number
  /** As though there were so many times the traffic, 1 to 1000. Default 1. */
  readonly scale?: number
  /** Bytes of memory of a machine: the report tells what its kernel chooses by itself. */
  readonly memory?: number
}

/** The report of `size -o json`: entries over time, the peak and its holders, what was lost. @throws UsageError, CaptureError */
export async function size(paths: Paths, options: SizeCallOptions = {}): Promise<SizeReport> {
  const sysctl = sysctlOf(options)
  const { max = sysctl.max, buckets = sysctl.buckets, scale = 1, memory } = options
  wholeNumber('max', max, 0, 2 ** 31 - 1)
  wholeNumber('buckets', buckets, 1, 2 ** 28)
  wholeNumber('scale', scale, 1, 1000)
  const watch = new SizeWatch()
  const replay = await openReplay(paths, options, {
    sysctl: { ...sysctl, max: scaledMax(max, scale), buckets }, ordered: true, at: [], onPacket: watch.packet,
  })
  await runWhole(replay, options)
  watch.finish()
  return sizeReport(replay, watch, { max, buckets, scale, ...(memory === undefined ? {} : { memory }) })
}

export interface WhatIfOptions extends CaptureOptions {
  /** What is other in the other world. `sysctl` and `helpers` default to the base's; with a `profile` the knobs start from that. */
  readonly other: Pick<CaptureOptions, 'sysctl' | 'profile' | 'helpers'>
}

/** The report of `whatif -o json`: one pass, and only the packets and entries that fare otherwise. @throws UsageError, CaptureError */
export async function whatIf(paths: Paths, { other, ...base }: WhatIfOptions): Promise<WorldsReport> {
  const sysctl = other.profile === undefined ? { ...sysctlOf(base), ...other.sysctl } : sysctlOf(other)
  const helpers = other.helpers ?? base.helpers
  const worlds = new Worlds({
    sysctl, ...(base.hz === undefined ? {} : { hz: base.hz }), ...(helpers === undefined ? {} : { helpers }),
  })
  const replay = await openReplay(paths, base, { ordered: true, at: [], onPacket: worlds.packet })
  await runWhole(replay, base)
  return worlds.report(replay.engine)
}

export interface SweepOptions extends CaptureOptions {
  /** A timeout or max, and up to sixteen values of it: `tcp_timeout_established=300,3600,86400`. */
  readonly sweep: string
}

/** The rows of `whatif --sweep`: for each value the peak, and the connections forgotten in use. @throws UsageError, CaptureError */
export async function sweep(paths: Paths, { sweep: text, ...options }: SweepOptions): Promise<SweepRow[]> {
  const plan = parseSweep(text)
  const sysctl = sysctlOf(options)
  const { hz, helpers } = options
  const worlds = new Sweep(plan, { sysctl, ...(hz === undefined ? {} : { hz }), ...(helpers === undefined ? {} : { helpers }) })
  const replay = await openReplay(paths, options, {
    sysctl: unforgetting(sysctl, plan), ordered: true, at: [], onPacket: worlds.packet,
  })
  await runWhole(replay, options)
  return worlds.rows(replay.engine)
}

/** The report of `idle -o json`: the longest silences, and the devices that would have cut connections. @throws UsageError, CaptureError */
export async function idle(paths: Paths, options: CaptureOptions = {}): Promise<IdleReport> {
  const watch = new IdleWatch()
  const replay = await openReplay(paths, options, {
    sysctl: patient(sysctlOf(options)), at: [], onPacket: (engine, frame) => { watch.packet(engine, frame.number) },
  })
  await runWhole(replay, options)
  return watch.report(replay.engine)
}

function wholeNumber(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new UsageError(`${name} ${String(value)}: a whole number from ${String(least)} to ${String(most)} is wanted`)
}
