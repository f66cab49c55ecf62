// capture/: from bytes on disk to frames.

import { Frame } from '../../src/capture/frame.ts'
import { openOne } from '../../src/capture/open.ts'
import { measure, withCapture } from './measure.ts'

const PACKETS = 500_000

for (const kind of ['many', 'elephant'] as const) {
  withCapture(kind, PACKETS, (path) => {
    measure(`read ${kind}`, PACKETS, () => {
      const source = openOne(path)
      const frame = new Frame()
      let frames = 0
      do {
        while (source.next(frame)) frames++
      } while (source.fill() === true)
      source.close()
      if (frames < PACKETS) throw new Error(`${frames} frames`)
    })
  })
}
