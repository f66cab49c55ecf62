// The IP packets of a capture as one can send them: without what the link added, whole, with lengths and checksums a stack would send.

import { Frame, openCapture } from '../../src/index.ts'
import { defaultSysctl } from '../../src/base/sysctl.ts'
import { IPPROTO_DCCP } from '../../src/base/units.ts'
import { IpLayer } from '../../src/ip/ip.ts'
import { isFragment4 } from '../../src/ip/ipv4.ts'
import { isExtension } from '../../src/ip/ipv6.ts'
import { Packet } from '../../src/ip/packet.ts'
import { findIp } from '../../src/link/link.ts'

export interface IpPackets {
  /** In the order of the capture. */
  readonly packets: readonly Uint8Array[]
  /** Number of the frame each came in. */
  readonly frames: readonly number[]
  readonly hasFragments: boolean
  readonly hasDccp: boolean
}

/** Reads a capture. @throws CaptureError */
export async function ipPacketsOf(path: string): Promise<IpPackets> {
  const source = await openCapture(path)
  const ip = new IpLayer(defaultSysctl(), 1000, 1)
  const frame = new Frame()
  const packet = new Packet()
  const packets: Uint8Array[] = []
  const frames: number[] = []
  let hasFragments = false
  let hasDccp = false
  do {
    while (source.next(frame)) {
      const at = findIp(frame)
      if (at < 0 || !ip.read(frame, at, packet)) continue
      const bytes = sendable(packet)
      packets.push(bytes)
      frames.push(frame.number)
      hasFragments ||= packet.version === 4 ? isFragment4(packet) : isExtension(packet.protocol)
      hasDccp ||= packet.protocol === IPPROTO_DCCP
    }
  } while (await source.fill())
  source.close()
  return { packets, frames, hasFragments, hasDccp }
}

/** A copy, with zeros for what the snap length cut, and the length that segmentation offload had left out. */
function sendable(packet: Packet): Uint8Array {
  const bytes = new Uint8Array(packet.length)
  bytes.set(packet.bytes.subarray(packet.ip, packet.captured))
  const view = new DataView(bytes.buffer)
  if (packet.version === 6) {
    if (view.getUint16(4) === 0 && bytes[6] !== 0) view.setUint16(4, bytes.length - 40)
    return bytes
  }
  if (view.getUint16(2) === 0) view.setUint16(2, bytes.length)
  view.setUint16(10, 0)
  let sum = 0
  for (let at = 0; at < packet.l4 - packet.ip; at += 2) sum += view.getUint16(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  view.setUint16(10, ~sum & 0xffff)
  return bytes
}
