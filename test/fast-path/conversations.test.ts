// Whatever is said, the fast path and the long way make the same of it: random conversations near every bound, of many connections
// side by side, seen on several links, cut, and out of order.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultSysctl, type Sysctl } from '../../src/base/sysctl.ts'
import { parseEvery, parseWhen } from '../../src/base/when.ts'
import { bothWays, differences, eagerly, plainly } from '../support/both-ways.ts'
import { inPieces } from '../support/captures.ts'
import { conversations, type Dress, framesOf, PLAIN } from '../support/conversation.ts'
import { mixedTraffic } from '../support/mixed-traffic.ts'
import { pcap } from '../support/traffic.ts'

const hz = fc.constantFrom(1000, 250, 100)
const copies = fc.constantFrom('auto' as const, 'track' as const)
const bufferSize = fc.constantFrom(64, 100, 1000, 50_000)
const most = fc.constantFrom(1, 2, 5, Infinity)
const instants = fc.record({
  at: fc.array(fc.oneof(fc.nat(3000), fc.nat(400_000)).map((ms) => `+${ms}ms`), { maxLength: 8 }),
  frames: fc.array(fc.nat(400).map((frame) => `frame:${frame + 1}`), { maxLength: 8 }),
  count: fc.integer({ min: 20, max: 300 }),
})
const start = fc.oneof(fc.integer(), fc.constantFrom(-1, -1000, -70_000, 2 ** 31 - 1, 2 ** 31 - 70_000, -(2 ** 31)))
const starts = fc.array(start, { minLength: 3, maxLength: 3 })

test('a conversation gives the same, wherever sequence numbers begin and whenever the fast path is tried', async () => {
  let taken = 0
  const sysctl: Sysctl = { ...defaultSysctl(), max: 100 }
  const dress = fc.record({ clientStart: starts, serverStart: starts, isIpv6: fc.boolean() })
  await fc.assert(fc.asyncProperty(conversations(1, 60), dress, copies, hz, most, async (steps, dressed, copied, rate, mostAtOnce) => {
    const bytes = pcap(framesOf(steps, { ...PLAIN, ...dressed } satisfies Dress))
    const way = { copies: copied, hz: rate, sysctl }
    const fast = await eagerly(() => bytes, way, mostAtOnce)
    taken += fast.taken
    expect(differences((await plainly(() => bytes, way)).lines, fast.lines)).toEqual([])
  }), { numRuns: 150 })
  expect(taken).toBeGreaterThan(300)
})

test('a mixed capture gives the same at every instant, read by pieces of any size', async () => {
  let taken = 0
  const seed = fc.integer({ min: 0, max: 2 ** 28 - 1 })
  const pieces = fc.constantFrom(null, 1, 100, 5000)
  await fc.assert(fc.asyncProperty(seed, copies, hz, bufferSize, instants, pieces, async (from, copied, rate, size, when, piece) => {
    const { bytes, sysctl } = mixedTraffic(from)
    const input = () => piece === null || bytes.length / piece > 20_000 ? bytes : inPieces(bytes, piece)
    const at = ['end', ...when.at, ...when.frames].map(parseWhen)
    const way = { copies: copied, hz: rate, bufferSize: size, sysctl, at, every: parseEvery(`${when.count}pkts`) }
    const { differences: found, fast } = await bothWays(input, way)
    taken += fast.taken
    expect(found).toEqual([])
  }), { numRuns: 12 })
  expect(taken).toBeGreaterThan(100)
})

test('a mixed capture gives the same where the fast path is tried before each frame', async () => {
  let taken = 0
  const seed = fc.integer({ min: 0, max: 2 ** 28 - 1 })
  await fc.assert(fc.asyncProperty(seed, copies, hz, bufferSize, most, async (from, copied, rate, size, mostAtOnce) => {
    const { bytes, sysctl } = mixedTraffic(from)
    const way = { copies: copied, hz: rate, bufferSize: size, sysctl }
    const fast = await eagerly(() => bytes, way, mostAtOnce)
    taken += fast.taken
    expect(differences((await plainly(() => bytes, way)).lines, fast.lines)).toEqual([])
  }), { numRuns: 25 })
  expect(taken).toBeGreaterThan(300)
})
