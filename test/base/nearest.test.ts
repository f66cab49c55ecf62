import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { editDistance, nearest } from '../../src/base/nearest.ts'

describe('the distance of two words', () => {
  const words = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 })

  test('is zero to itself, the same both ways, and no longer than a way round', () => {
    fc.assert(fc.property(words, words, words, (a, b, c) => {
      expect(editDistance(a, a)).toBe(0)
      expect(editDistance(a, b)).toBe(editDistance(b, a))
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c))
    }))
  })

  test('counts letters', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3)
  })
})

test('the nearest word is the one with the fewest changes', () => {
  expect(nearest('snapshots', ['packets', 'snapshot', 'stats'])).toBe('snapshot')
  expect(nearest('b', ['a', 'c'])).toBe('a')
  expect(nearest('b', [])).toBe('')
})
