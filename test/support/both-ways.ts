// One capture replayed the long way and with the fast path (assembly/), and all that can be told of an engine afterwards: more than
// rows show, so that a number which only a later packet would meet is compared too.

import type { Sysctl } from '../../src/base/sysctl.ts'
import { AF_INET6 } from '../../src/base/units.ts'
import type { CaptureError } from '../../src/base/errors.ts'
import { Frame, type FrameOrigin, type FrameTaker, type Source } from '../../src/capture/frame.ts'
import { type CaptureInput, type CaptureInputOptions, openCapture } from '../../src/capture/open.ts'
import { Engine, type EngineOptions } from '../../src/engine.ts'
import { FastPath } from '../../src/fast-path/fast-path.ts'
import { Replay, type ReplayOptions } from '../../src/replay.ts'
import { ADDR6, NEXT, PROTO, RECORD_WORDS, WHEEL_PLACE } from '../../src/table/layout.ts'
import { printProc } from '../../src/views/procfs.ts'
import { visibleRows } from '../../src/views/snapshot.ts'

/** A source that counts the frames that are taken from it in one go, and those that are asked for one by one. */
export class Counted implements Source {
  taken = 0
  given = 0
  /** How often somebody was let take frames. */
  handed = 0
  readonly #source: Source
  readonly hand?: (taker: FrameTaker) => void

  constructor(source: Source) {
    this.#source = source
    if (source.hand === undefined) return
    this.hand = (taker) => {
      this.handed++
      source.hand?.(taker)
      this.taken += taker.taken
    }
  }

  get damage(): readonly CaptureError[] { return this.#source.damage }
  get position(): number { return this.#source.position }
  get size(): number { return this.#source.size }

  next(frame: Frame): boolean {
    const isGiven = this.#source.next(frame)
    if (isGiven) this.given++
    return isGiven
  }

  fill(): boolean | Promise<boolean> { return this.#source.fill() }
  origin(frame: Frame): FrameOrigin { return this.#source.origin(frame) }
  close(): void { this.#source.close() }
}

/** What a replay told: a line for each thing, and how many frames took the fast path. */
export interface Told {
  readonly lines: readonly string[]
  readonly taken: number
  readonly given: number
}

export type Way = Omit<ReplayOptions, 'fastPath' | 'seed'> & CaptureInputOptions

/** How an engine runs alone. */
export type Alone = EngineOptions & CaptureInputOptions & { readonly sysctl: Sysctl }

/** An input that can be read more than once. */
export type Again = () => CaptureInput

const SEED = 7

/** Replays a capture one way. A capture that cannot be opened tells why. */
export async function told(input: Again, way: Way, fastPath: boolean): Promise<Told> {
  const source = await open(input, way)
  if (source instanceof Error) return { lines: [source.message], taken: 0, given: 0 }
  const replay = new Replay(source, { ...way, seed: SEED, fastPath })
  const lines: string[] = []
  for await (const { text, time, frame, engine } of replay.moments()) {
    const at = `${text} = ${time.sec}.${time.nsec}, frame ${frame}`
    lines.push(...linesOf(engine).map((line) => `${at}: ${line}`))
  }
  lines.push(JSON.stringify({ last: replay.last, first: replay.first, missed: replay.missed }))
  lines.push(...replay.damage.map(({ message }) => message))
  source.close()
  return { lines, taken: source.taken, given: source.given }
}

/** Both ways, and where they differ: lines of the long way and of the fast path, the first few. */
export async function bothWays(input: Again, way: Way = {}): Promise<{ differences: string[], fast: Told }> {
  const long = await told(input, way, false)
  const fast = await told(input, way, true)
  if (long.taken > 0) throw new Error('the long way takes the fast path')
  return { differences: differences(long.lines, fast.lines), fast }
}

/**
 * The same of the engine alone, where the fast path is tried before every frame: a replay leaves it alone for a while when it has
 * taken none.
 * @param most  frames that it may take at once
 */
export async function eagerly(input: Again, way: Alone, most: number): Promise<Told> {
  const source = await open(input, way)
  if (source instanceof Error) return { lines: [source.message], taken: 0, given: 0 }
  const { engine, fastPath } = fastEngine(way)
  const frame = new Frame()
  do {
    for (;;) {
      do insist(fastPath, source, most)
      while (fastPath.taken > 0)
      if (!source.next(frame)) break
      engine.push(frame)
    }
  } while (await source.fill())
  source.close()
  return { lines: [...linesOf(engine), ...source.damage.map(({ message }) => message)], taken: source.taken, given: source.given }
}

/** The engine alone, the long way. */
export async function plainly(input: Again, way: Alone): Promise<Told> {
  const source = await open(input, way)
  if (source instanceof Error) return { lines: [source.message], taken: 0, given: 0 }
  const engine = new Engine({ ...way, seed: SEED })
  const frame = new Frame()
  do { while (source.next(frame)) engine.push(frame) } while (await source.fill())
  source.close()
  return { lines: [...linesOf(engine), ...source.damage.map(({ message }) => message)], taken: 0, given: source.given }
}

/** An engine and the fast path that serves it. */
export function fastEngine(options: EngineOptions & { readonly sysctl: Sysctl }): { engine: Engine, fastPath: FastPath } {
  const fastPath = FastPath.open(options.sysctl.max)
  if (fastPath === null) throw new Error('this machine has no WebAssembly, or no room')
  const engine = new Engine({ ...options, seed: SEED, memory: fastPath.memory })
  fastPath.serve(engine)
  return { engine, fastPath }
}

/** Has the fast path take what it takes, whether or not it would rather rest. */
export function insist(fastPath: FastPath, source: Counted, most = Infinity): void {
  const { handed } = source
  while (source.handed === handed && source.hand !== undefined) fastPath.go(source, Infinity, most)
}

async function open(input: Again, { bufferSize }: CaptureInputOptions): Promise<Counted | Error> {
  try {
    return new Counted(await openCapture(input(), bufferSize === undefined ? {} : { bufferSize }))
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error
    throw error
  }
}

/** Where two lists of lines differ. */
export function differences(long: readonly string[], fast: readonly string[]): string[] {
  const found: string[] = []
  for (let i = 0; i < Math.max(long.length, fast.length) && found.length < 6; i++) {
    if (long[i] !== fast[i]) found.push(`long way:  ${long[i] ?? 'nothing'}`, `fast path: ${fast[i] ?? 'nothing'}`)
  }
  return found
}

/** Counters, and every visible connection with all its record. */
function linesOf(engine: Engine): string[] {
  const { clock, table, frames, packets, copies } = engine
  const { words, live, high } = table.records
  const { now, backwards } = clock
  const stats = Object.entries(table.stats).map(([name, count]) => [name, count as number])
  const rows = [...visibleRows(engine)]
  const indexes = table.visible()
  return [
    JSON.stringify({
      frames, packets, copies, now, backwards, tableNow: table.now, live, high, gaps: table.wheel.gaps, ...Object.fromEntries(stats),
    }),
    ...rows.map((row, i) => `${printProc(row, { counters: true })} | ${recordOf(words, indexes[i]! * RECORD_WORDS)}`),
  ]
}

/** A record's words, but for the places of other records and those that nobody reads. */
function recordOf(words: Int32Array, base: number): string {
  const end = (words[base + PROTO]! & 255) === AF_INET6 ? RECORD_WORDS : ADDR6
  const own = words.slice(base, base + end)
  own[NEXT] = own[NEXT + 1] = own[WHEEL_PLACE] = 0
  return own.join(' ')
}
