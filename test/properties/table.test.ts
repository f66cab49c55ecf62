// The table and its wheel against a Map, by random commands: what is found, what is shown in which order, what expires when.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PROTO, RECORD_WORDS } from '../../src/table/layout.ts'
import { IPS_ASSURED } from '../../src/table/status.ts'
import { END_DELETED, END_EARLY_DROP, END_TIMEOUT, NOT_FOUND, Table } from '../../src/table/table.ts'
import { Tuple } from '../../src/table/tuple.ts'
import { keyOf, tuples } from '../support/arbitraries.ts'

const START = 1_700_000_000_000 // ticks, at 1000 a second
const HZ = 1000

interface Entry {
  readonly index: number
  readonly original: Tuple
  readonly reply: Tuple
  deadline: number
  assured: boolean
}

type Command =
  | { do: 'open', which: number, timeout: number }
  | { do: 'refresh', which: number, timeout: number }
  | { do: 'assure', which: number }
  | { do: 'end', which: number }
  | { do: 'openAndDiscard', which: number }
  | { do: 'earlyDrop', which: number }
  | { do: 'advance', ticks: number }

const which = fc.nat(11)
/** Never less than a second, as the kernel's are; round seconds, and more than one turn of the wheel (2^14 s; ordered, 2^11 s). */
const timeout = fc.oneof(
  fc.integer({ min: HZ, max: 4 * HZ }), fc.constantFrom(1000, 2000, 30_000, 120_000, 432_000_000), fc.integer({ min: HZ, max: 20_000_000 }),
)
/** Spans, blocks of spans and turns of the wheel, in seconds and, ordered, in eighths of them. */
const edges = fc.constantFrom(1, 125, 999, 1000, 15_875, 16_000, 30_000, 127_000, 128_000, 2_048_000, 16_384_000)
const ticks = fc.oneof(fc.integer({ min: 0, max: 1500 }), edges, fc.nat(40_000_000))
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('open' as const), which, timeout }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('refresh' as const), which, timeout }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('assure' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('openAndDiscard' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('earlyDrop' as const), which }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('advance' as const), ticks }) },
)
/** Addresses of two values: tuples differ in little, and some are the inverse of others. */
const pool = fc.uniqueArray(tuples(fc.constantFrom(1, 2)), { minLength: 12, maxLength: 12, selector: keyOf })

/** A table and what it ought to hold. */
class Pair {
  readonly table: Table
  /** By index of the record, in the order of creation. */
  readonly model = new Map<number, Entry>()
  #ordered: boolean
  /** Deadlines of what has timed out during the present command. */
  #timedOut: number[] = []

  constructor(ordered: boolean, seed: number) {
    this.#ordered = ordered
    this.table = new Table(0, 1024, HZ, ordered, seed)
    this.table.listen((index, why) => { this.#onEnd(index, why) })
    this.table.advance(START)
  }

  /** From now on in order. */
  order(): void {
    this.table.wheel.order()
    this.#ordered = true
  }

  #onEnd(index: number, why: number): void {
    const entry = this.model.get(index)
    expect(entry).toBeDefined()
    if (entry === undefined) return
    const read = new Tuple()
    read.load(this.table.records.words, index * RECORD_WORDS, 0)
    expect(keyOf(read)).toBe(keyOf(entry.original)) // still readable
    expect(why === END_TIMEOUT).toBe(entry.deadline <= this.table.now)
    if (why === END_TIMEOUT) this.#timedOut.push(entry.deadline)
    if (why === END_EARLY_DROP) expect(entry.assured).toBe(false)
    this.model.delete(index)
  }

  run(step: Command, tuple: Tuple): void {
    const { table } = this
    this.#timedOut = []
    if (step.do === 'advance') {
      table.advance(table.now + step.ticks)
      if (this.#ordered) expect(this.#timedOut).toEqual(this.#timedOut.toSorted((a, b) => a - b))
      return
    }
    const found = table.find(tuple)
    const reply = new Tuple()
    reply.invert(tuple)
    if (step.do === 'open') {
      if (found !== NOT_FOUND || table.find(reply) !== NOT_FOUND) return
      const index = table.open(tuple, reply)
      const deadline = table.now + step.timeout
      table.peek.at(index).deadline = deadline
      table.confirm(index)
      this.model.set(index, { index, original: tuple, reply, deadline, assured: false })
    } else if (step.do === 'openAndDiscard') table.discard(table.open(tuple, reply))
    else if (step.do === 'earlyDrop') this.#dropEarly(tuple)
    else if (found !== NOT_FOUND) this.#touch(step, found >>> 1)
  }

  #touch(step: Command, index: number): void {
    const { table } = this
    const entry = this.model.get(index)
    if (entry === undefined) throw new Error('found what was never put in')
    const conn = table.peek.at(index)
    if (step.do === 'end') table.end(index, END_DELETED)
    else if (step.do === 'assure') {
      conn.status |= IPS_ASSURED
      entry.assured = true
    } else if (step.do === 'refresh') {
      table.setTimeout(conn, step.timeout)
      entry.deadline = table.now + step.timeout
    }
  }

  #dropEarly(tuple: Tuple): void {
    const before = this.table.stats.earlyDrop
    const visible = this.visible().length
    const made = this.table.earlyDrop(tuple)
    const dropped = this.table.stats.earlyDrop - before
    expect([made, this.visible().length]).toEqual([dropped > 0, visible - dropped])
  }

  visible(): Entry[] {
    return [...this.model.values()].filter((entry) => entry.deadline > this.table.now)
  }

  check(all: readonly Tuple[]): void {
    const { table } = this
    const visible = this.visible()
    expect([...table.visible()]).toEqual(visible.map((entry) => entry.index))
    for (const tuple of all) {
      const key = keyOf(tuple)
      const expected = visible.flatMap((entry) => [
        ...(keyOf(entry.original) === key ? [entry.index * 2] : []), ...(keyOf(entry.reply) === key ? [entry.index * 2 + 1] : []),
      ])
      const found = table.find(tuple)
      if (expected.length === 0) expect(found).toBe(NOT_FOUND)
      else expect(expected).toContain(found)
    }
    this.#checkRecords()
  }

  /** Live and free records are all there are; what has expired is not kept for more than about a second. */
  #checkRecords(): void {
    const { records, now } = this.table
    let free = 0
    for (let index = 0; index < records.high; index++) if (records.words[index * RECORD_WORDS + PROTO] === 0) free++
    expect([records.live, free]).toEqual([this.model.size, records.high - this.model.size])
    const oldest = this.#ordered ? now : now - 2 * HZ
    expect([...this.model.values()].filter((entry) => entry.deadline <= oldest)).toEqual([])
  }
}

describe('the table is a map with deadlines', () => {
  for (const ordered of [false, true]) {
    test(ordered ? 'when connections expire in order, each at its own tick' : 'when connections expire a second at a time', () => {
      fc.assert(fc.property(pool, fc.array(command, { maxLength: 60 }), fc.integer(), (all, steps, seed) => {
        const pair = new Pair(ordered, seed)
        for (const step of steps) {
          pair.run(step, all['which' in step ? step.which : 0]!)
          pair.check(all)
        }
      }), { numRuns: 150 })
    })
  }

  test('when connections begin to expire in order while it is in use', () => {
    fc.assert(fc.property(pool, fc.array(command, { maxLength: 30 }), fc.array(command, { maxLength: 30 }), (all, before, after) => {
      const pair = new Pair(false, 1)
      for (const step of before) pair.run(step, all['which' in step ? step.which : 0]!)
      pair.order()
      for (const step of [{ do: 'advance', ticks: 1 } as const, ...after]) {
        pair.run(step, all['which' in step ? step.which : 0]!)
        pair.check(all)
      }
    }), { numRuns: 150 })
  })

  test('when one that was to expire is refreshed in its last second: those behind it do not wait', () => {
    const pair = new Pair(true, 1)
    const [first, second] = [0, 1].map((n) => {
      const tuple = new Tuple()
      tuple.proto = 2 | (17 << 8)
      tuple.ports = n
      tuple.source0 = 1
      tuple.destination0 = 2
      tuple.seal()
      return tuple
    }) as [Tuple, Tuple]
    pair.run({ do: 'open', which: 0, timeout: 5300 }, first)
    pair.run({ do: 'open', which: 1, timeout: 5600 }, second)
    for (const ticks of [5100, 500]) {
      pair.run({ do: 'advance', ticks }, first)
      if (ticks === 5100) pair.run({ do: 'refresh', which: 0, timeout: 30_000 }, first)
      pair.check([first, second])
    }
    expect(pair.model.size).toBe(1)
  })

  test('when time advances in one leap or in many', () => {
    const openings = fc.array(fc.record({ which, timeout }), { minLength: 1, maxLength: 12 })
    fc.assert(fc.property(pool, openings, fc.array(ticks, { minLength: 1, maxLength: 8 }), fc.boolean(), (all, opens, leaps, ordered) => {
      const once = new Pair(ordered, 1)
      const often = new Pair(ordered, 2)
      for (const open of opens) for (const pair of [once, often]) pair.run({ do: 'open', ...open }, all[open.which]!)
      for (const leap of leaps) often.run({ do: 'advance', ticks: leap }, all[0]!)
      once.run({ do: 'advance', ticks: leaps.reduce((sum, leap) => sum + leap, 0) }, all[0]!)
      const shown = (pair: Pair): string[] => pair.visible().map((entry) => keyOf(entry.original))
      expect(shown(once)).toEqual(shown(often))
      once.check(all)
      often.check(all)
    }), { numRuns: 100 })
  })
})

describe('a wide table', () => {
  test.each([
    [2, 262_144], [200, 262_144], [2, 4096],
  ])('finds everything while the hash widens and all goes but one in %i, with %i buckets', (keptOf, buckets) => {
    const table = new Table(0, buckets, HZ, false, 12345)
    table.advance(START)
    const make = (i: number): [Tuple, Tuple] => {
      const tuple = new Tuple()
      tuple.proto = 2 | (6 << 8)
      tuple.source0 = 0x0a000000 + (i >>> 4)
      tuple.destination0 = 0x0b000001
      tuple.ports = (((i & 15) + 1024) << 16) | 80
      tuple.seal()
      const reply = new Tuple()
      reply.invert(tuple)
      return [tuple, reply]
    }
    const COUNT = 20_000
    const indexes: number[] = []
    for (let i = 0; i < COUNT; i++) {
      const index = table.open(...make(i))
      table.peek.at(index).deadline = START + 60_000
      table.confirm(index)
      indexes.push(index)
    }
    const isGone = (i: number): boolean => i % keptOf !== 1
    for (let i = 0; i < COUNT; i++) if (isGone(i)) table.end(indexes[i]!, END_DELETED)
    const wrong = indexes.filter((index, i) => {
      const [tuple, reply] = make(i)
      return isGone(i)
        ? table.find(tuple) !== NOT_FOUND || table.find(reply) !== NOT_FOUND
        : table.find(tuple) !== index * 2 || table.find(reply) !== index * 2 + 1
    })
    expect(wrong).toEqual([])
    expect([...table.visible()]).toEqual(indexes.filter((_, i) => !isGone(i)))
  })
})
