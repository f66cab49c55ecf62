// Whatever the bytes, a capture is read to an end: no crash, no endless loop, frames that lie within what was read. Every start of
// every small sample, and samples with one byte changed.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CaptureError } from '../../src/base/errors.ts'
import { Frame, type Source } from '../../src/capture/frame.ts'
import { openOne } from '../../src/capture/open.ts'
import { encodePcap, encodePcapng } from '../../scripts/lib/pcap.ts'
import { inPieces, sampleCaptures, someFrames } from '../support/captures.ts'

const SMALL = 6000 // bytes: all prefixes are tried
const SAMPLES = sampleCaptures().map((path) => [basename(path), readFileSync(path)] as const)
const NANO_BIG = encodePcap(someFrames(20), { bigEndian: true })
const PCAPNG = encodePcapng(
  someFrames(20).map((frame, i) => ({ ...frame, iface: i % 3 })), [{ name: 'a' }, { resolution: 6 }, { resolution: 0x8a }],
)
const FILES = [...SAMPLES, ['nanoseconds, big-endian', NANO_BIG], ['pcapng, three interfaces', PCAPNG]] as const

/** A buffer that holds no whole packet, so that each file is read by many small pieces. */
const SMALL_BUFFER = 64

/** Reads to the end, without a wait. @returns number of frames */
function readAll(bytes: Uint8Array, bufferSize: number): number {
  const source = openOne(bytes, { bufferSize })
  const frame = new Frame()
  let count = 0
  let turns = 0
  do {
    while (source.next(frame)) {
      count++
      check(frame)
    }
    if (++turns > bytes.length + 10) throw new Error('it does not end')
  } while (source.fill() === true)
  checkDamage(source, bytes.length)
  source.close()
  return count
}

function check({ bytes, start, end, wireLen, sec, nsec }: Frame): void {
  const isWithin = start >= 0 && start <= end && end <= bytes.length && wireLen >= end - start
  const isTimed = sec >= 0 && nsec >= 0 && nsec < 1e9 && Number.isInteger(nsec)
  if (!isWithin || !isTimed) throw new Error(`frame ${start}–${end} of ${bytes.length}, ${wireLen} on the wire, at ${sec}.${nsec}`)
}

function checkDamage({ damage }: Source, size: number): void {
  if (damage.length > 3) throw new Error(`${damage.length} complaints`)
  for (const error of damage) {
    if (!(error instanceof CaptureError)) throw new Error('not an error of ours', { cause: error })
    if (error.offset > size) throw new Error(`${error.message}: beyond ${size}`)
  }
}

describe.each(FILES.filter(([, bytes]) => bytes.length <= SMALL))('%s', (_name, bytes) => {
  test('cut anywhere gives frames of the whole, and ends', () => {
    const whole = readAll(bytes, SMALL_BUFFER)
    let before = 0
    for (let length = 0; length <= bytes.length; length++) {
      const count = readAll(bytes.subarray(0, length), length % 2 === 0 ? SMALL_BUFFER : 4096)
      expect(count).toBeGreaterThanOrEqual(before)
      before = count
    }
    expect(before).toBe(whole)
  })

  test('with one byte changed ends', () => {
    // All bytes of the headers in front, then every third one: each record's header is hit somewhere.
    for (let at = 0; at < bytes.length; at += at < 300 ? 1 : 3) {
      for (const value of [0x00, 0x7f, 0xff, bytes[at]! ^ 0x01, bytes[at]! ^ 0x80]) {
        const changed = bytes.slice()
        changed[at] = value
        readAll(changed, SMALL_BUFFER)
      }
    }
  })
})

test('large samples cut, or changed at random, end', () => {
  const large = FILES.filter(([, bytes]) => bytes.length > SMALL).map(([, bytes]) => bytes)
  expect(large.length).toBeGreaterThan(0)
  const change = fc.tuple(fc.nat(100_000), fc.nat(255))
  fc.assert(fc.property(fc.constantFrom(...large), fc.nat(100_000), fc.array(change, { maxLength: 4 }), (bytes, cut, changes) => {
    const changed = bytes.slice(0, bytes.length - cut % bytes.length)
    for (const [at, value] of changes) changed[at % changed.length] = value
    readAll(changed, 4096)
  }), { numRuns: 1000 })
})

test('anything behind a magic number ends', () => {
  const magics = [[0xd4, 0xc3, 0xb2, 0xa1], [0xa1, 0xb2, 0x3c, 0x4d], [0x34, 0xcd, 0xb2, 0xa1], [...PCAPNG.subarray(0, 12)]]
  fc.assert(fc.property(fc.constantFrom(...magics), fc.uint8Array({ maxLength: 500 }), (magic, rest) => {
    readAll(Uint8Array.from([...magic, ...rest]), SMALL_BUFFER)
  }), { numRuns: 2000 })
})

test('bytes that come one at a time make the same frames', async () => {
  for (const [, bytes] of FILES.slice(0, 8)) {
    const source = openOne(inPieces(bytes, 1))
    const frame = new Frame()
    let count = 0
    do { while (source.next(frame)) count++ } while (await source.fill())
    expect(count).toBe(readAll(bytes, SMALL_BUFFER))
  }
})
