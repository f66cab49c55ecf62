// The library in a few lines: tables, packets and statistics of captures by their paths.

import { profileSysctl } from './base/profiles.ts'
import { CaptureError, UsageError } from './base/errors.ts'
import type { Sysctl } from './base/sysctl.ts'
import { parseEvery, parseWhen, type Time } from './base/when.ts'
import { openCapture } from './capture/open.ts'
import { readPieces } from './capture/pieces.ts'
import type { Engine } from './engine.ts'
import { Replay, type ReplayOptions } from './replay.ts'
import { expectations, type ExpectRow } from './views/expect.ts'
import { type EventRow, eventRowOf } from './views/event-row.ts'
import { type Order, orderedRows } from './views/order.ts'
import { type PacketRow, packetRowOf } from './views/packet-row.ts'
import { type SavedTable, type SavedTables, TableReader } from './views/parse/table-reader.ts'
import type { Row } from './views/row.ts'
import { visibleRows } from './views/snapshot.ts'
import { type Statistics, Tally } from './views/tally.ts'

/** One file, or several that are one capture in order of time; `-` is standard input. */
export type Paths = string | readonly string[]

/** How a capture is read. */
export interface CaptureOptions {
  /** Knobs without `nf_conntrack_`, where they differ from the profile: `{ tcp_loose: 0 }`. */
  readonly sysctl?: Partial<Sysctl>
  /** `linux-6.12` (the default) or `linux-2.4`. */
  readonly profile?: string
  /** Ticks a second of the kernel: 1000 (the default), 250 or 100. */
  readonly hz?: number
  /** Helpers that read payloads: `ftp`, `ftp:2121`, `all`. Default: none. */
  readonly helpers?: readonly string[]
  /** Packets captured twice: track the first copy only (`auto`, the default), or each (`track`). */
  readonly copies?: 'auto' | 'track'
  /**
   * Told of each thing wrong with the input. Without it the first is thrown, after all that could be read has been given.
   */
  readonly onDamage?: (error: CaptureError) => void
}

export interface TableOptions extends CaptureOptions {
  /** `end`, `end+9.5s`, `+12.5s`, `frame:123`, ISO 8601 or epoch seconds. Default: `end`. */
  readonly at?: string | readonly string[]
  /** `10s` or `1000pkts`: tables at equal distances, and at the end. */
  readonly every?: string
  /** Which entries are wanted, for one `rowFilter({ protocol: 'tcp' })`. Default: all. */
  readonly where?: ((row: Row) => boolean) | undefined
  /** In which order, and how many. Default: all, in that of creation. */
  readonly order?: Order
}

/** Which packets are wanted. */
export interface PacketOptions extends CaptureOptions {
  /** For one `packetFilter({ protocol: 'tcp' })`. Default: all. */
  readonly where?: ((engine: Engine) => boolean) | undefined
}

/** Which events are wanted. */
export interface EventOptions extends CaptureOptions {
  /** By the connection as it is then, for one `rowFilter({ protocol: 'tcp' })`. Default: all. */
  readonly where?: ((row: Row) => boolean) | undefined
}

/** The table at one instant. */
export interface Table {
  /** The instant as it was asked for. */
  readonly at: string
  readonly time: Time
  /** Frames of the capture read by then. */
  readonly frame: number
  /** In the order of creation, or as `order` asks. */
  readonly entries: Row[]
  readonly expectations: ExpectRow[]
}

const BATCH = 1000 // packets given out at once

/**
 * The connection table of a capture at each instant asked for, in the order of time; one pass over the capture.
 *
 * @throws  UsageError, CaptureError
 */
export async function* tables(paths: Paths, options: TableOptions = {}): AsyncGenerator<Table, void> {
  const { at, every, where, order } = options
  const instants = at === undefined ? undefined : (typeof at === 'string' ? [at] : at).map(parseWhen)
  const replay = await openReplay(paths, options, {
    ...(instants === undefined ? {} : { at: instants }), ...(every === undefined ? {} : { every: parseEvery(every) }),
  })
  try {
    for await (const { text, time, frame, engine } of replay.moments()) {
      const entries = order === undefined ? [...visibleRows(engine, where)] : orderedRows(engine, order, where)
      yield { at: text, time, frame, entries, expectations: expectations(engine) }
    }
  } finally {
    replay.source.close()
  }
  tellMissed(replay)
  tellDamage(replay, options)
}

/** The connection table of a capture at one instant: by default right after its last packet. @throws UsageError, CaptureError */
export async function table(paths: Paths, options: Omit<TableOptions, 'at' | 'every'> & { readonly at?: string } = {}): Promise<Row[]> {
  let entries: Row[] = []
  for await (const shown of tables(paths, options)) entries = shown.entries
  return entries
}

/** What conntrack says of each packet, in the order of the capture. @throws UsageError, CaptureError */
export async function* packets(paths: Paths, options: PacketOptions = {}): AsyncGenerator<PacketRow, void> {
  const { where } = options
  const rows: PacketRow[] = []
  const replay = await openReplay(paths, options, {
    every: { kind: 'packets', count: BATCH },
    onPacket: (engine, frame) => { if (where === undefined || where(engine)) rows.push(packetRowOf(frame, engine.packet)) },
  })
  yield* inBatches(replay, rows)
  tellDamage(replay, options)
}

/**
 * Connections that are new, changed or gone, in the order of time. What is still in the table when the capture ends is not told
 * as gone.
 *
 * @throws  UsageError, CaptureError
 */
export async function* events(paths: Paths, options: EventOptions = {}): AsyncGenerator<EventRow, void> {
  const { hz = 1000, where } = options
  const rows: EventRow[] = []
  const replay = await openReplay(paths, options, {
    every: { kind: 'packets', count: BATCH },
    onEvent: (event) => {
      const row = eventRowOf(event, hz)
      if (where === undefined || where(row.entry)) rows.push(row)
    },
  })
  yield* inBatches(replay, rows)
  tellDamage(replay, options)
}

/** Verdicts, protocols, reasons and the kernel's counters; these know no filter. @throws UsageError, CaptureError */
export async function statistics(paths: Paths, options: PacketOptions = {}): Promise<Statistics> {
  const { where } = options
  const tally = new Tally()
  const replay = await openReplay(paths, options, {
    at: [], onPacket: (engine, frame) => { if (where === undefined || where(engine)) tally.count(engine.packet, frame.wireLen) },
  })
  await runWhole(replay, options)
  return tally.statistics(replay)
}

/**
 * Reads tables saved in a file: what a machine's /proc/net/nf_conntrack or `conntrack -L` said, or any form this program prints but
 * `table`. The form is recognised. What cannot be read is told in `problems`, and the rest kept.
 *
 * @param path  `-` for standard input; may be compressed
 * @throws      CaptureError where the file cannot be read at all
 */
export async function readSavedTables(path: string): Promise<SavedTables> {
  const reader = new TableReader()
  await readPieces(path, (bytes, size) => { reader.push(bytes, size) })
  return reader.end()
}

/**
 * The table of a file: the last, or the one that is asked for.
 *
 * @param wanted  what the table says of its instant, or the beginning of that
 * @throws        CaptureError where the file holds no table, UsageError where it holds none like that
 */
export function savedTable(path: string, tables: readonly SavedTable[], wanted?: string): SavedTable {
  const found = wanted === undefined ? tables.at(-1) : tables.find(({ at }) => at === wanted || at?.startsWith(`${wanted} `) === true)
  if (found !== undefined) return found
  if (wanted === undefined) throw new CaptureError('EMPTY', path, 0, 'holds no table')
  throw new UsageError(`${path} has no table at ${wanted}: it has ${tables.map(({ at }) => at ?? 'one without a name').join(', ')}`)
}

/** Runs a replay to its end. @throws CaptureError */
export async function runWhole(replay: Replay, options: CaptureOptions): Promise<void> {
  try {
    await replay.run()
  } finally {
    replay.source.close()
  }
  tellDamage(replay, options)
}

/** Runs a replay to its end and gives out what has gathered in `rows`, now and then. */
async function* inBatches<T>(replay: Replay, rows: T[]): AsyncGenerator<T, void> {
  try {
    const moments = replay.moments()
    for (let isOver = false; !isOver;) {
      isOver = (await moments.next()).done === true
      yield* rows.splice(0)
    }
  } finally {
    replay.source.close()
  }
}

/** Opens captures for a replay. @throws UsageError, CaptureError */
export async function openReplay(paths: Paths, options: CaptureOptions, more: ReplayOptions): Promise<Replay> {
  const { hz, helpers, copies = 'auto' } = options
  return new Replay(await openCapture(paths), {
    sysctl: sysctlOf(options), copies,
    ...(hz === undefined ? {} : { hz }), ...(helpers === undefined ? {} : { helpers }), ...more,
  })
}

/** @throws UsageError when a frame was asked for that never came */
export function tellMissed(replay: Replay): void {
  const [missed] = replay.missed
  if (missed !== undefined) throw new UsageError(`${missed.text}: the capture has ${String(replay.engine.frames)} frames`)
}

/** The knobs that options ask for. @throws UsageError */
export function sysctlOf({ profile = 'linux-6.12', sysctl }: CaptureOptions): Sysctl {
  return { ...profileSysctl(profile), ...sysctl }
}

/** What is wrong with the input, to who asks; else the first of it is thrown. */
export function tellDamage(replay: Replay, { onDamage }: CaptureOptions): void {
  for (const error of replay.damage) {
    if (onDamage === undefined) throw error
    onDamage(error)
  }
}
