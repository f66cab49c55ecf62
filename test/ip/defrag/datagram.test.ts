// Runs of bytes against a list of intervals; bytes against an array.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Datagram, DUPLICATE, OVERLAP, QUEUED } from '../../../src/ip/defrag/datagram.ts'
import { Room } from '../../../src/ip/room.ts'
import { filler } from '../../support/ip-packets.ts'

const fragments = fc.array(fc.record({ start: fc.nat(40), length: fc.integer({ min: 1, max: 12 }) }), { maxLength: 40 })

test('a fragment is queued, ignored or spoils the datagram by the runs that are there', () => {
  fc.assert(fc.property(fragments, (list) => {
    const datagram = new Datagram(1)
    const runs: { start: number, end: number }[] = []
    let bytesIn = 0
    for (const { start, length } of list) {
      const end = start + length
      const touched = runs.filter((run) => run.start < end && run.end > start)
      const expected = touched.length === 0 ? QUEUED
        : touched.length === 1 && touched[0]!.start <= start && end <= touched[0]!.end ? DUPLICATE : OVERLAP
      expect(datagram.insert(start, end)).toBe(expected)
      if (expected !== QUEUED) continue
      bytesIn += length
      const last = runs.find((run) => run.end === Math.max(...runs.map((each) => each.end)))
      if (last?.end === start) last.end = end // only the last run grows
      else runs.push({ start, end })
    }
    datagram.firstIn = datagram.lastIn = true
    datagram.length = bytesIn
    expect(datagram.isComplete).toBe(true)
    datagram.length = bytesIn + 1
    expect(datagram.isComplete).toBe(false)
    expect(datagram.isEmpty).toBe(runs.length === 0)
  }))
})

test('bytes come out where they belong, zeros where they were not captured', () => {
  const piece = fc.record({ offset: fc.nat(300), length: fc.nat(300), captured: fc.integer({ min: -20, max: 400 }), seed: fc.nat(9) })
  fc.assert(fc.property(fc.array(piece, { maxLength: 20 }), fc.integer({ min: 20, max: 60 }), (pieces, headersLength) => {
    const datagram = new Datagram(1)
    const expected = new Uint8Array(headersLength + 600)
    const headers = filler(headersLength, 99)
    expected.set(headers)
    let cut = expected.length
    const taken: { start: number, end: number }[] = []
    for (const { offset, length, captured, seed } of pieces) {
      if (taken.some((run) => run.start < offset + length && run.end > offset)) continue
      taken.push({ start: offset, end: offset + length })
      const there = Math.max(0, Math.min(captured, length))
      const bytes = filler(5 + there, seed)
      datagram.keep(offset, length, bytes, 5, captured)
      expected.set(bytes.subarray(5), headersLength + offset)
      if (there < length) cut = Math.min(cut, headersLength + offset + there)
    }
    datagram.keepHeaders(headers, 0, headersLength)
    datagram.length = 600
    const room = new Room()
    room.put(0, filler(1000, 7), 0, 1000) // what another packet left
    expect(datagram.writeTo(room)).toBe(cut)
    expect(room.bytes.slice(0, expected.length)).toEqual(expected)
  }))
})

test('what is cleared is forgotten', () => {
  const datagram = new Datagram(1)
  datagram.insert(0, 8)
  datagram.keep(0, 8, filler(8), 0, 8)
  datagram.firstIn = datagram.lastIn = true
  datagram.length = 8
  datagram.clear()
  expect(datagram).toMatchObject({ isEmpty: true, firstIn: false, lastIn: false, length: 0 })
  expect(datagram.insert(4, 12)).toBe(QUEUED)
})
