// However a capture is written down, it says the same: the file's format, its byte order and resolution, the interface a frame
// came from, what the link puts before the IP header, how many bytes come at a time.

import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Frame } from '../../src/capture/frame.ts'
import { openCapture, type CaptureInput } from '../../src/capture/open.ts'
import { Engine } from '../../src/engine.ts'
import { snapshot } from '../../src/views/snapshot.ts'
import { encodePcap, encodePcapng, type Captured } from '../../scripts/lib/pcap.ts'
import { conversations, framesOf, PLAIN, type Said } from '../support/conversation.ts'
import { inPieces } from '../support/captures.ts'
import { concat } from '../support/ip-packets.ts'

const ETHERNET = 14 // bytes
const IPV4 = [0x08, 0x00]
const IPV6 = [0x86, 0xdd]

/** A way to write a capture, from frames of Ethernet. */
type Encoding = (frames: readonly Captured[]) => CaptureInput

const ENCODINGS: Readonly<Record<string, Encoding>> = {
  'pcap, nanoseconds': (frames) => encodePcap(frames),
  'pcap, big-endian': (frames) => encodePcap(frames, { bigEndian: true }),
  'pcap, microseconds, big-endian': (frames) => encodePcap(frames, { micro: true, bigEndian: true }),
  'pcapng, nanoseconds': (frames) => encodePcapng(frames),
  'pcapng, microseconds': (frames) => encodePcapng(frames, [{ resolution: 6 }]),
  'pcapng, two interfaces': (frames) => (
    encodePcapng(frames.map((frame, i) => ({ ...frame, iface: i % 2 })), [{ name: 'a' }, { name: 'b', resolution: 6 }])),
  'VLAN tags': (frames) => encodePcap(relink(frames, (macs, type, ip) => concat(macs, [0x81, 0, 0, 7], type, ip))),
  'two VLAN tags': (frames) => encodePcap(relink(frames, (macs, type, ip) => concat(macs, [0x88, 0xa8, 0, 7, 0x81, 0, 0, 9], type, ip))),
  'Linux cooked': (frames) => (
    encodePcap(relink(frames, (macs, type, ip) => concat([0, 0, 0, 1, 0, 6], macs.subarray(6), [0, 0], type, ip)), { linkType: 113 })),
  'raw IP': (frames) => encodePcap(relink(frames, (_macs, _type, ip) => ip), { linkType: 101 }),
  gzip: (frames) => gzipSync(encodePcap(frames)),
  'a few bytes at a time': (frames) => inPieces(encodePcap(frames, { micro: true }), 37),
}

function relink(frames: readonly Captured[], link: (macs: Uint8Array, type: number[], ip: Uint8Array) => Uint8Array): Captured[] {
  return frames.map((frame) => {
    const type = frame.bytes[12] === 0x86 ? IPV6 : IPV4
    return { ns: frame.ns, bytes: link(frame.bytes.subarray(0, 12), type, frame.bytes.subarray(ETHERNET)) }
  })
}

/** What the engine says of a capture. */
async function read(input: CaptureInput): Promise<Said & { damage: number }> {
  const source = await openCapture(input)
  const engine = new Engine({ seed: 1 })
  const frame = new Frame()
  const packets: string[] = []
  do {
    while (source.next(frame)) {
      engine.push(frame)
      const { verdict, direction, reasons, reasonCount } = engine.packet
      packets.push(`${frame.number} ${frame.sec} ${frame.nsec} ${verdict} ${direction} ${reasons.slice(0, reasonCount).join(',')}`)
    }
  } while (await source.fill())
  source.close()
  return { packets, rows: snapshot(engine), damage: source.damage.length }
}

describe('the same capture', () => {
  test.each(Object.entries(ENCODINGS))('as %s', async (_name, encode) => {
    await fc.assert(fc.asyncProperty(conversations(1, 30), fc.boolean(), async (steps, isIpv6) => {
      const frames = framesOf(steps, { ...PLAIN, isIpv6 })
        .map(({ sec, nsec = 0, bytes }) => ({ ns: BigInt(sec) * 1_000_000_000n + BigInt(nsec), bytes }))
      const expected = await read(encodePcap(frames, { micro: true }))
      expect(expected.damage).toBe(0)
      expect(expected.packets).toHaveLength(frames.length)
      expect(await read(encode(frames))).toEqual(expected)
    }), { numRuns: 40 })
  })
})
