// Any split of a datagram that does not overlap, in any order, with any fragment repeated, is the datagram: when the last
// missing fragment comes, and not before.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IPPROTO_DSTOPTS, IPPROTO_FRAGMENT, IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_UDP } from '../../src/base/units.ts'
import { concat, extension, filler, fragment6, ipv4, ipv6, udp } from '../support/ip-packets.ts'
import { IpPath, type Delivered, type Fate } from '../support/ip-path.ts'

interface Piece {
  readonly offset: number
  readonly data: Uint8Array
  readonly more: boolean
}

/** A payload, cut at multiples of 8, shuffled. */
const split = fc.record({
  length: fc.oneof(fc.integer({ min: 16, max: 200 }), fc.integer({ min: 16, max: 60_000 })),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 }),
  order: fc.array(fc.nat(0xffff), { minLength: 13, maxLength: 13 }),
  repeats: fc.array(fc.nat(0xffff), { maxLength: 5 }),
}).map(({ length, cuts, order, repeats }) => {
  const payload = udp(filler(length - 8))
  const at = [...new Set([0, ...cuts.map((cut) => Math.floor(cut * (length - 1) / 8) * 8), length])].sort((a, b) => a - b)
  const keyed = at.slice(1).map((end, i) => {
    const piece: Piece = { offset: at[i]!, data: payload.subarray(at[i], end), more: end < length }
    return { piece, key: order[i]! }
  })
  return { payload, pieces: keyed.sort((a, b) => a.key - b.key).map(({ piece }) => piece), repeats }
})

function delivered(fate: Fate): Delivered {
  if (typeof fate === 'string') throw new Error(fate)
  return fate
}

/** Feeds pieces, repeating some that are there already, and checks that the last one alone makes the datagram. */
function check(pieces: readonly Piece[], repeats: readonly number[], make: (piece: Piece) => Uint8Array, whole: Uint8Array): void {
  const path = new IpPath({ ipfrag_max_dist: 0 })
  if (pieces.length === 1 && whole[0]! >>> 4 === 4) return // not a fragment
  pieces.forEach((piece, i) => {
    const fate = path.feed(make(piece))
    if (i === pieces.length - 1) {
      const { bytes, captured } = delivered(fate)
      expect(Buffer.compare(bytes, whole)).toBe(0)
      expect(captured).toBe(whole.length)
    } else {
      expect(fate).toBe('held')
      for (const repeat of repeats) expect(path.feed(make(pieces[repeat % (i + 1)]!))).toBe('held')
    }
    path.wait(100)
  })
}

describe('fragments of a datagram are the datagram', () => {
  test('IPv4, the first one with options', () => {
    fc.assert(fc.property(split, fc.constantFrom(0, 4, 40), ({ payload, pieces, repeats }, options) => {
      const fields = { id: 7, options: new Uint8Array(options).fill(1) }
      const make = ({ offset, data, more }: Piece) => ipv4(data, { ...(offset === 0 ? fields : { id: 7 }), offset, more })
      const whole = ipv4(payload, fields)
      whole.set(make(pieces.find(({ offset }) => offset === 0)!).subarray(10, 12), 10) // the first one's checksum is not touched
      check(pieces, repeats, make, whole)
    }))
  })

  test('IPv6, behind any headers', () => {
    const chains = fc.constantFrom<number[]>([], [IPPROTO_HOPOPTS], [IPPROTO_HOPOPTS, IPPROTO_ROUTING], [IPPROTO_DSTOPTS, IPPROTO_ROUTING])
    fc.assert(fc.property(split, chains, ({ payload, pieces, repeats }, chain) => {
      const headers = (next: number) => concat(...chain.map((type, i) => extension(type, chain[i + 1] ?? next)))
      const make = ({ offset, data, more }: Piece) =>
        ipv6(chain[0] ?? IPPROTO_FRAGMENT, concat(headers(IPPROTO_FRAGMENT), fragment6(IPPROTO_UDP, data, { offset, more, id: 7 })))
      check(pieces, repeats, make, ipv6(chain[0] ?? IPPROTO_UDP, concat(headers(IPPROTO_UDP), payload)))
    }))
  })

  test('whatever else arrives between them', () => {
    fc.assert(fc.property(fc.array(split, { minLength: 2, maxLength: 6 }), fc.infiniteStream(fc.nat(0xffff)), (datagrams, choice) => {
      const path = new IpPath({ ipfrag_max_dist: 0 })
      const waiting = datagrams.map(({ payload, pieces }, i) => ({ payload, pieces: [...pieces], id: i, isIpv6: i % 2 === 1 }))
        .filter(({ pieces }) => pieces.length > 1)
      while (waiting.length > 0) {
        const at = choice.next().value! % waiting.length
        const { payload, pieces, id, isIpv6 } = waiting[at]!
        const { offset, data, more } = pieces.shift()!
        const fate = path.feed(isIpv6
          ? ipv6(IPPROTO_FRAGMENT, fragment6(IPPROTO_UDP, data, { offset, more, id })) : ipv4(data, { offset, more, id }))
        if (pieces.length > 0) expect(fate).toBe('held')
        else {
          const { bytes, l4 } = delivered(fate)
          expect(Buffer.compare(bytes.subarray(l4), payload)).toBe(0)
          waiting.splice(at, 1)
        }
      }
    }))
  })

  test('a fragment that the snap length cut leaves zeros', () => {
    fc.assert(fc.property(split, fc.nat(0xffff), ({ payload, pieces }, cut) => {
      if (pieces.length === 1) return
      const path = new IpPath()
      const captured = 20 + cut % 30
      const expected = payload.slice()
      let fate: Fate = 'held'
      for (const piece of pieces) fate = path.feed(ipv4(piece.data, piece), Math.min(captured, 20 + piece.data.length))
      for (const { offset, data } of pieces) expected.fill(0, offset + Math.min(captured - 20, data.length), offset + data.length)
      const whole = delivered(fate)
      expect(Buffer.compare(whole.bytes.subarray(20), expected)).toBe(0)
      expect(whole.captured === whole.bytes.length).toBe(pieces.every(({ data }) => data.length <= captured - 20))
    }))
  })
})
