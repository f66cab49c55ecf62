// Whatever the bytes, both ways say the same of them: tables, counters, and what is wrong with the file.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultSysctl, type Sysctl } from '../../src/base/sysctl.ts'
import { encodePcapng } from '../../scripts/lib/pcap.ts'
import { bothWays, differences, eagerly, plainly } from '../support/both-ways.ts'
import { sampleCaptures } from '../support/captures.ts'
import { back, handshake, pcap, type Seen, tcp, udp } from '../support/traffic.ts'

const SMALL = 6000 // bytes
const SAMPLES = sampleCaptures().map((path) => [basename(path), readFileSync(path)] as const).filter(([, { length }]) => length < SMALL)
const sysctl: Sysctl = { ...defaultSysctl(), max: 100 }

const START = 1_700_000_000
const ENDS = { sport: 40_000, dport: 80 }
const TALK: Seen[] = [
  ...handshake(START, ENDS),
  { sec: START + 1, bytes: tcp(ENDS, 'PA', { seq: 1001, ack: 5001, length: 20 }) },
  { sec: START + 1, nsec: 1000, bytes: tcp(back(ENDS), 'A', { seq: 5001, ack: 1021 }) },
  { sec: START + 1, nsec: 2000, bytes: udp() }, { sec: START + 1, nsec: 3000, bytes: udp(back({ sport: 4000, dport: 53 })) },
  { sec: START + 2, bytes: tcp(ENDS, 'FA', { seq: 1021, ack: 5001 }) },
  { sec: START + 2, nsec: 1000, bytes: tcp(back(ENDS), 'FA', { seq: 5001, ack: 1022 }) },
  { sec: START + 2, nsec: 2000, bytes: tcp(ENDS, 'A', { seq: 1022, ack: 5002 }) },
]
const WHOLE = pcap(TALK)
const NG = encodePcapng(TALK.map(({ sec, nsec = 0, bytes }) => ({ ns: BigInt(sec) * 1_000_000_000n + BigInt(nsec), bytes })))

test('there are small samples to spoil, and the fast path takes some of their frames', async () => {
  expect(SAMPLES.length).toBeGreaterThan(5)
  expect((await bothWays(() => WHOLE, { sysctl })).fast.taken).toBeGreaterThan(5)
})

test.each([['pcap', WHOLE], ['pcapng', NG]])('a %s that is cut gives the same, and the same complaint', async (_, whole) => {
  const different: string[] = []
  for (let length = 0; length <= whole.length; length += length < 110 ? 1 : 13) {
    const bytes = whole.subarray(0, length)
    different.push(...(await bothWays(() => bytes, { sysctl, copies: 'auto' })).differences)
  }
  expect(different).toEqual([])
})

test.each([['pcap', WHOLE], ['pcapng', NG]])('a %s with one byte changed gives the same, and the same complaint', async (_, whole) => {
  const different: string[] = []
  let taken = 0
  for (let at = 0; at < 240; at++) {
    const bytes = whole.slice()
    bytes[at] = bytes[at]! ^ 1 << (at * 5 + at >>> 3) % 8
    const way = { sysctl, copies: at % 2 === 0 ? 'auto' : 'track' } as const
    const fast = await eagerly(() => bytes, way, Infinity)
    const found = differences((await plainly(() => bytes, way)).lines, fast.lines)
    if (found.length > 0) different.push(`byte ${at} is ${bytes[at]}`, ...found)
    taken += fast.taken
  }
  expect(different).toEqual([])
  expect(taken).toBeGreaterThan(1000)
})

test('samples with bytes changed, and cut, give the same, and the same complaints', async () => {
  const changes = fc.array(fc.tuple(fc.nat(SMALL), fc.nat(255)), { maxLength: 4 })
  const cut = fc.option(fc.nat(SMALL))
  const which = fc.nat(SAMPLES.length - 1)
  const bufferSize = fc.constantFrom(64, 1000, 100_000)
  await fc.assert(fc.asyncProperty(which, changes, cut, bufferSize, async (index, changed, length, size) => {
    const bytes = Uint8Array.from(SAMPLES[index]![1].subarray(0, length ?? undefined))
    for (const [at, value] of changed) if (bytes.length > 0) bytes[at % bytes.length] = value
    expect((await bothWays(() => bytes, { sysctl, copies: 'auto', bufferSize: size })).differences).toEqual([])
  }), { numRuns: 80 })
})
