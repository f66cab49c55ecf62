// Looking back in a few lines: what changed between two tables, what a machine's table has that a capture does not, and why.

import { UsageError } from './base/errors.ts'
import { parseEvery, parseWhen, type Time, type When } from './base/when.ts'
import {
  type CaptureOptions, openReplay, type Paths, readSavedTables, runWhole, savedTable, sysctlOf, type TableOptions,
  tellDamage, tellMissed,
} from './library.ts'
import type { Tuple as FlowTuple } from './table/tuple.ts'
import { CaptureWatch } from './views/compare/capture-watch.ts'
import { type CompareCounts, noCounts } from './views/compare/compare-form.ts'
import { CapturePicture, compareEntries, type CompareOptions, type Comparison } from './views/compare/compare.ts'
import { MachineTable } from './views/compare/machine-table.ts'
import type { DiffCounts } from './views/diff-form.ts'
import { type DiffOptions, elapsedBetween } from './views/diff.ts'
import { type DiffSide, DiffWatch, tellDifferences, type ToldDifference } from './views/diff-watch.ts'
import { Explanation } from './views/explain/explanation.ts'
import { FlowFinder, parseFlow } from './views/explain/flow.ts'
import type { ExplainedFlow } from './views/explain/form.ts'
import type { Step } from './views/explain/step.ts'
import type { ReadProblem } from './views/parse/parser.ts'
import type { SavedTable } from './views/parse/table-reader.ts'
import type { EntryEnd } from './views/table-watch.ts'

/** What is read of a saved table. */
export interface SavedTableOptions {
  /** Told of each line that cannot be read; the rest is kept. Without it the first is thrown. */
  readonly onProblem?: (path: string, problem: ReadProblem) => void
}

async function readSaved(path: string, { onProblem }: SavedTableOptions, wanted?: string): Promise<SavedTable> {
  const { tables: saved, problems } = await readSavedTables(path)
  for (const problem of problems) {
    if (onProblem === undefined) throw new UsageError(`${path}:${String(problem.line)}: ${problem.why}`)
    onProblem(path, problem)
  }
  return savedTable(path, saved, wanted)
}

/** What became of the entries between two tables. */
export interface DiffReport {
  /** What the two are called: paths, or instants as they were asked for. */
  readonly from: string
  readonly to: string
  /** Seconds between them; null where nothing tells. */
  readonly elapsed: number | null
  /** First what is gone and what changed, in the order of the first table, then what appeared, in that of the second. */
  readonly differences: readonly ToldDifference[]
  readonly counts: DiffCounts
}

/**
 * What became of the entries between two saved tables, of whatever forms. `elapsed` are the seconds between them: without it the
 * tables tell.
 *
 * @throws  UsageError, CaptureError
 */
export async function diff(before: string, after: string, options: DiffOptions & SavedTableOptions = {}): Promise<DiffReport> {
  const from = await readSaved(before, options)
  const to = await readSaved(after, options)
  const elapsed = options.elapsed ?? elapsedBetween(from.entries, to.entries)
  return reportDiff({ name: before, entries: from.entries }, { name: after, entries: to.entries }, { ...options, elapsed })
}

/**
 * What became of the entries from instant to instant of a capture, in one pass. With `every` the first table is that of before the
 * capture: empty. What is gone tells how it ended.
 *
 * @throws  UsageError, CaptureError
 */
export async function* diffs(
  paths: Paths, options: CaptureOptions & DiffOptions & Pick<TableOptions, 'at' | 'every'>,
): AsyncGenerator<DiffReport, void> {
  const { at = [], every } = options
  const instants = (typeof at === 'string' ? [at] : at).map(parseWhen)
  if (instants.length < 2 && every === undefined) throw new UsageError('name two instants, or every')
  const replay = await openReplay(paths, options, {
    ordered: true, at: instants, ...(every === undefined ? {} : { every: parseEvery(every) }),
  })
  const watch = new DiffWatch(replay.engine)
  try {
    for await (const moment of replay.moments()) {
      if (every !== undefined) watch.begin(replay.first ?? moment.time)
      const step = watch.step(moment)
      if (step !== null) yield reportDiff(step.from, step.to, { ...options, elapsed: step.elapsed }, step.endOf)
      watch.take()
    }
  } finally {
    replay.source.close()
  }
  tellMissed(replay)
  tellDamage(replay, options)
}

function reportDiff(from: DiffSide, to: DiffSide, options: DiffOptions, endOf?: (index: number) => EntryEnd | null): DiffReport {
  const told = tellDifferences(from.entries, to.entries, options, endOf)
  const differences: ToldDifference[] = []
  for (;;) {
    const next = told.next()
    if (next.done === true) return { from: from.name, to: to.name, elapsed: options.elapsed ?? null, differences, counts: next.value }
    differences.push(next.value)
  }
}

/** A machine's table against the one that a capture implies. */
export interface CompareReport {
  /** The instant of the capture. */
  readonly time: Time
  /** First the machine's entries in their order, then what only the capture has. */
  readonly comparisons: readonly Comparison[]
  readonly counts: CompareCounts
}

/**
 * Holds a machine's saved table against the one that a capture implies, at the instant `at`; by default where the two agree best
 * (`auto`, which reads the capture twice). `table` names one of several tables in the file.
 *
 * @throws  UsageError, CaptureError
 */
export async function compare(
  saved: string, paths: Paths,
  options: CaptureOptions & CompareOptions & SavedTableOptions & { readonly at?: string, readonly table?: string } = {},
): Promise<CompareReport> {
  const { at = 'auto' } = options
  const machine = new MachineTable((await readSaved(saved, options, options.table)).entries)
  const instant = at === 'auto' ? (await watchCapture(paths, { ...options, onDamage: later }, machine)).watch.instant() : parseWhen(at)
  const { watch, picture, time } = await watchCapture(paths, options, machine, instant)
  const comparisons = picture === null ? [] : [...compareEntries(machine, picture, watch, options)]
  const counts = noCounts()
  for (const { verdict } of comparisons) counts[verdict]++
  return { time, comparisons, counts }
}

/** The capture is read once more: what is wrong with it is told then. */
const later = (): void => { /* not now */ }

interface Watched {
  readonly watch: CaptureWatch
  /** The table at the instant, and its time; null where none was asked for. */
  readonly picture: CapturePicture | null
  readonly time: Time
}

/** A replay beside a machine's table, up to its end or an instant behind it. */
async function watchCapture(paths: Paths, options: CaptureOptions, machine: MachineTable, instant?: When): Promise<Watched> {
  const watches: CaptureWatch[] = []
  const replay = await openReplay(paths, options, {
    ordered: true, at: instant === undefined ? [] : [instant],
    onPacket: (engine, frame) => { for (const one of watches) one.onPacket(engine, frame) },
  })
  const watch = new CaptureWatch(replay.engine, machine)
  watches.push(watch)
  let picture: CapturePicture | null = null
  let time: Time = { sec: 0, nsec: 0 }
  try {
    for await (const moment of replay.moments()) {
      picture = new CapturePicture(moment, watch)
      time = moment.time
    }
  } finally {
    replay.source.close()
  }
  tellMissed(replay)
  tellDamage(replay, options)
  return { watch, picture, time }
}

/** The life of one connection. */
export interface ExplainReport extends ExplainedFlow {
  readonly steps: readonly Step[]
}

/**
 * Tells the life of one connection: what each of its packets met, what decided, and what INVALID means.
 *
 * @param which  the connection that a frame (counted from 1) belongs to, which reads the capture twice; or one by its name, as
 *               `tcp 10.0.0.1:40000 10.0.0.2:80`
 * @throws       UsageError where the capture has no packet of it; CaptureError
 */
export async function explain(
  paths: Paths, which: { readonly frame: number } | { readonly flow: string }, options: CaptureOptions = {},
): Promise<ExplainReport> {
  const flow = 'flow' in which ? parseFlow(which.flow) : await flowOfFrame(paths, which.frame, options)
  const explanation = new Explanation(flow, sysctlOf(options))
  const replay = await openReplay(paths, options, {
    at: [], ordered: true, hooks: explanation, onPacket: (engine, frame) => { explanation.onPacket(engine, frame) },
  })
  await runWhole(replay, options)
  if (explanation.steps.length === 0) throw new UsageError('the capture has no packet of this connection')
  return { protocol: flow.protocol, original: explanation.original, steps: explanation.steps }
}

async function flowOfFrame(paths: Paths, number: number, options: CaptureOptions): Promise<FlowTuple> {
  const finder = new FlowFinder(number)
  await runWhole(await openReplay(paths, options, {
    at: [], onPacket: (engine, frame) => { finder.onPacket(engine, frame) },
  }), { onDamage: later })
  return finder.flow
}
