// What a source gives out, as plain values; and captures of any size to read.

import { Buffer } from 'node:buffer'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Frame, type Source } from '../../src/capture/frame.ts'
import { openCapture, type CaptureInput, type CaptureInputOptions } from '../../src/capture/open.ts'
import type { Captured } from '../../scripts/lib/pcap.ts'
import { ROOT } from './sources.ts'

/** One frame: `number sec.nsec linktype wireLen bytes`. */
export type Line = string

export interface Read {
  readonly frames: readonly Line[]
  /** Codes of what was wrong, and in words. */
  readonly codes: readonly string[]
  readonly damage: readonly string[]
}

/** All that a source gives out; closes it. */
export async function drain(source: Source): Promise<Read> {
  const frame = new Frame()
  const frames: Line[] = []
  do { while (source.next(frame)) frames.push(lineOf(frame)) } while (await source.fill())
  source.close()
  return { frames, codes: source.damage.map(({ code }) => code), damage: source.damage.map(({ message }) => message) }
}

/** Opens and reads; what cannot be opened is damage too. */
export async function read(input: CaptureInput | readonly CaptureInput[], options?: CaptureInputOptions): Promise<Read> {
  let source: Source
  try {
    source = await openCapture(input, options)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    return { frames: [], codes: [String(error.code)], damage: [error.message] }
  }
  return drain(source)
}

function lineOf(frame: Frame): Line {
  const { number, sec, nsec, linkType, wireLen, bytes, start, end } = frame
  const hex = Buffer.from(bytes.subarray(start, end)).toString('hex')
  return `${number} ${sec}.${String(nsec).padStart(9, '0')} ${linkType} ${wireLen} ${hex}`
}

/** Frames that differ, a millisecond apart. */
export function someFrames(count: number, length = 60): Captured[] {
  return Array.from({ length: count }, (_, i) => ({
    ns: 1_700_000_000_000_000_000n + BigInt(i) * 1_000_001n,
    bytes: Uint8Array.from({ length: length + i % 7 }, (_byte, at) => (i * 31 + at * at) & 0xff),
  }))
}

/** Paths of the captures in samples/. */
export function sampleCaptures(): string[] {
  return readdirSync(join(ROOT, 'samples'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.pcap(ng)?$/.test(name)).sort().map((name) => join(ROOT, 'samples', name))
}

/** Bytes that come in pieces, each in a turn of its own. */
export async function* inPieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve()
    yield bytes.subarray(at, at + size)
  }
}
