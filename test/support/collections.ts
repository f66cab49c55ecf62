// Run as a process of its own by test/allocation.test.ts: counts garbage collections while a million packets go by.
//
//     node --max-semi-space-size=1 --import ./scripts/typescript.js test/support/collections.ts read|track|litter CAPTURE
//
// Prints `{ packets, collections }`. `litter` leaves one object a packet, to show that the count would see it.

import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { FramesInMemory } from '../../bench/hot/measure.ts'
import { Frame } from '../../src/capture/frame.ts'
import { openOne } from '../../src/capture/open.ts'
import { Engine } from '../../src/engine.ts'

const PACKETS = 1_000_000
const APART = 700 // seconds from one pass over the capture to the next

const [what, path = ''] = process.argv.slice(2)
const pass = what === 'read' ? reading() : what === 'track' ? tracking() : littering()

let collections = 0
const observer = new PerformanceObserver((list) => { collections += list.getEntries().length })

for (let packets = 0; packets < PACKETS / 2;) packets += pass() // until the compiler has seen it all
await setTimeout(50)
observer.observe({ entryTypes: ['gc'] })
let packets = 0
while (packets < PACKETS) packets += pass()
await setTimeout(50) // the observer is told later
observer.disconnect()
console.log(JSON.stringify({ packets, collections }))

/** One pass reads the file. */
function reading(): () => number {
  const frame = new Frame()
  return () => {
    const source = openOne(path)
    let frames = 0
    do {
      while (source.next(frame)) frames++
    } while (source.fill() === true)
    source.close()
    return frames
  }
}

/** One pass sends the file's frames through the engine, later each time. */
function tracking(): () => number {
  const frames = new FramesInMemory(path)
  const frame = new Frame()
  const engine = new Engine({ seed: 1 })
  let later = 0
  return () => {
    for (let i = 0; i < frames.count; i++) {
      frames.aim(frame, i)
      frame.sec += later
      engine.push(frame)
    }
    later += APART
    return frames.count
  }
}

/** One pass reads the file and makes an object of each frame. */
function littering(): () => number {
  const frame = new Frame()
  let kept: object = {}
  return () => {
    const source = openOne(path)
    do {
      while (source.next(frame)) kept = { before: kept === frame, number: frame.number, start: frame.start, end: frame.end }
    } while (source.fill() === true)
    source.close()
    return (kept as { number: number }).number
  }
}
