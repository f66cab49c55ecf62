// Which packets are copies of one just before: copies.ts, through the engine.

import { describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine.ts'
import { Frame } from '../../src/capture/frame.ts'

const ETHERNET = 1
const COOKED = 113
const COOKED2 = 276
const LINK_LENGTH = new Map([[ETHERNET, 14], [COOKED, 16], [COOKED2, 20]])
const MS = 1_000_000

/** A TCP segment in an IP packet behind a link's header, as bytes that tests may change. Checksums are those of nobody. */
function frameBytes(linkType: number, version: number): Uint8Array {
  const link = LINK_LENGTH.get(linkType) ?? 0
  const header = version === 4 ? 20 : 40
  const bytes = new Uint8Array(link + header + 20)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < bytes.length; i++) bytes[i] = i + 1
  view.setUint16(linkType === ETHERNET ? 12 : linkType === COOKED ? 14 : 0, version === 4 ? 0x0800 : 0x86dd)
  if (linkType === COOKED) view.setUint16(2, 1) // ARPHRD_ETHER
  if (linkType === COOKED2) view.setUint16(8, 1)
  if (version === 4) {
    view.setUint16(link, 0x4500)
    view.setUint16(link + 2, 40)
    view.setUint16(link + 6, 0x4000)
    view.setUint8(link + 8, 64)
    view.setUint8(link + 9, 6)
  } else {
    view.setUint32(link, 0x60000000)
    view.setUint16(link + 4, 20)
    view.setUint8(link + 6, 6)
    view.setUint8(link + 7, 64)
  }
  view.setUint16(link + header + 12, 0x5010)
  return bytes
}

/** Pushes the frames, `apart` ms from each other. @returns of which frame each is a copy, 0 for none */
function copies(linkType: number, frames: readonly Uint8Array[], apart = 1): number[] {
  const engine = new Engine({ copies: 'auto', seed: 1 })
  return frames.map((bytes, at) => {
    const frame = Object.assign(new Frame(), {
      bytes, view: new DataView(bytes.buffer), end: bytes.length, wireLen: bytes.length, linkType, number: at + 1,
      sec: 1_700_000_000, nsec: at * apart * MS,
    })
    engine.push(frame)
    return engine.packet.copyOf
  })
}

function changed(bytes: Uint8Array, at: number): Uint8Array {
  const other = bytes.slice()
  other[at] = other[at]! ^ 1
  return other
}

describe.each([
  ['IPv4', 4, 8, [2, 4, 5, 12, 13, 14, 15, 16, 17, 18, 19]],
  ['IPv6', 6, 7, [3, ...Array.from({ length: 32 }, (_, i) => i + 8)]],
])('copies of %s packets', (_, version, hopsAt, distinguishing) => {
  const header = version === 4 ? 20 : 40

  it.each([ETHERNET, COOKED, COOKED2])('are those of another link, of link type %i', (linkType) => {
    const bytes = frameBytes(linkType, version)
    const stationAt = linkType === ETHERNET ? 5 : linkType === COOKED ? 9 : 15
    expect(copies(linkType, [bytes, changed(bytes, stationAt)])).toEqual([0, 1])
  })

  it('are those with fewer hops left, not with more', () => {
    const bytes = frameBytes(ETHERNET, version)
    const routed = bytes.slice()
    routed[14 + hopsAt] = 63
    expect(copies(ETHERNET, [bytes, routed])).toEqual([0, 1])
    expect(copies(ETHERNET, [routed, bytes])).toEqual([0, 0])
  })

  it('are not those equal in everything, which were sent twice', () => {
    const bytes = frameBytes(ETHERNET, version)
    expect(copies(ETHERNET, [bytes, bytes])).toEqual([0, 0])
  })

  it('come within 50 ms', () => {
    const bytes = frameBytes(ETHERNET, version)
    expect(copies(ETHERNET, [bytes, changed(bytes, 5)], 50)).toEqual([0, 1])
    expect(copies(ETHERNET, [bytes, changed(bytes, 5)], 51)).toEqual([0, 0])
  })

  it('have the same identity, addresses and transport header', () => {
    const bytes = frameBytes(ETHERNET, version)
    const transport = Array.from({ length: 20 }, (_, i) => header + i).filter((at) => at !== header + 12)
    for (const at of [...distinguishing, ...transport]) {
      const other = changed(changed(bytes, 5), 14 + at)
      expect(copies(ETHERNET, [bytes, other]), `byte ${String(at)}`).toEqual([0, 0])
    }
  })
})
