// What is written is read again as it was, to the nanosecond.

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { Frame } from '../../src/capture/frame.ts'
import { openCapture } from '../../src/capture/open.ts'
import { PcapWriter } from '../../src/capture/writer.ts'
import { encodePcap } from '../../scripts/lib/pcap.ts'
import { read, sampleCaptures, someFrames } from '../support/captures.ts'
import { Folder } from '../support/command.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })
const path = join(folder.path, 'written.pcap')

/** Reads a capture and writes each frame. */
async function copy(input: string | Uint8Array): Promise<number> {
  const source = await openCapture(input)
  const frame = new Frame()
  let writer: PcapWriter | null = null
  do {
    while (source.next(frame)) {
      writer ??= new PcapWriter(path, frame.linkType)
      writer.write(frame)
    }
  } while (await source.fill())
  source.close()
  writer?.close()
  return writer?.count ?? 0
}

describe('a capture that is written', () => {
  test('is read again frame by frame: every sample of one link type', async () => {
    for (const sample of sampleCaptures().filter((name) => name.endsWith('.pcap'))) {
      const before = await read(sample)
      expect(await copy(sample), sample).toBe(before.frames.length)
      expect(await read(path), sample).toEqual(before)
    }
  })

  test('is read again, whatever the frames and their times', async () => {
    const frame = fc.record({
      ns: fc.bigInt(0n, (1n << 32n) * 1_000_000_000n - 1n), bytes: fc.uint8Array({ minLength: 1, maxLength: 3000 }), more: fc.nat(2000),
    }).map(({ ns, bytes, more }) => ({ ns, bytes, wireLen: bytes.length + more }))
    await fc.assert(fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 20 }), fc.nat(0xffff), async (frames, linkType) => {
      const file = encodePcap(frames, { linkType })
      await copy(file)
      expect(readFileSync(path).equals(file)).toBe(true)
    }), { numRuns: 60 })
  })

  test('is on disk, but for a buffer of it, while it is written, and all of it after a flush', async () => {
    const file = encodePcap(someFrames(10_000))
    const source = await openCapture(file)
    const frame = new Frame()
    const writer = new PcapWriter(path, 1)
    let written = 24
    do {
      while (source.next(frame)) {
        writer.write(frame)
        written += 16 + frame.end - frame.start
      }
      expect(written - statSync(path).size).toBeLessThan(300_000)
    } while (await source.fill())
    writer.flush()
    expect(statSync(path).size).toBe(written)
    writer.close()
  })

  test('holds frames of one link type', () => {
    const frame = new Frame()
    frame.linkType = 113
    const writer = new PcapWriter(path, 1)
    expect(() => { writer.write(frame) }).toThrow('frames of one link type: 1, not 113')
    writer.close()
  })

  test('cannot go where there is no folder', () => {
    expect(() => new PcapWriter('/nowhere/x.pcap', 1)).toThrow('NOT_FOUND')
  })
})
