// What must not matter to the tracker: where sequence numbers begin, what the ends are called, the version of IP, when the
// clock is looked at, in which order the sweep runs, how the hash is seeded.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VERDICT_ESTABLISHED, VERDICT_INVALID, VERDICT_NEW, VERDICT_RELATED } from '../../src/base/verdict.ts'
import type { Row, RowTuple } from '../../src/views/row.ts'
import { conversations, FLOWS, framesOf, meetsChance, PLAIN, said, withoutBlindAcks, type Dress } from '../support/conversation.ts'

const word = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.constantFrom(-1, -1000, -70_000, 2 ** 31 - 1, 2 ** 31 - 70_000, -(2 ** 31)),
)
const perFlow = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(value, { minLength: FLOWS, maxLength: FLOWS })

test('random conversations reach every verdict and end in many states', () => {
  const verdicts = new Set<number>()
  const states = new Set<string>()
  fc.assert(fc.property(conversations(30, 60), (steps) => {
    const { packets, rows } = said(framesOf(steps))
    for (const packet of packets) verdicts.add(Number(packet.split(' ')[0]))
    for (const row of rows) states.add(row.state ?? row.l4)
  }), { numRuns: 300, seed: 7 })
  expect([...verdicts].sort((a, b) => a - b)).toEqual([VERDICT_INVALID, VERDICT_NEW, VERDICT_ESTABLISHED, VERDICT_RELATED])
  const usual = ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE', 'udp', 'icmp']
  expect([...states]).toEqual(expect.arrayContaining(usual))
})

describe('translation', () => {
  test('of the sequence numbers of either side changes nothing', () => {
    fc.assert(fc.property(conversations(), perFlow(word), perFlow(word), (all, clientStart, serverStart) => {
      const steps = withoutBlindAcks(all)
      const moved: Dress = { ...PLAIN, clientStart, serverStart }
      fc.pre(!meetsChance(steps, moved) && !meetsChance(steps, PLAIN))
      expect(said(framesOf(steps, moved))).toEqual(said(framesOf(steps, PLAIN)))
    }), { numRuns: 300 })
  })
})

describe('renaming', () => {
  test('of addresses and ports renames the table, and nothing else', () => {
    const names = fc.uniqueArray(fc.integer({ min: 0x01000000, max: 0x7effffff }), { minLength: 4, maxLength: 4 })
    const ports = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 5, maxLength: 5 })
    fc.assert(fc.property(conversations(), names, ports, (steps, addresses, numbers) => {
      const oldNames = [0x0a000001, 0x0a000002, 0xc6336401 | 0, 0xc6336402 | 0]
      const oldPorts = [40_000, 40_001, 50_000, 80, 443]
      const name = (old: number): number => addresses[oldNames.indexOf(old)]!
      const number = (old: number): number => numbers[oldPorts.indexOf(old)]!
      const renamed: Dress = {
        ...PLAIN, client: PLAIN.client.map(name), server: PLAIN.server.map(name),
        clientPort: PLAIN.clientPort.map(number), serverPort: PLAIN.serverPort.map(number),
      }
      const before = said(framesOf(steps, PLAIN))
      const after = said(framesOf(steps, renamed))
      expect(after.packets).toEqual(before.packets)
      const dotted = (n: number): string => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join('.')
      const names = new Map(oldNames.map((old) => [dotted(old), dotted(name(old))]))
      const rename = (tuple: RowTuple): RowTuple => ({
        ...tuple, source: names.get(tuple.source) ?? '', destination: names.get(tuple.destination) ?? '',
        ...(tuple.sourcePort === undefined ? {} : { sourcePort: number(tuple.sourcePort) }),
        ...(tuple.destinationPort === undefined ? {} : { destinationPort: number(tuple.destinationPort) }),
      })
      expect(after.rows).toEqual(before.rows.map((row) => ({ ...row, original: rename(row.original), reply: rename(row.reply) })))
    }), { numRuns: 300 })
  })
})

describe('the version of IP', () => {
  test('changes nothing but addresses, sizes and the names of protocols', () => {
    const bare = ({ state, timeout, seenReply, assured, original, originalCounters }: Row): unknown =>
      [state, timeout, seenReply, assured, original.sourcePort, originalCounters?.packets]
    fc.assert(fc.property(conversations(), (steps) => {
      const four = said(framesOf(steps, PLAIN))
      const six = said(framesOf(steps, { ...PLAIN, isIpv6: true }))
      expect(six.packets).toEqual(four.packets)
      expect(six.rows.map(bare)).toEqual(four.rows.map(bare))
    }), { numRuns: 300 })
  })
})

describe('time', () => {
  test('may be looked at in between as often as one likes', () => {
    const looks = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 })
    fc.assert(fc.property(conversations(), fc.array(looks, { minLength: 1, maxLength: 10 }), fc.boolean(), (steps, between, ordered) => {
      const frames = framesOf(steps)
      let at = 0
      const watched = said(frames, { ordered }, (engine, tick) => {
        const from = engine.clock.now
        if (from === 0) return
        const parts = between[at++ % between.length]!.toSorted((a, b) => a - b)
        for (const part of parts) engine.advance(from + Math.floor((tick - from) * part))
      })
      expect(watched).toEqual(said(frames))
    }), { numRuns: 300 })
  })

  test('may be swept in the order of deadlines or a second at a time', () => {
    fc.assert(fc.property(conversations(), (steps) => {
      const frames = framesOf(steps)
      expect(said(frames, { ordered: true })).toEqual(said(frames, { ordered: false }))
    }), { numRuns: 300 })
  })
})

describe('the seed of the hash', () => {
  test('does not show', () => {
    fc.assert(fc.property(conversations(), fc.integer(), (steps, seed) => {
      const frames = framesOf(steps)
      expect(said(frames, { seed })).toEqual(said(frames))
    }), { numRuns: 300 })
  })
})
