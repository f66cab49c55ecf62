// Where the fast path is taken, and where it is not: an ordinary capture nearly as a whole, and nothing where somebody looks on.

import { describe, expect, test } from 'vitest'
import { defaultSysctl } from '../../src/base/sysctl.ts'
import { openCapture } from '../../src/capture/open.ts'
import { Replay, type ReplayOptions } from '../../src/replay.ts'
import { snapshot } from '../../src/views/snapshot.ts'
import { encodePcap, encodePcapng } from '../../scripts/lib/pcap.ts'
import { Counted } from '../support/both-ways.ts'
import { inPieces } from '../support/captures.ts'
import { arp, back, handshake, pcap, type Seen, tcp, udp } from '../support/traffic.ts'

const START = 1_700_000_000
const ENDS = { sport: 40_000, dport: 80 }

/** A connection that says `count` things, each of them acknowledged, within a few seconds. */
function talk(count: number, length: number): Seen[] {
  return [...handshake(START, ENDS), ...Array.from({ length: count }, (_, i) => {
    const sec = START + 1 + Math.floor(i / 1000)
    const nsec = i % 1000 * 1_000_000
    const seq = 1001 + i * length
    return [
      { sec, nsec, bytes: tcp(ENDS, 'PA', { seq, ack: 5001, length }) },
      { sec, nsec: nsec + 1000, bytes: tcp(back(ENDS), 'A', { seq: 5001, ack: seq + length }) },
    ]
  }).flat()]
}

/** Questions and answers of `count` clients. */
const questions = (count: number): Seen[] => Array.from({ length: count }, (_, i) => {
  const ends = { from: 1 + i % 200, to: 2, sport: 1024 + Math.floor(i / 200), dport: 53 }
  const nsec = i * 2000
  return [{ sec: START + 1, nsec, bytes: udp(ends) }, { sec: START + 1, nsec: nsec + 1000, bytes: udp(back(ends)) }]
}).flat()

const ORDINARY = talk(3000, 300)
const BYTES = pcap(ORDINARY)

/** Frames of a capture that take the fast path, and the others. */
async function counted(bytes: Uint8Array | AsyncIterable<Uint8Array>, options: ReplayOptions = { fastPath: true }): Promise<Counted> {
  const source = new Counted(await openCapture(bytes))
  const replay = new Replay(source, options)
  await replay.run()
  expect(replay.engine.frames).toBe(source.taken + source.given)
  return source
}

describe('the fast path takes', () => {
  test('nearly all of a long conversation: what is left is the first packet, and one for each second', async () => {
    const { taken, given } = await counted(BYTES)
    expect(taken + given).toBe(ORDINARY.length)
    expect(given).toBeLessThan(12)
  })

  test('the packets that open connections, but where the table is widened', async () => {
    const { taken, given } = await counted(pcap([{ sec: START, bytes: udp() }, ...questions(3000)]))
    expect(taken).toBeGreaterThan(5950)
    expect(given).toBeGreaterThan(3)
  })

  test('as much where instants are asked for', async () => {
    const source = new Counted(await openCapture(BYTES))
    const replay = new Replay(source, { fastPath: true, every: { kind: 'packets', count: 500 } })
    const frames: number[] = []
    for await (const { frame } of replay.moments()) frames.push(frame)
    expect(frames).toEqual([...Array.from({ length: 12 }, (_, i) => 500 * (i + 1)), ORDINARY.length])
    expect(source.given).toBeLessThan(30)
  })

  test('as much where copies are left out', async () => {
    expect((await counted(BYTES, { fastPath: true, copies: 'auto' })).given).toBeLessThan(12)
  })

  test('what is sent twice on one link, but no copies from another link or with fewer hops', async () => {
    const twice = (change: (bytes: Uint8Array) => void): Uint8Array => pcap(ORDINARY.slice(0, 1000).flatMap((seen) => {
      const bytes = seen.bytes.slice()
      change(bytes)
      return [seen, { ...seen, bytes }]
    }))
    const takenOf = async (bytes: Uint8Array) => (await counted(bytes, { fastPath: true, copies: 'auto' })).taken
    expect(await takenOf(twice(() => { /* the same */ }))).toBeGreaterThan(1980)
    expect(await takenOf(twice((bytes) => { bytes[22]! -= 9 }))).toBeGreaterThan(1980)
    expect(await takenOf(twice((bytes) => { bytes[22]! -= 8 }))).toBeLessThan(1000)
    expect(await takenOf(twice((bytes) => { bytes[5] = 77 }))).toBeLessThan(1000)
  })

  test('nanoseconds and pcapng as well', async () => {
    const frames = ORDINARY.map(({ sec, nsec = 0, bytes }) => ({ ns: BigInt(sec) * 1_000_000_000n + BigInt(nsec), bytes }))
    expect((await counted(encodePcap(frames))).given).toBeLessThan(12)
    expect((await counted(encodePcap(frames, { bigEndian: true }))).taken).toBe(0)
    expect((await counted(encodePcapng(frames))).given).toBeLessThan(12)
  })

  test('what lies between frames that are none of its own', async () => {
    const frames = ORDINARY.flatMap((frame, i) => i % 100 === 99 ? [frame, { ...frame, bytes: arp() }] : [frame])
    const { taken, given } = await counted(pcap(frames))
    expect(taken + given).toBe(frames.length)
    expect(given).toBeLessThan(150)
  })

  test('large captures and streams unless told otherwise, and small captures when told', async () => {
    expect(BYTES.length).toBeGreaterThan(1 << 20)
    expect((await counted(BYTES, {})).taken).toBeGreaterThan(5000)
    expect((await counted(inPieces(BYTES, 100_000), {})).taken).toBeGreaterThan(5000)
    expect((await counted(BYTES, { fastPath: false })).taken).toBe(0)
    const small = BYTES.subarray(0, 100_000)
    expect((await counted(small, {})).taken).toBe(0)
    expect((await counted(small)).taken).toBeGreaterThan(300)
  })
})

describe('the long way is taken', () => {
  const nothing = () => { /* looks on */ }
  const checksum = { ...defaultSysctl(), checksum: 1 }
  test.each<[string, ReplayOptions]>([
    ['who looks at each packet', { onPacket: nothing }],
    ['who is told of events', { onEvent: nothing }],
    ['helpers', { helpers: ['ftp'] }],
    ['connections that expire in order', { ordered: true }],
    ['rules', { hooks: { attach: nothing, walk: nothing } }],
    ['checksums that are verified', { sysctl: checksum }],
  ])('for %s', async (_, options) => {
    const { taken, given } = await counted(BYTES, { ...options, fastPath: true })
    expect({ taken, given }).toEqual({ taken: 0, given: ORDINARY.length })
  })

  test('of several files that are one capture', async () => {
    const source = new Counted(await openCapture([BYTES, pcap(questions(10))]))
    const replay = new Replay(source, { fastPath: true })
    await replay.run()
    expect(source.taken).toBe(0)
    expect(snapshot(replay.engine)).toHaveLength(11)
  })

  test('by links that are no Ethernet', async () => {
    const { taken } = await counted(pcap(ORDINARY.map(({ bytes, ...seen }) => ({ ...seen, bytes: bytes.subarray(14) })), 101))
    expect(taken).toBe(0)
  })
})
