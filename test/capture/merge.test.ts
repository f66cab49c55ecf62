// Several captures are one, in order of time, whatever the number of files and however they end.

import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { Frame } from '../../src/capture/frame.ts'
import { openCapture } from '../../src/capture/open.ts'
import { naturalOrder } from '../../src/capture/rotation.ts'
import { encodePcap, encodePcapng, type Captured } from '../../scripts/lib/pcap.ts'
import { inPieces, read, someFrames, type Line } from '../support/captures.ts'
import { Folder } from '../support/command.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

/** Lines without the frame's number. */
const unnumbered = (lines: readonly Line[]): Line[] => lines.map((line) => line.replace(/^\d+ /, ''))

/** One file a list of frames. */
const files = (lists: readonly (readonly Captured[])[]): Uint8Array[] => lists.map((list) => encodePcap(list))

describe('several captures', () => {
  test('come in order of time; at equal times in the order they were named; numbered through', async () => {
    const lists = fc.array(fc.array(fc.nat(20), { maxLength: 12 }), { minLength: 1, maxLength: 12 })
    await fc.assert(fc.asyncProperty(lists, async (times) => {
      const all = times.map((list, file) => list.toSorted((a, b) => a - b)
        .map((time, i) => ({ ns: BigInt(time), bytes: Uint8Array.of(file, i, time) })))
      const merged = all.flat().sort((a, b) => Number(a.ns - b.ns))
      expect(await read(files(all))).toEqual(await read(encodePcap(merged)))
    }), { numRuns: 60 })
  })

  test('of any format, packed or not, from files and streams, are one', async () => {
    const frames = someFrames(400)
    const share = (of: number): Captured[] => frames.filter((_frame, i) => i % 4 === of)
    const inputs = [
      encodePcap(share(0)), folder.file('b.pcapng', encodePcapng(share(1))), gzipSync(encodePcap(share(2))),
      inPieces(encodePcap(share(3)), 100),
    ]
    expect(await read(inputs)).toEqual(await read(encodePcap(frames)))
  })

  test('many at a time, each held open only while its turn lasts', async () => {
    const frames = someFrames(3000, 20)
    const paths = Array.from({ length: 300 }, (_, i) => (
      folder.file(`set.pcap${i === 0 ? '' : i}`, encodePcap(frames.slice(10 * i, 10 * i + 10)))))
    expect(await read(paths)).toEqual(await read(encodePcap(frames)))
  })

  test('keep their interfaces apart', async () => {
    const two = encodePcapng(someFrames(3).map((frame, i) => ({ ...frame, iface: i % 2 })), [{}, {}])
    const source = await openCapture([encodePcap(someFrames(3)), two])
    const frame = new Frame()
    const interfaces: number[] = []
    do { while (source.next(frame)) interfaces.push(frame.iface) } while (await source.fill())
    expect(interfaces).toEqual([0, 1, 0, 2, 0, 1])
  })

  test('of which one is cut, one damaged, one no capture and one missing: the rest is read, and each is told', async () => {
    const frames = someFrames(40)
    const whole = encodePcap(frames.slice(20))
    const cut = folder.file('cut.pcap', encodePcap(frames.slice(0, 20)).subarray(0, -3))
    const text = folder.file('notes.txt', 'not a capture')
    const { frames: seen, codes, damage } = await read([folder.file('whole.pcap', whole), cut, text, '/nowhere/x.pcap'])
    expect(unnumbered(seen)).toEqual(unnumbered((await read(encodePcap([...frames.slice(0, 19), ...frames.slice(20)]))).frames))
    expect(codes.toSorted()).toEqual(['BAD_MAGIC', 'NOT_FOUND', 'TRUNCATED'])
    expect(damage.find((words) => words.includes('cut.pcap'))).toMatch(/TRUNCATED at byte \d+/)
  })

  test('of which none is one are refused as the first is', async () => {
    expect(await read(['/nowhere/a', '/nowhere/b'])).toMatchObject({ frames: [], codes: ['NOT_FOUND'] })
  })
})

describe('the natural order', () => {
  const order = (names: readonly string[]): string[] => naturalOrder(names).map((place) => names[place]!)

  test.each([
    ['tcpdump -C', ['cap.pcap', 'cap.pcap1', 'cap.pcap10', 'cap.pcap11', 'cap.pcap2', 'cap.pcap9']],
    ['tcpdump -C -W', ['cap00', 'cap01', 'cap10', 'cap02', 'cap09']],
    ['dumpcap -b', ['c_00001_20260131235958.pcapng', 'c_00010_20260201000010.pcapng', 'c_00002_20260131235959.pcapng']],
  ])('is that of the numbers: %s', (_name, names) => {
    const numbers = order(names).map((name) => Number(/(\d+)/.exec(name.replace('cap.pcap', ''))?.[1] ?? 0))
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  })

  test('leaves names that differ in more as they were given', () => {
    expect(order(['b.pcap', 'a.pcap', 'a2.pcap', 'a1.pcap'])).toEqual(['b.pcap', 'a.pcap', 'a1.pcap', 'a2.pcap'])
  })

  test('decides between frames of one time', async () => {
    const at = (marker: number): Uint8Array => encodePcap([{ ns: 5n, bytes: Uint8Array.of(marker) }])
    const paths = [10, 2, 0, 1].map((i) => folder.file(`tie.pcap${i === 0 ? '' : i}`, at(i)))
    expect((await read(paths)).frames.map((line) => line.split(' ').at(-1))).toEqual(['00', '01', '02', '0a'])
  })
})
