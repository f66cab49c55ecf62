// The library in a few lines: tables, packets and statistics of captures by their paths.

import { profileSysctl } from './base/profiles.ts'
import { UsageError } from './base/errors.ts'
import type { CaptureError } from './base/errors.ts'
import type { Sysctl } from './base/sysctl.ts'
import { parseEvery, parseWhen, type Time } from './base/when.ts'
import { openCapture } from './capture/open.ts'
import { readPieces } from './capture/pieces.ts'
import { Replay, type ReplayOptions } from './replay.ts'
import { expectations, type ExpectRow } from './views/expect.ts'
import { type EventRow, eventRowOf } from './views/event-row.ts'
import { type PacketRow, packetRowOf } from './views/packet-row.ts'
import { type SavedTables, TableReader } from './views/parse/table-reader.ts'
import type { Row } from './views/row.ts'
import { snapshot } from './views/snapshot.ts'
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
}

/** The table at one instant. */
export interface Table {
  /** The instant as it was asked for. */
  readonly at: string
  readonly time: Time
  /** Frames of the capture read by then. */
  readonly frame: number
  /** In the order of creation. */
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
  const { at, every } = options
  const instants = at === undefined ? undefined : (typeof at === 'string' ? [at] : at).map(parseWhen)
  const replay = await open(paths, options, {
    ...(instants === undefined ? {} : { at: instants }), ...(every === undefined ? {} : { every: parseEvery(every) }),
  })
  try {
    for await (const { text, time, frame, engine } of replay.moments()) {
      yield { at: text, time, frame, entries: snapshot(engine), expectations: expectations(engine) }
    }
  } finally {
    replay.source.close()
  }
  const [missed] = replay.missed
  if (missed !== undefined) throw new UsageError(`${missed.text}: the capture has ${String(replay.engine.frames)} frames`)
  tellDamage(replay, options)
}

/** The connection table of a capture at one instant: by default right after its last packet. @throws UsageError, CaptureError */
export async function table(paths: Paths, options: CaptureOptions & { readonly at?: string } = {}): Promise<Row[]> {
  let entries: Row[] = []
  for await (const shown of tables(paths, options)) entries = shown.entries
  return entries
}

/** What conntrack says of each packet, in the order of the capture. @throws UsageError, CaptureError */
export async function* packets(paths: Paths, options: CaptureOptions = {}): AsyncGenerator<PacketRow, void> {
  const rows: PacketRow[] = []
  const replay = await open(paths, options, {
    every: { kind: 'packets', count: BATCH }, onPacket: (engine, frame) => { rows.push(packetRowOf(frame, engine.packet)) },
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
export async function* events(paths: Paths, options: CaptureOptions = {}): AsyncGenerator<EventRow, void> {
  const { hz = 1000 } = options
  const rows: EventRow[] = []
  const replay = await open(paths, options, {
    every: { kind: 'packets', count: BATCH }, onEvent: (event) => { rows.push(eventRowOf(event, hz)) },
  })
  yield* inBatches(replay, rows)
  tellDamage(replay, options)
}

/** Verdicts, protocols, reasons and the kernel's counters. @throws UsageError, CaptureError */
export async function statistics(paths: Paths, options: CaptureOptions = {}): Promise<Statistics> {
  const tally = new Tally()
  const replay = await open(paths, options, { at: [], onPacket: (engine, frame) => { tally.count(engine.packet, frame.wireLen) } })
  try {
    await replay.run()
  } finally {
    replay.source.close()
  }
  tellDamage(replay, options)
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
  await readPieces(path, (bytes) => { reader.push(bytes) })
  return reader.end()
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

async function open(paths: Paths, options: CaptureOptions, more: ReplayOptions): Promise<Replay> {
  const { profile = 'linux-6.12', hz, helpers } = options
  return new Replay(await openCapture(paths), {
    sysctl: { ...profileSysctl(profile), ...options.sysctl },
    ...(hz === undefined ? {} : { hz }), ...(helpers === undefined ? {} : { helpers }), ...more,
  })
}

function tellDamage(replay: Replay, { onDamage }: CaptureOptions): void {
  for (const error of replay.damage) {
    if (onDamage === undefined) throw error
    onDamage(error)
  }
}
