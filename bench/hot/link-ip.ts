// link/ and ip/: from a frame to a whole IP packet with its transport header found.

import { defaultSysctl } from '../../src/base/sysctl.ts'
import { Frame } from '../../src/capture/frame.ts'
import { IpLayer } from '../../src/ip/ip.ts'
import { Packet } from '../../src/ip/packet.ts'
import { findIp } from '../../src/link/link.ts'
import { FramesInMemory, measure, withCapture } from './measure.ts'

const PACKETS = 200_000

for (const kind of ['many', 'mix'] as const) {
  const frames = withCapture(kind, PACKETS, (path) => new FramesInMemory(path))
  const frame = new Frame()
  const packet = new Packet()
  let sum = 0
  measure(`aim a frame, ${kind}`, frames.count, () => {
    for (let i = 0; i < frames.count; i++) frames.aim(frame, i)
  })
  measure(`aim, find IP, ${kind}`, frames.count, () => {
    for (let i = 0; i < frames.count; i++) {
      frames.aim(frame, i)
      sum += findIp(frame)
    }
  })
  const ip = new IpLayer(defaultSysctl(), 1000, 1)
  ip.advance(1_700_000_000_000)
  measure(`aim, find IP, read, gather, ${kind}`, frames.count, () => {
    for (let i = 0; i < frames.count; i++) {
      frames.aim(frame, i)
      if (ip.read(frame, findIp(frame), packet) && ip.gather(packet)) sum += packet.l4
    }
  })
  if (sum === 0) throw new Error('nothing was found')
}
