import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import { addTime, formatTime, parseDuration, parseEvery, parseWhen, subtractTime, timesTime } from '../../src/base/when.ts'

const times = fc.record({ sec: fc.nat(2 ** 31), nsec: fc.nat(999_999_999) })

describe('an instant', () => {
  test.each([
    ['end', { kind: 'end', offset: { sec: 0, nsec: 0 } }],
    ['end+9.5s', { kind: 'end', offset: { sec: 9, nsec: 500_000_000 } }],
    ['end+2h', { kind: 'end', offset: { sec: 7200, nsec: 0 } }],
    ['+12.5s', { kind: 'start', offset: { sec: 12, nsec: 500_000_000 } }],
    ['+0.000000001s', { kind: 'start', offset: { sec: 0, nsec: 1 } }],
    ['+1500ms', { kind: 'start', offset: { sec: 1, nsec: 500_000_000 } }],
    ['frame:123', { kind: 'frame', frame: 123 }],
    ['1700000000', { kind: 'time', time: { sec: 1_700_000_000, nsec: 0 } }],
    ['1700000000.123456789', { kind: 'time', time: { sec: 1_700_000_000, nsec: 123_456_789 } }],
    ['2023-11-14T22:13:20Z', { kind: 'time', time: { sec: 1_700_000_000, nsec: 0 } }],
    ['2023-11-14T22:13:20.000000001Z', { kind: 'time', time: { sec: 1_700_000_000, nsec: 1 } }],
    ['2023-11-14 22:13:20', { kind: 'time', time: { sec: 1_700_000_000, nsec: 0 } }],
    ['2023-11-15T00:13:20+02:00', { kind: 'time', time: { sec: 1_700_000_000, nsec: 0 } }],
    ['2023-11-14T14:43:20.5-0730', { kind: 'time', time: { sec: 1_700_000_000, nsec: 500_000_000 } }],
    ['1970-01-01', { kind: 'time', time: { sec: 0, nsec: 0 } }],
  ])('reads %s', (text, expected) => {
    expect(parseWhen(text)).toEqual({ ...expected, text })
  })

  test.each([
    '', 'start', 'end-5s', 'end+', '+', '+x', 'frame:0', 'frame:-1', 'frame:', 'frame:1.5', '-5', '12:00', '2023-13-01', '2023-02-30',
    '2023-11-14T25:00Z', '1700000000.1234567890', '99999999999999', '+1y', 'END',
  ])('refuses %j', (text) => {
    expect(() => parseWhen(text)).toThrow(UsageError)
  })

  test('of ISO 8601 survives printing', () => {
    fc.assert(fc.property(times, (time) => {
      expect(parseWhen(formatTime(time))).toMatchObject({ kind: 'time', time })
    }))
  })
})

describe('a length of time', () => {
  test.each([
    ['10', 10, 0], ['10s', 10, 0], ['0.5s', 0, 500_000_000], ['500ms', 0, 500_000_000], ['1.5ms', 0, 1_500_000], ['7us', 0, 7000],
    ['7µs', 0, 7000], ['3ns', 0, 3], ['1.5m', 90, 0], ['2min', 120, 0], ['1h', 3600, 0], ['0.5d', 43_200, 0],
    ['9999999999ns', 9, 999_999_999], ['1000000.000001s', 1_000_000, 1000],
  ])('reads %s', (text, sec, nsec) => {
    expect(parseDuration(text)).toEqual({ sec, nsec })
  })

  test('added and taken away again is gone', () => {
    fc.assert(fc.property(times, times, (a, b) => {
      expect(subtractTime(addTime(a, b), b)).toEqual(a)
    }))
  })

  test('many times is as long as it is added up', () => {
    fc.assert(fc.property(times, fc.integer({ min: 1, max: 50 }), (time, factor) => {
      let sum = time
      for (let i = 1; i < factor; i++) sum = addTime(sum, time)
      expect(timesTime(time, factor)).toEqual(sum)
    }))
  })
})

describe('a distance', () => {
  test('is of time or of packets', () => {
    expect(parseEvery('10s')).toEqual({ kind: 'time', interval: { sec: 10, nsec: 0 } })
    expect(parseEvery('1000pkts')).toEqual({ kind: 'packets', count: 1000 })
  })

  test.each(['0s', '0pkts', '10us', '-1s', 'pkts', ''])('is not %j', (text) => {
    expect(() => parseEvery(text)).toThrow(UsageError)
  })
})
