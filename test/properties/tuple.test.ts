// A tuple and the tuple that answers it.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../../src/base/units.ts'
import { hashTuple } from '../../src/table/hash.ts'
import { RECORD_WORDS } from '../../src/table/layout.ts'
import { END_DELETED, NOT_FOUND, Table } from '../../src/table/table.ts'
import { answerTo, Tuple } from '../../src/table/tuple.ts'
import { keyOf, tuples, word } from '../support/arbitraries.ts'

describe('inversion', () => {
  test('twice is the tuple itself', () => {
    fc.assert(fc.property(tuples(), (tuple) => {
      const inverse = new Tuple()
      const back = new Tuple()
      expect(inverse.invert(tuple)).toBe(true)
      expect(back.invert(inverse)).toBe(true)
      expect(keyOf(back)).toBe(keyOf(tuple))
      expect([back.isIpv6, back.sourceTail, back.destinationTail]).toEqual([tuple.isIpv6, tuple.sourceTail, tuple.destinationTail])
    }))
  })

  test('swaps addresses and ports', () => {
    fc.assert(fc.property(tuples(), (tuple) => {
      const inverse = new Tuple()
      inverse.invert(tuple)
      expect([inverse.source0, inverse.destination0]).toEqual([tuple.destination0, tuple.source0])
      if (tuple.protocol === IPPROTO_ICMP || tuple.protocol === IPPROTO_ICMPV6) {
        expect([inverse.sourcePort, inverse.ports & 255]).toEqual([tuple.sourcePort, tuple.ports & 255]) // identifier and code stay
      } else expect([inverse.sourcePort, inverse.destinationPort]).toEqual([tuple.destinationPort, tuple.sourcePort])
    }))
  })

  test('of an ICMP type without an answer fails', () => {
    fc.assert(fc.property(fc.nat(255), fc.constantFrom(IPPROTO_ICMP, IPPROTO_ICMPV6), (type, protocol) => {
      const answer = answerTo(protocol, type)
      const tuple = new Tuple()
      tuple.proto = 2 | (protocol << 8)
      tuple.ports = type << 8
      tuple.seal()
      expect(new Tuple().invert(tuple)).toBe(answer >= 0)
      if (answer >= 0) expect(answerTo(protocol, answer)).toBe(type)
    }))
  })

  test('answers exist for twelve types and no more', () => {
    const types = Array.from({ length: 256 }, (_, type) => type)
    const answered = (protocol: number): number[] => types.filter((type) => answerTo(protocol, type) >= 0)
    expect(answered(IPPROTO_ICMP)).toEqual([0, 8, 13, 14, 15, 16, 17, 18])
    expect(answered(IPPROTO_ICMPV6)).toEqual([128, 129, 139, 140])
  })
})

describe('a record', () => {
  test('gives back the tuples stored in it', () => {
    fc.assert(fc.property(tuples(), (tuple) => {
      const words = new Int32Array(RECORD_WORDS * 2)
      const inverse = new Tuple()
      inverse.invert(tuple)
      words[RECORD_WORDS] = tuple.proto
      tuple.store(words, RECORD_WORDS, 0)
      inverse.store(words, RECORD_WORDS, 1)
      const read = new Tuple()
      read.load(words, RECORD_WORDS, 0)
      expect([keyOf(read), read.sourceTail, read.destinationTail]).toEqual([keyOf(tuple), tuple.sourceTail, tuple.destinationTail])
      read.load(words, RECORD_WORDS, 1)
      expect([keyOf(read), read.sourceTail, read.destinationTail]).toEqual([keyOf(inverse), inverse.sourceTail, inverse.destinationTail])
    }))
  })

  // Few words make addresses of one network, and hosts that talk to themselves.
  test.each([['any hosts', word], ['hosts of one network', fc.constantFrom(1, 2)]])('is found by either of its tuples: %s', (_, words) => {
    fc.assert(fc.property(tuples(words), word, (tuple, seed) => {
      const inverse = new Tuple()
      inverse.invert(tuple)
      expect(hashTuple(inverse, seed)).toBe(hashTuple(tuple, seed))
      const { table, index } = tableWith(tuple, inverse, seed)
      const isItsOwnAnswer = keyOf(inverse) === keyOf(tuple) // the kernel finds the answer first
      expect([table.find(tuple), table.find(inverse)]).toEqual([index * 2 + (isItsOwnAnswer ? 1 : 0), index * 2 + 1])
      table.end(index, END_DELETED)
      expect([table.find(tuple), table.find(inverse)]).toEqual([NOT_FOUND, NOT_FOUND])
    }), { numRuns: 200 })
  })

  test('is found by its answer too where an address was changed on the way', () => {
    fc.assert(fc.property(tuples(), word, word, (tuple, seed, address) => {
      const answer = new Tuple()
      answer.invert(tuple)
      answer.source0 = address
      answer.seal()
      fc.pre(keyOf(answer) !== keyOf(tuple))
      const { table, index } = tableWith(tuple, answer, seed)
      expect([table.find(tuple), table.find(answer)]).toEqual([index * 2, index * 2 + 1])
      table.end(index, END_DELETED)
      expect([table.find(tuple), table.find(answer)]).toEqual([NOT_FOUND, NOT_FOUND])
    }), { numRuns: 200 })
  })
})

function tableWith(tuple: Tuple, answer: Tuple, seed: number): { table: Table, index: number } {
  const table = new Table(16, 1024, 1000, false, seed)
  table.advance(1_700_000_000_000)
  const index = table.open(tuple, answer)
  table.peek.at(index).deadline = table.now + 1000
  table.confirm(index)
  return { table, index }
}
