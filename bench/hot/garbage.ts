// Where the path of a packet allocates: bytes by function while a million packets go through the engine, once compiled.
//
//     node --import ./scripts/typescript.js bench/hot/garbage.ts [many|elephant|mix|crowd]
//
// What functions inline into one another is booked on the outer one. test/allocation.test.ts holds us to the sum.

import { Session } from 'node:inspector/promises'
import { Frame } from '../../src/capture/frame.ts'
import { Engine } from '../../src/engine.ts'
import { KINDS, type Kind } from '../traffic.ts'
import { FramesInMemory, withCapture } from './measure.ts'

interface Node {
  readonly callFrame: { readonly functionName: string, readonly url: string, readonly lineNumber: number }
  readonly selfSize: number
  readonly children: readonly Node[]
}

const PACKETS = 100_000
const APART = 700 // seconds between two passes
const kind = KINDS.find((one) => one === process.argv[2]) ?? 'many'

const bytes = new Map<string, number>()
sum(await sample(kind))
for (const [name, size] of [...bytes].sort((a, b) => b[1] - a[1]).slice(0, 12)) {
  console.log(`${(size / (10 * PACKETS)).toFixed(2).padStart(8)} bytes a packet  ${name}`)
}

async function sample(of: Kind): Promise<Node> {
  const frames = withCapture(of, PACKETS, (path) => new FramesInMemory(path))
  const engine = new Engine({ seed: 1 })
  const frame = new Frame()
  let later = 0
  const pass = (): void => {
    for (let i = 0; i < frames.count; i++) {
      frames.aim(frame, i)
      frame.sec += later
      engine.push(frame)
    }
    later += APART
  }
  for (let i = 0; i < 5; i++) pass()
  const session = new Session()
  session.connect()
  const options = { samplingInterval: 512, includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true }
  await session.post('HeapProfiler.startSampling', options)
  for (let i = 0; i < 10; i++) pass()
  const { profile } = await session.post('HeapProfiler.stopSampling')
  return profile.head
}

function sum({ callFrame: { functionName, url, lineNumber }, selfSize, children }: Node): void {
  const name = `${functionName} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`
  bytes.set(name, (bytes.get(name) ?? 0) + selfSize)
  children.forEach(sum)
}
