// TCP's circle of sequence numbers (RFC 9293 section 3.4): signed words in, signed words out.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seqAdd, seqAfter, seqBefore, seqDiff } from '../../src/base/seq.ts'

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const ahead = fc.integer({ min: 1, max: 2 ** 31 - 1 }) // less than half the circle
const HALF = 2 ** 31

describe('the circle', () => {
  test('distance survives the wrap', () => {
    fc.assert(fc.property(word, ahead, (seq, n) => {
      expect(seqDiff(seqAdd(seq, n), seq)).toBe(n)
      expect(seqDiff(seq, seqAdd(seq, n))).toBe(-n)
    }))
  })

  test('what is ahead is after, and never before', () => {
    fc.assert(fc.property(word, ahead, (seq, n) => {
      const later = seqAdd(seq, n)
      expect([seqBefore(seq, later), seqAfter(later, seq), seqBefore(later, seq), seqAfter(seq, later)]).toEqual([true, true, false, false])
    }))
  })

  test('a number is neither before nor after itself', () => {
    fc.assert(fc.property(word, (seq) => !seqBefore(seq, seq) && !seqAfter(seq, seq)))
  })

  test('order does not change when both move on', () => {
    fc.assert(fc.property(word, word, word, (a, b, n) => seqBefore(a, b) === seqBefore(seqAdd(a, n), seqAdd(b, n))))
  })

  test('adding goes round and comes back', () => {
    fc.assert(fc.property(word, word, (seq, n) => seqAdd(seqAdd(seq, n), -n) === seq && seqAdd(seqAdd(seq, HALF), HALF) === seq))
  })

  test('every sum is a signed word', () => {
    fc.assert(fc.property(word, word, (a, b) => {
      const sum = seqAdd(a, b)
      expect(sum).toBe(sum | 0)
      expect(BigInt.asIntN(32, BigInt(a) + BigInt(b))).toBe(BigInt(sum))
    }))
  })

  test('exactly half the circle away is before by the sign alone, as in the kernel', () => {
    // before() and after() of include/net/tcp.h look at the sign of the difference: at the antipode it is negative both ways.
    fc.assert(fc.property(word, (seq) => {
      const opposite = seqAdd(seq, HALF)
      expect(seqBefore(seq, opposite)).toBe(true)
      expect(seqBefore(opposite, seq)).toBe(true)
    }))
  })
})
