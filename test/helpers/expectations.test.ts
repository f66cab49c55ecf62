// The expectation table by itself: who replaces whom, who stands in whose way, who gives way, and when they go.

import { beforeEach, describe, expect, test } from 'vitest'
import { defaultSysctl } from '../../src/base/sysctl.ts'
import { AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP } from '../../src/base/units.ts'
import {
  ADDED, ALREADY, BUSY, EXPECT_INACTIVE, EXPECT_PERMANENT, Expectation, Expectations, FULL, type Promiser,
} from '../../src/helpers/expectations.ts'
import { Table } from '../../src/table/table.ts'
import { Tuple } from '../../src/table/tuple.ts'

const HZ = 1000
const START = 1_700_000_000_000
const ONE: Promiser = { name: 'one', policies: [{ name: null, most: 1, timeoutSec: 300 }] }
const TWO: Promiser = { name: 'two', policies: [{ name: 'a', most: 2, timeoutSec: 10 }, { name: 'b', most: 2, timeoutSec: 20 }] }

function tupleOf(source: number, sourcePort: number, destination: number, destinationPort: number, protocol = IPPROTO_TCP): Tuple {
  const tuple = new Tuple()
  tuple.proto = AF_INET | (protocol << 8)
  tuple.source0 = source
  tuple.destination0 = destination
  tuple.ports = (sourcePort << 16) | destinationPort
  tuple.seal()
  return tuple
}

let table: Table
let expectations: Expectations

beforeEach(() => {
  table = new Table(0, 1024, HZ, false, 1)
  table.advance(START)
  expectations = new Expectations(table, { ...defaultSysctl(), expect_max: 6 }, HZ)
})

/** A connection that can promise: confirmed, and alive for so long. */
function master(port: number, seconds = 1000): number {
  const there = tupleOf(1, port, 2, 21)
  const back = new Tuple()
  back.invert(there)
  const index = table.open(there, back)
  table.peek.at(index).deadline = START + seconds * HZ
  table.confirm(index)
  return index
}

/** From host 2, any port, to host 1 at `port`. */
function promise(from: number, port: number, { promiser = TWO, kind = 0, source = 2, flags = 0 } = {}): Expectation {
  const expectation = new Expectation(from, promiser, kind)
  const wanted = tupleOf(source, 0, 1, port)
  Object.assign(expectation.tuple, { proto: wanted.proto, source0: wanted.source0, destination0: wanted.destination0, ports: wanted.ports })
  expectation.mask0 = source === 0 ? 0 : -1
  expectation.flags = flags
  return expectation
}

const come = (port: number, source = 2): Tuple => tupleOf(source, 4000, 1, port)

describe('an expectation', () => {
  test('is met once, by a connection from any port of its source', () => {
    expect(expectations.add(promise(master(1000), 5000))).toBe(ADDED)
    expect(expectations.claim(come(5001))).toBeNull()
    expect(expectations.claim(come(5000, 3))).toBeNull()
    expect(expectations.claim(tupleOf(2, 4000, 1, 5000, IPPROTO_UDP))).toBeNull()
    expect(expectations.claim(come(5000))).not.toBeNull()
    expect(expectations.claim(come(5000))).toBeNull()
    expect(expectations.empty).toBe(true)
  })

  test('that is permanent is met again and again', () => {
    expectations.add(promise(master(1000), 5000, { flags: EXPECT_PERMANENT }))
    expect(expectations.claim(come(5000))).not.toBeNull()
    expect(expectations.claim(come(5000))).not.toBeNull()
  })

  test('that is inactive is found and not met', () => {
    expectations.add(promise(master(1000), 5000, { flags: EXPECT_INACTIVE }))
    expect(expectations.find(come(5000))).not.toBeNull()
    expect(expectations.claim(come(5000))).toBeNull()
  })

  test('without a source is met from everywhere', () => {
    expectations.add(promise(master(1000), 5000, { source: 0 }))
    expect(expectations.claim(come(5000, 77))).not.toBeNull()
  })

  test('goes when its time is over, to the tick', () => {
    expectations.add(promise(master(1000), 5000))
    table.advance(START + 9_999)
    expect(expectations.list()).toHaveLength(1)
    table.advance(START + 10_000)
    expect(expectations.find(come(5000))).toBeNull()
    expect(expectations.empty).toBe(true)
    expect(table.stats.expectDelete).toBe(1)
  })

  test('goes with the connection that promised it', () => {
    const from = master(1000, 5)
    expectations.add(promise(from, 5000))
    table.now = START + 5_000 // nobody has swept yet
    expect(expectations.claim(come(5000))).toBeNull()
    expect(expectations.list()).toHaveLength(0)
  })

  test('cannot be met while the connection that promised it is not confirmed', () => {
    const there = tupleOf(1, 1000, 2, 69)
    const index = table.open(there, there)
    table.peek.at(index).deadline = START + 30_000
    expectations.add(promise(index, 5000))
    expect(expectations.claim(come(5000))).toBeNull()
    table.confirm(index)
    expect(expectations.claim(come(5000))).not.toBeNull()
  })
})

describe('a new expectation', () => {
  test('replaces the same one of the same connection', () => {
    const from = master(1000)
    expectations.add(promise(from, 5000))
    table.advance(START + 5_000)
    expect(expectations.add(promise(from, 5000))).toBe(ADDED)
    expect(expectations.list().map(({ deadline }) => deadline)).toEqual([START + 15_000])
  })

  test('gives way to the same one of another connection, or of another kind', () => {
    expectations.add(promise(master(1000), 5000))
    expect(expectations.add(promise(master(1001), 5000))).toBe(BUSY)
    expect(expectations.add(promise(master(1002), 5000), true)).toBe(ALREADY)
    const from = master(1003)
    expectations.add(promise(from, 6000, { kind: 0 }))
    expect(expectations.add(promise(from, 6000, { kind: 1 }))).toBe(ALREADY)
  })

  test('gives way to one that the same packet could meet', () => {
    expectations.add(promise(master(1000), 5000, { source: 0 }))
    expect(expectations.add(promise(master(1001), 5000))).toBe(BUSY)
    expect(expectations.add(promise(master(1002), 5001))).toBe(ADDED)
  })

  test('does not mind one from another source', () => {
    expectations.add(promise(master(1000), 5000, { source: 2 }))
    expect(expectations.add(promise(master(1001), 5000, { source: 3 }))).toBe(ADDED)
    expect(expectations.claim(come(5000, 3))?.tuple.source0).toBe(3)
  })

  test('takes the place of the oldest where its kind has too many', () => {
    const from = master(1000)
    for (const port of [5000, 5001, 5002]) expect(expectations.add(promise(from, port))).toBe(ADDED)
    expect(expectations.add(promise(from, 6000, { kind: 1 }))).toBe(ADDED)
    expect(expectations.list().map(({ tuple }) => tuple.destinationPort)).toEqual([5001, 5002, 6000])
    expect(table.peek.at(from).expecting).toBe(3)
  })

  test('is refused when the whole table is full', () => {
    for (let i = 0; i < 6; i++) expect(expectations.add(promise(master(1000 + i), 5000 + i, { promiser: ONE }))).toBe(ADDED)
    expect(expectations.add(promise(master(2000), 6000, { promiser: ONE }))).toBe(FULL)
    expectations.removeAll(expectations.list()[0]!.master)
    expect(expectations.add(promise(master(2001), 6000, { promiser: ONE }))).toBe(ADDED)
  })
})

test('IPv6 counts in all its words', () => {
  const from = master(1000)
  const expectation = new Expectation(from, TWO, 0)
  Object.assign(expectation.tuple, { proto: AF_INET6 | (IPPROTO_TCP << 8), source3: 2, destination3: 1, ports: 5000 })
  expectation.tuple.seal()
  expectation.mask0 = expectation.mask1 = expectation.mask2 = expectation.mask3 = -1
  expectations.add(expectation)
  const tuple = new Tuple()
  Object.assign(tuple, { proto: AF_INET6 | (IPPROTO_TCP << 8), source3: 2, destination3: 1, ports: (4000 << 16) | 5000 })
  for (const word of ['source1', 'source3', 'destination2', 'destination3'] as const) {
    tuple[word]++
    tuple.seal()
    expect(expectations.find(tuple)).toBeNull()
    tuple[word]--
  }
  tuple.seal()
  expect(expectations.find(tuple)).toBe(expectation)
})
