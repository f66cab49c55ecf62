// Runs one program on one capture, as a whole process, and says what it took.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const WITNESS = new URL('witness.js', import.meta.url).href

export interface Contestant {
  readonly name: string
  /** Path of the script. */
  readonly script: string
  readonly args: (capture: string) => readonly string[]
}

/** What one run took. */
export interface Run {
  /** From start to end of the process, Node's own start included. */
  readonly wallMs: number
  readonly cpuMs: number
  readonly peakBytes: number
  /** Garbage collections of all kinds. */
  readonly collections: number
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export const WALK: Contestant = { name: 'walk', script: here('walk.js'), args: (capture) => [capture] }
export const WALK_KEY: Contestant = { name: 'walk-key', script: here('walk-key.js'), args: (capture) => [capture] }

/** The program of a built work tree, printing the table at the end. @param root  of the work tree, ending in `/` */
export function program(name: string, root: string, options: readonly string[] = []): Contestant {
  return { name, script: `${root}bin/pcap-conntrack.js`, args: (capture) => ['snapshot', capture, '--output', 'proc', ...options] }
}

/** Runs a contestant with its output thrown away. @throws Error when it fails */
export function run({ name, script, args }: Contestant, capture: string): Run {
  const start = process.hrtime.bigint()
  const child = spawnSync(process.execPath, ['--import', WITNESS, script, ...args(capture)], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const wallMs = Number(process.hrtime.bigint() - start) / 1e6
  if (child.status !== 0) throw new Error(`${name} on ${capture} ended with ${child.status ?? child.signal ?? ''}: ${String(child.stderr)}`)
  return { wallMs, ...JSON.parse(String(child.output[3])) as Omit<Run, 'wallMs'> }
}

/** How many packets a capture has, by the walk. */
export function countPackets(capture: string): number {
  return parseInt(spawnSync(process.execPath, [WALK.script, capture], { encoding: 'utf8' }).stdout)
}

/** Runs contestants by turns, the order turned round each time. @returns shape [contestant][round] */
export function runByTurns(contestants: readonly Contestant[], capture: string, rounds: number): Run[][] {
  const runs: Run[][] = contestants.map(() => [])
  for (let round = 0; round < rounds; round++) {
    const order = contestants.map((_, at) => at)
    if (round % 2 === 1) order.reverse()
    for (const at of order) runs[at]!.push(run(contestants[at]!, capture))
  }
  return runs
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >>> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
