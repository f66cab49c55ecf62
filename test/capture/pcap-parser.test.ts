// pcap-parser, another's reader of classic pcap, as the measure of ours; and as a source of frames in its own right.

import { Readable } from 'node:stream'
import { parse } from 'pcap-parser'
import { afterAll, describe, expect, test } from 'vitest'
import { openCapture } from '../../src/capture/open.ts'
import { PcapParserSource } from '../../src/capture/pcap-parser.ts'
import { Replay } from '../../src/replay.ts'
import { snapshot } from '../../src/views/snapshot.ts'
import { encodePcap } from '../../scripts/lib/pcap.ts'
import { drain, read, sampleCaptures, someFrames } from '../support/captures.ts'
import { Folder } from '../support/command.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const CLASSIC = sampleCaptures().filter((path) => path.endsWith('.pcap'))

interface Theirs {
  readonly seconds: number
  readonly micros: number
  readonly wireLen: number
  readonly data: string
}

/** What pcap-parser itself says of a file: nothing of ours in between. */
function theirs(path: string): Promise<Theirs[]> {
  return new Promise((resolve, reject) => {
    const packets: Theirs[] = []
    parse(path).on('packet', ({ header, data }) => {
      packets.push({
        seconds: header.timestampSeconds, micros: header.timestampMicroseconds, wireLen: header.originalLength,
        data: Buffer.from(data).toString('hex'),
      })
    }).on('error', reject).on('end', () => { resolve(packets) })
  })
}

describe('each classic capture in samples/', () => {
  test('is read frame by frame as pcap-parser reads it', async () => {
    expect(CLASSIC.length).toBeGreaterThan(40)
    for (const path of CLASSIC) {
      const ours = (await read(path)).frames.map((line) => {
        const [, time, , wireLen, data = ''] = line.split(' ')
        const [seconds, nanos] = time!.split('.')
        return { seconds: Number(seconds), micros: Number(nanos) / 1000, wireLen: Number(wireLen), data }
      })
      expect(ours, path).toEqual(await theirs(path))
    }
  })

  test('gives the same table when pcap-parser feeds the replay', async () => {
    for (const path of CLASSIC) {
      const ours = new Replay(await openCapture(path), { seed: 1 })
      const others = new Replay(new PcapParserSource(parse(path)), { seed: 1 })
      await ours.run()
      await others.run()
      expect(others.damage, path).toEqual([])
      expect(snapshot(others.engine), path).toEqual(snapshot(ours.engine))
    }
  })
})

describe('pcap-parser as a source', () => {
  const MICRO = encodePcap(someFrames(3500), { micro: true })

  test('holds the stream back while frames wait to be taken', async () => {
    const stream = Readable.from([MICRO.subarray(0, 100), MICRO.subarray(100)].map((piece) => Buffer.from(piece)))
    expect(await drain(new PcapParserSource(parse(stream)))).toEqual(await read(MICRO))
  })

  test('says that a file is cut, which pcap-parser does not', async () => {
    const path = folder.file('cut.pcap', MICRO.subarray(0, -7))
    const cut = await drain(new PcapParserSource(parse(path), path))
    expect(cut.frames).toHaveLength(3499)
    expect(cut.codes).toEqual(['TRUNCATED'])
    expect(cut.damage[0]).toBe((await read(path)).damage[0]!.replace(/record, .*?; /, 'record; '))
  })

  test.each([
    ['what is no capture', folder.file('text', 'this is not a capture, though it is long enough'), 'BAD_MAGIC'],
    ['a file that is not there', '/nowhere/x.pcap', 'NOT_FOUND'],
  ])('tells of %s', async (_name, path, code) => {
    expect(await drain(new PcapParserSource(parse(path)))).toMatchObject({ frames: [], codes: [code] })
  })

  test('gives nothing more once it is closed', async () => {
    const source = new PcapParserSource(parse(folder.file('closed.pcap', MICRO)))
    source.close()
    expect((await drain(source)).frames).toEqual([])
  })
})
