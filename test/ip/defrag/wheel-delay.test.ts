// The slots of the kernel's timer wheel.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wheelDelay } from '../../../src/ip/defrag/wheel-delay.ts'

test.each([
  [62, 1], [63, 8], [503, 8], [504, 64], [4031, 64], [4032, 512], [30_000, 512], [32_255, 512], [32_256, 4096], [60_000, 4096],
  [258_047, 4096], [258_048, 32_768], [2_064_384, 262_144], [16_515_072, 2_097_152], [132_120_576, 16_777_216],
  [2_000_000_000, 16_777_216],
])('a timer of %i ticks goes off at a multiple of %i', (timeout, slot) => {
  fc.assert(fc.property(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), (jiffies) => {
    const delay = wheelDelay(jiffies, timeout)
    expect((jiffies + delay) % slot === 0).toBe(true)
    expect(delay).toBeGreaterThan(timeout)
    expect(delay).toBeLessThanOrEqual(timeout + slot)
  }))
})

test('a later timer of the same length never goes off before an earlier one', () => {
  fc.assert(fc.property(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.nat(100_000), fc.nat(100_000), (jiffies, later, timeout) => {
    expect(later + wheelDelay(jiffies + later, timeout)).toBeGreaterThanOrEqual(wheelDelay(jiffies, timeout))
  }))
})
