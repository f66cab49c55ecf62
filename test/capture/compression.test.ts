// gzip and zstd are unpacked on the way, from files, memory, pipes and streams; what is damaged gives all that came before.

import { Buffer } from 'node:buffer'
import { createGzip, gzipSync } from 'node:zlib'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { BytesInput } from '../../src/capture/input.ts'
import { openCapture } from '../../src/capture/open.ts'
import { ZstdInput } from '../../src/capture/zstd.ts'
import { Frame } from '../../src/capture/frame.ts'
import { encodePcap, encodePcapng } from '../../scripts/lib/pcap.ts'
import { inPieces, read, sampleCaptures, someFrames, type Read } from '../support/captures.ts'
import { command, Folder } from '../support/command.ts'
import { concat } from '../support/ip-packets.ts'
import { ROOT } from '../support/sources.ts'
import { DICTIONARY, HUGE_WINDOW, PING_ZSTD, rawZstd } from '../support/zstd.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const FILE = encodePcap(someFrames(3000))
const ping = readFileSync(join(ROOT, 'samples/ping.pcap'))

/** Reads what an input of ours gives, to its end or to what it throws. */
async function unpackZstd(bytes: Uint8Array): Promise<{ out: Uint8Array, error: Error | null }> {
  const input = new ZstdInput(new BytesInput('x', bytes), new Uint8Array(0))
  const pieces: Uint8Array[] = []
  try {
    for (;;) {
      const piece = new Uint8Array(5000)
      const got = await input.read(piece, 0)
      if (got === 0) return { out: concat(...pieces), error: null }
      pieces.push(piece.subarray(0, got))
    }
  } catch (error) {
    return { out: concat(...pieces), error: error as Error }
  }
}

const isStartOf = (some: Read, all: Read): boolean => some.frames.every((frame, i) => frame === all.frames[i])

describe('gzip', () => {
  test('leaves every sample what it is', async () => {
    for (const path of sampleCaptures()) expect(await read(gzipSync(readFileSync(path))), path).toEqual(await read(readFileSync(path)))
  })

  test('reads the same from a file, from memory and from a stream, a few bytes at a time', async () => {
    const packed = gzipSync(FILE)
    const plain = await read(FILE)
    expect(plain.frames).toHaveLength(3000)
    expect(await read(folder.file('file.pcap.gz', packed))).toEqual(plain)
    expect(await read(packed)).toEqual(plain)
    expect(await read(inPieces(packed, 1009))).toEqual(plain)
    expect(await read(inPieces(packed.subarray(0, 3000), 1))).toMatchObject({ codes: ['TRUNCATED'] })
  })

  test('of several members is one file', async () => {
    expect(await read(concat(gzipSync(FILE.subarray(0, 1000)), gzipSync(FILE.subarray(1000))))).toEqual(await read(FILE))
  })

  test('that is cut gives what was packed before, and says that it is cut', async () => {
    const plain = await read(FILE)
    const packed = gzipSync(FILE)
    let most = 0
    for (let length = 40; length < packed.length; length += 997) {
      const cut = await read(packed.subarray(0, length))
      expect(cut.codes).toEqual(['TRUNCATED'])
      expect(isStartOf(cut, plain)).toBe(true)
      most = Math.max(most, cut.frames.length)
    }
    expect(most).toBeGreaterThan(2000)
  })

  test('that is damaged gives what can be had before, and names the byte', async () => {
    const plain = await read(FILE)
    const damaged = gzipSync(FILE, { level: 0 })
    let at = 10 // stored blocks, each with its length twice, behind the header of gzip
    for (let i = 0; i < 2; i++) at += 5 + (damaged[at + 1]! | damaged[at + 2]! << 8)
    damaged[at + 3]! ^= 1
    const path = folder.file('damaged.pcap.gz', damaged)
    const seen = await read(path)
    expect(seen.codes).toEqual(['BAD_COMPRESSION'])
    expect(isStartOf(seen, plain)).toBe(true)
    expect(seen.frames.length).toBeGreaterThan(200)
    expect(Number(/damaged at byte (\d+) of the file/.exec(seen.damage[0]!)?.[1])).toBe(at + 4)
    expect(await read(damaged)).toEqual({ ...seen, damage: [seen.damage[0]!.replace(path, 'input 1')] })
  })

  test('of which the checksum is wrong gives all of it, and says so', async () => {
    const packed = gzipSync(FILE)
    packed[packed.length - 6]! ^= 1
    const seen = await read(packed)
    expect(seen.codes).toEqual(['BAD_COMPRESSION'])
    expect(seen.frames).toEqual((await read(FILE)).frames)
  })

  test('damaged anywhere ends, with frames that are right as far as the checksums of gzip can tell', async () => {
    const file = encodePcap(someFrames(20))
    const packed = gzipSync(file)
    const plain = await read(file)
    for (let at = 2; at < packed.length; at += 7) {
      const damaged = Uint8Array.from(packed)
      damaged[at]! ^= 0x55
      const seen = await read(damaged)
      if (seen.codes.length === 0) expect(seen).toEqual(plain)
    }
  })

  test('within gzip is said to be', async () => {
    expect((await read(gzipSync(gzipSync(FILE)))).damage[0]).toContain('compressed twice')
  })

  test('that unpacks to gigabytes takes no memory for them', async () => {
    // A pcapng block that nobody wants, as long as its length can say; here a quarter of a gigabyte of it.
    const block = new Uint8Array(8)
    new DataView(block.buffer).setUint32(0, 0xbad, true)
    new DataView(block.buffer).setUint32(4, 0xffff_fffc, true)
    const packed = gzipped(concat(encodePcapng(someFrames(1)), block), 256)
    const source = await openCapture(packed)
    const frame = new Frame()
    const before = process.memoryUsage().arrayBuffers
    let frames = 0
    let most = 0
    do {
      while (source.next(frame)) frames++
      most = Math.max(most, process.memoryUsage().arrayBuffers - before)
    } while (await source.fill())
    expect(frames).toBe(1)
    expect(source.damage.map(({ code }) => code)).toEqual(['TRUNCATED'])
    expect(most).toBeLessThan(64 * 1024 * 1024)
  })

  test('through the command line: what came before is printed, file and byte are named, exit 3', async () => {
    const path = folder.file('cut.pcap.gz', gzipSync(ping, { level: 1 }).subarray(0, -60))
    const { code, out, error } = await command(['packets', path])
    expect(code).toBe(3)
    expect(out.split('\n').length).toBeGreaterThan(3)
    expect(error).toMatch(/cut\.pcap\.gz: the gzip data ends too early.*TRUNCATED at byte \d+/)
  })
})

describe('zstd', () => {
  test('from zstd(1) reads as it does unpacked', async () => {
    expect(await read(Buffer.from(PING_ZSTD, 'base64'))).toEqual(await read(ping))
    expect(await read(inPieces(Buffer.from(PING_ZSTD, 'base64'), 7))).toEqual(await read(ping))
    expect(Buffer.from((await unpackZstd(Buffer.from(PING_ZSTD, 'base64'))).out)).toEqual(ping)
  })

  test('of several frames, and frames to be passed over, is one file', async () => {
    const skippable = [0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5]
    const packed = concat(skippable, rawZstd(FILE.subarray(0, 999)), skippable, rawZstd(FILE.subarray(999)))
    expect(await read(packed)).toEqual(await read(FILE))
    expect(Buffer.from((await unpackZstd(packed)).out)).toEqual(Buffer.from(FILE))
  })

  test('that is cut anywhere gives what was packed before', async () => {
    const packed = rawZstd(FILE, 10_000)
    const plain = await read(FILE)
    for (let length = 20; length < packed.length; length += 3001) {
      const { out, error } = await unpackZstd(packed.subarray(0, length))
      expect(error?.message).toContain('TRUNCATED')
      expect(out.length).toBe(Math.floor((length - 6) / 10_003) * 10_000)
      expect(isStartOf(await read(packed.subarray(0, length)), plain)).toBe(true)
    }
  })

  test('that is damaged gives what was packed before, and names the byte', async () => {
    const packed = rawZstd(FILE, 10_000)
    packed[6 + 3 * 10_003] = 0xff
    const { out, error } = await unpackZstd(packed)
    expect(error?.message).toMatch(/BAD_COMPRESSION/)
    expect(error?.message).toContain(`damaged at byte ${6 + 3 * 10_003} of the file`)
    expect(out.length).toBe(30_000)
    expect((await read(packed)).codes).toEqual(['BAD_COMPRESSION'])
  })

  test('of any damage ends', async () => {
    const packed = Buffer.from(PING_ZSTD, 'base64')
    for (let at = 0; at < packed.length; at++) {
      await unpackZstd(packed.subarray(0, at))
      for (const bits of [0x01, 0x80, 0xff]) {
        const damaged = Uint8Array.from(packed)
        damaged[at]! ^= bits
        const { out } = await unpackZstd(damaged)
        expect(out.length).toBeLessThan(1_000_000)
      }
    }
  })

  test.each([
    ['a window beyond what zstd itself takes', HUGE_WINDOW, '--long=31'], ['a dictionary', DICTIONARY, '-D DICTIONARY'],
  ])('that needs %s is refused with the remedy', async (_name, packed, remedy) => {
    expect((await unpackZstd(packed)).error?.message).toContain(remedy)
  })
})

/** Packs bytes and megabytes of zeros behind them, as a stream. */
async function* gzipped(start: Uint8Array, megabytes: number): AsyncIterable<Uint8Array> {
  const gzip = createGzip({ level: 1 })
  const zeros = new Uint8Array(1024 * 1024)
  gzip.write(start)
  let left = megabytes
  const feed = (): void => {
    while (left-- > 0) if (!gzip.write(zeros)) return void gzip.once('drain', feed)
    gzip.end()
  }
  feed()
  for await (const piece of gzip) yield piece as Uint8Array
}
