// Times a piece of the hot path by itself. For finding out what a change did to one stage; the truth is the whole program.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Frame } from '../../src/capture/frame.ts'
import { writeTraffic, type Kind } from '../traffic.ts'

const ROUNDS = 9
const WARM = 3

/** Runs `once` a few times and prints the median time of one of its `operations`. Prepare what changes in `before`. */
export function measure(name: string, operations: number, once: () => void, before: () => void = () => { /* nothing */ }): void {
  const times: number[] = []
  for (let round = -WARM; round < ROUNDS; round++) {
    before()
    const start = process.hrtime.bigint()
    once()
    const ns = Number(process.hrtime.bigint() - start)
    if (round >= 0) times.push(ns / operations)
  }
  times.sort((a, b) => a - b)
  const [low, middle, high] = [times[0]!, times[ROUNDS >>> 1]!, times[ROUNDS - 1]!].map((ns) => ns.toFixed(1)) as [string, string, string]
  console.log(`${name.padEnd(44)} ${middle.padStart(8)} ns  (${low} … ${high})`)
}

/** Writes a capture of `packets` packets where nobody looks, hands on its path, and takes it away again. */
export function withCapture<T>(kind: Kind, packets: number, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'pcap-conntrack-bench-'))
  try {
    const path = join(folder, `${kind}.pcap`)
    writeTraffic(kind, path, packets)
    return use(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The frames of a capture, held in memory. */
export class FramesInMemory {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  /** Where each frame starts; one more for the end. */
  readonly #starts: Int32Array
  readonly count: number

  constructor(path: string) {
    const file = readFileSync(path)
    this.#bytes = new Uint8Array(file.buffer, file.byteOffset, file.length)
    this.#view = new DataView(file.buffer, file.byteOffset, file.length)
    const starts: number[] = []
    for (let at = 24; at < file.length; at += 16 + this.#view.getUint32(at + 8, true)) starts.push(at + 16)
    this.#starts = Int32Array.from([...starts, file.length + 16])
    this.count = starts.length
  }

  /** Aims a frame at number `i`. */
  aim(frame: Frame, i: number): void {
    const start = this.#starts[i]!
    frame.number = i + 1
    frame.sec = this.#view.getUint32(start - 16, true)
    frame.nsec = this.#view.getUint32(start - 12, true) * 1000
    frame.bytes = this.#bytes
    frame.view = this.#view
    frame.start = start
    frame.end = this.#starts[i + 1]! - 16
    frame.wireLen = this.#view.getUint32(start - 4, true)
    frame.linkType = 1
  }
}
