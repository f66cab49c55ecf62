// What pcapng files may say of themselves, and what that changes.

import { describe, expect, test } from 'vitest'
import { encodePcapng } from '../../scripts/lib/pcap.ts'
import { read, someFrames } from '../support/captures.ts'
import { concat } from '../support/ip-packets.ts'

const FRAMES = someFrames(3)
const FILE = encodePcapng(FRAMES)

describe('pcapng', () => {
  test('of another version is read on, for its blocks are what they were', async () => {
    const other = FILE.slice()
    new DataView(other.buffer).setUint16(12, 2, true)
    expect(await read(other)).toEqual(await read(FILE))
    const both = await read(concat(FILE, other))
    expect(both.codes).toEqual([])
    expect(both.frames).toHaveLength(6)
  })

  test('without a byte order is damaged from there on', async () => {
    const broken = concat(FILE, FILE)
    broken[FILE.length + 8] = 0
    expect(await read(broken)).toMatchObject({ frames: (await read(FILE)).frames, codes: ['BAD_BLOCK'] })
  })

  test('may hold blocks that nobody knows, longer than the buffer', async () => {
    const unknown = new Uint8Array(10_000)
    const view = new DataView(unknown.buffer)
    view.setUint32(0, 0xbad, true)
    view.setUint32(4, unknown.length, true)
    view.setUint32(unknown.length - 4, unknown.length, true)
    expect(await read(concat(FILE.subarray(0, 28), unknown, FILE.subarray(28)), { bufferSize: 100 })).toEqual(await read(FILE))
  })

  test.each([[6, 1000n], [9, 1n], [3, 1_000_000n], [0, 1_000_000_000n], [10, 1n], [0x80 | 20, 0n], [0x80 | 30, 0n]])(
    'counts time in units of any size: if_tsresol %i', async (resolution, unit) => {
      const { frames } = await read(encodePcapng(FRAMES, [{ resolution }]))
      const times = frames.map((line) => BigInt(line.split(' ')[1]!.replace('.', '')))
      // A binary unit rounds to one below a microsecond here; a decimal one cuts what is finer than itself.
      times.forEach((time, i) => {
        const { ns } = FRAMES[i]!
        if (unit > 0n) expect(time).toBe(ns / unit * unit)
        else expect(ns - time >= 0n && ns - time < 1000n).toBe(true)
      })
    })
})
