// protocols/tcp and conntrack/: what one segment does, on connections that are open and stay in cache, and on many.

import { Frame } from '../../src/capture/frame.ts'
import { Engine } from '../../src/engine.ts'
import { FramesInMemory, measure, withCapture } from './measure.ts'

const PACKETS = 200_000

for (const kind of ['elephant', 'many'] as const) {
  const frames = withCapture(kind, PACKETS, (path) => new FramesInMemory(path))
  const frame = new Frame()
  let engine = new Engine({ seed: 1 })
  measure(`a frame through the engine, ${kind}`, frames.count, () => {
    for (let i = 0; i < frames.count; i++) {
      frames.aim(frame, i)
      engine.push(frame)
    }
  }, () => { engine = new Engine({ seed: 1 }) })
}
