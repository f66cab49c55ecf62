// The decoder of H.323's messages: any bytes at all are read to an end, and the notation of its types refuses mistakes.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTypes } from '../../src/helpers/h323/notation.ts'
import { decode } from '../../src/helpers/h323/per.ts'
import { findUserInformation } from '../../src/helpers/h323/q931.ts'
import { h323Types } from '../../src/helpers/h323/types.ts'

describe('the notation', () => {
  test.each(['A (word nothing)', 'A (word', 'A {null | word', 'A (B)', 'A (word) word', 'A (word %)'])('%s is refused', (text) => {
    expect(() => parseTypes(text)).toThrow('notation')
  })
})

test.each(['RasMessage', 'UserInformation', 'ControlMessage'])('%s: any bytes are read to an end', (name) => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    expect(() => decode(h323Types(), name, bytes, 0, bytes.length)).not.toThrow()
  }), { numRuns: 2000 })
})

test('a number of one to four bytes is read, and stepped over twice as the kernel does', () => {
  const types = parseTypes('A (n:long+1 word)')
  const value = decode(types, 'A', Uint8Array.of(0x40, 0x01, 0x2b, 0xff, 0xff, 0, 1), 0, 7)
  expect(value?.get('n')?.number).toBe(300)
  expect(decode(types, 'A', Uint8Array.of(0x40, 0x01, 0x2b, 0xff, 0xff, 0), 0, 6)).toBeNull()
})

test('a list keeps no more than it may', () => {
  const value = decode(parseTypes('A fixed4*2'), 'A', Uint8Array.of(3, ...new Array<number>(12).fill(7)), 0, 13)
  expect(value?.items.map(({ at }) => at)).toEqual([1, 5])
})

test('Q.931 hides the message behind other elements', () => {
  const frame = Uint8Array.of(8, 2, 0, 1, 5, 0x04, 2, 9, 9, 0x7e, 0, 3, 5, 0xaa, 0xbb)
  expect(findUserInformation(frame, 0, frame.length)).toEqual({ at: 13, end: 15 })
  for (let end = 0; end < frame.length; end++) expect(findUserInformation(frame, 0, end)).toBeNull()
})
