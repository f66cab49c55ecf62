// How long fragments wait, and how many may.

import { describe, expect, test } from 'vitest'
import { IPPROTO_UDP } from '../../../src/base/units.ts'
import { IpPath } from '../../support/ip-path.ts'
import { filler, ipv4, ipv6Fragment, udp } from '../../support/ip-packets.ts'

const payload = udp(filler(24))
const first = payload.subarray(0, 16)
const last = payload.subarray(16)

interface Family {
  readonly name: string
  readonly fragment: (data: Uint8Array, offset: number, more: boolean, id: number, from?: number) => Uint8Array
  readonly timeout: 'ipfrag_time' | 'frag6_timeout'
  readonly threshold: 'ipfrag_high_thresh' | 'frag6_high_thresh'
  readonly longest: number // ms that a fragment may wait by default, the coarse timer included
}

const families: Family[] = [
  {
    name: 'IPv4', fragment: (data, offset, more, id, from = 1) => ipv4(data, { offset, more, id, from }),
    timeout: 'ipfrag_time', threshold: 'ipfrag_high_thresh', longest: 30_512,
  },
  {
    name: 'IPv6', fragment: (data, offset, more, id, from = 1) => ipv6Fragment(IPPROTO_UDP, data, { offset, more, id, from }),
    timeout: 'frag6_timeout', threshold: 'frag6_high_thresh', longest: 64_096,
  },
]

describe.each(families)('$name fragments', ({ fragment, timeout, threshold, longest }) => {
  const isWhole = (path: IpPath, id: number, from?: number) => path.feed(fragment(last, 16, false, id, from)) !== 'held'

  test('wait for their time, and not much longer', () => {
    const path = new IpPath()
    const seconds = timeout === 'ipfrag_time' ? 30 : 60
    path.feed(fragment(first, 0, true, 1))
    expect(isWhole(path.wait(seconds * 1000), 1)).toBe(true)
    path.feed(fragment(first, 0, true, 2))
    expect(isWhole(path.wait(longest), 2)).toBe(false)
  })

  test('wait as long as the knob says', () => {
    const path = new IpPath({ [timeout]: 300 })
    path.feed(fragment(first, 0, true, 1))
    expect(isWhole(path.wait(300_000), 1)).toBe(true)
    path.feed(fragment(first, 0, true, 2))
    expect(isWhole(path.wait(333_000), 2)).toBe(false)
  })

  test('wait from the first on: a later one gives no more time', () => {
    const path = new IpPath()
    path.feed(fragment(payload.subarray(0, 8), 0, true, 1))
    path.wait(longest - 1000).feed(fragment(payload.subarray(8, 16), 8, true, 1))
    expect(isWhole(path.wait(1000), 1)).toBe(false)
  })

  test('that are given up leave nothing behind', () => {
    const path = new IpPath()
    path.feed(fragment(last, 16, false, 1))
    path.wait(longest)
    expect(path.feed(fragment(first, 0, true, 1))).toBe('held')
  })

  test('are refused while memory is short, even those that would free it', () => {
    const path = new IpPath({ [threshold]: 5000 })
    let taken = 0
    while (taken < 100) {
      path.feed(fragment(first, 0, true, taken, taken))
      taken++
      if (!isWhole(path, taken - 1, taken - 1)) break
      path.feed(fragment(first, 0, true, taken - 1, taken - 1))
    }
    expect(taken).toBeGreaterThan(3)
    expect(taken).toBeLessThan(10)
    expect(isWhole(path, 0, 0)).toBe(false)
    path.wait(longest)
    path.feed(fragment(first, 0, true, 7))
    expect(isWhole(path, 7)).toBe(true)
  })

  test('are never taken when the bound is 0', () => {
    const path = new IpPath({ [threshold]: 0 })
    path.feed(fragment(first, 0, true, 1))
    expect(isWhole(path, 1)).toBe(false)
  })

  test('of a flood are bounded: the memory counted stays below the bound and one datagram', () => {
    const path = new IpPath()
    for (let i = 0; i < 5000; i++) path.feed(fragment(filler(1480), 0, true, i, i >>> 8))
    const counters = timeout === 'ipfrag_time' ? path.layer.fragments4 : path.layer.fragments6
    expect(counters.requests).toBe(5000)
    expect(counters.requests - counters.failed).toBeGreaterThan(1500)
    expect(counters.requests - counters.failed).toBeLessThan(2000)
  })
})

describe('fragments of one IPv4 source', () => {
  /** Fragments of other datagrams between two of one. */
  function between(count: number, knobs = {}): boolean {
    const path = new IpPath(knobs)
    path.feed(ipv4(first, { more: true, id: 1 }))
    for (let i = 0; i < count; i++) path.feed(ipv4(first, { more: true, id: 100 + i }))
    return path.feed(ipv4(last, { offset: 16, id: 1 })) !== 'held'
  }

  test('belong together while no more than ipfrag_max_dist others come between', () => {
    expect(between(63)).toBe(true)
    expect(between(64)).toBe(false)
    expect(between(3, { ipfrag_max_dist: 4 })).toBe(true)
    expect(between(4, { ipfrag_max_dist: 4 })).toBe(false)
  })

  test('belong together however many come between when ipfrag_max_dist is 0', () => {
    expect(between(500, { ipfrag_max_dist: 0 })).toBe(true)
  })

  test('begin anew when too many came between, with all their time', () => {
    const path = new IpPath({ ipfrag_max_dist: 1 })
    path.feed(ipv4(first, { more: true, id: 1 }))
    path.wait(25_000)
    for (const id of [2, 3, 4]) path.feed(ipv4(first, { more: true, id }))
    path.feed(ipv4(last, { offset: 16, id: 1 })) // the first one is forgotten
    expect(path.wait(25_000).feed(ipv4(first, { more: true, id: 1 }))).not.toBe('held')
  })

  test('do not count for another source', () => {
    const path = new IpPath()
    path.feed(ipv4(first, { more: true, id: 1 }))
    for (let i = 0; i < 500; i++) path.feed(ipv4(first, { more: true, id: 100 + i, from: 9 }))
    expect(path.feed(ipv4(last, { offset: 16, id: 1 }))).not.toBe('held')
  })
})
