import { describe, expect, test } from 'vitest'
import { AF_INET, AF_INET6, IPPROTO_GRE } from '../../src/base/units.ts'
import { ORIGINAL, REPLY } from '../../src/base/verdict.ts'
import { GreKeys } from '../../src/table/gre-keys.ts'
import { Tuple } from '../../src/table/tuple.ts'

const CONTROL = 3 // number of a control connection
const OTHER = 4

describe('keys of GRE', () => {
  test('are found by addresses and destination key', () => {
    const keys = new GreKeys()
    expect(keys.add(CONTROL, ORIGINAL, tuple(1, 2, 70, 80))).toBe(true)
    expect(keys.sourceKeyOf(tuple(1, 2, 0, 80))).toBe(70)
    expect([tuple(1, 2, 0, 81), tuple(2, 1, 0, 80), tuple(1, 3, 0, 80), tuple(3, 2, 0, 80)].map((asked) => keys.sourceKeyOf(asked)))
      .toEqual([0, 0, 0, 0])
  })

  test('tell IPv4 from IPv6, and look at whole addresses', () => {
    const keys = new GreKeys()
    keys.add(CONTROL, ORIGINAL, tuple(1, 2, 70, 80, 9))
    expect(keys.sourceKeyOf(tuple(1, 2, 0, 80, 9))).toBe(70)
    expect(keys.sourceKeyOf(tuple(1, 2, 0, 80, 8))).toBe(0)
    expect(keys.sourceKeyOf(tuple(1, 2, 0, 80))).toBe(0)
  })

  test('are told once in each direction: the same again is fine, another is not', () => {
    const keys = new GreKeys()
    expect(keys.add(CONTROL, ORIGINAL, tuple(1, 2, 70, 80))).toBe(true)
    expect(keys.add(CONTROL, ORIGINAL, tuple(1, 2, 70, 80))).toBe(true)
    expect(keys.add(CONTROL, ORIGINAL, tuple(1, 2, 70, 81))).toBe(false)
    expect(keys.add(CONTROL, REPLY, tuple(2, 1, 80, 70))).toBe(true)
    expect(keys.add(OTHER, ORIGINAL, tuple(1, 2, 71, 81))).toBe(true)
    expect([keys.sourceKeyOf(tuple(1, 2, 0, 81)), keys.sourceKeyOf(tuple(2, 1, 0, 70))]).toEqual([71, 80])
  })

  test('of two that fit, the one told first holds until its control connection ends', () => {
    const keys = new GreKeys()
    keys.add(CONTROL, ORIGINAL, tuple(1, 2, 70, 80))
    keys.add(OTHER, ORIGINAL, tuple(1, 2, 71, 80))
    expect(keys.sourceKeyOf(tuple(1, 2, 0, 80))).toBe(70)
    keys.remove(CONTROL)
    expect(keys.sourceKeyOf(tuple(1, 2, 0, 80))).toBe(71)
    keys.remove(OTHER)
    expect(keys.sourceKeyOf(tuple(1, 2, 0, 80))).toBe(0)
  })

  test('can be told anew after their control connection ended', () => {
    const keys = new GreKeys()
    keys.add(CONTROL, ORIGINAL, tuple(1, 2, 70, 80))
    keys.remove(CONTROL)
    keys.remove(CONTROL)
    expect(keys.add(CONTROL, ORIGINAL, tuple(1, 2, 70, 81))).toBe(true)
    expect([keys.sourceKeyOf(tuple(1, 2, 0, 80)), keys.sourceKeyOf(tuple(1, 2, 0, 81))]).toEqual([0, 70])
  })
})

/** @param tail  last word of both addresses, which makes them IPv6 */
function tuple(source: number, destination: number, sourceKey: number, destinationKey: number, tail?: number): Tuple {
  const made = new Tuple()
  made.proto = (tail === undefined ? AF_INET : AF_INET6) | (IPPROTO_GRE << 8)
  made.source0 = source
  made.destination0 = destination
  if (tail !== undefined) made.source3 = made.destination3 = tail
  made.ports = (sourceKey << 16) | destinationKey
  made.seal()
  return made
}
