// Whatever a payload says: nothing is thrown, nobody has more open expectations than the helper allows, and nothing is left
// when the connections are gone.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Frame } from '../../src/capture/frame.ts'
import { Engine } from '../../src/engine.ts'
import { Random } from '../../scripts/lib/random.ts'
import { Capture } from '../../scripts/captures/capture.ts'
import { makeCapture, NAMES } from '../../scripts/helpers/conversations.ts'
import { Talk } from '../../scripts/helpers/talk.ts'

const PORTS: readonly (readonly [port: number, isTcp: boolean])[] = [
  [21, true], [69, false], [6667, true], [5060, false], [5060, true], [1723, true], [10080, false], [6566, true], [1720, true],
  [1719, false], [137, false], [161, false],
]

/** Runs frames through an engine with every helper, and holds its expectations to the helpers' limits after each. */
function run(capture: Capture): Engine {
  const bytes = capture.toPcap()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const engine = new Engine({ helpers: ['all'], seed: 1 })
  const frame = new Frame()
  for (let at = 24; at < bytes.length; at = frame.end) {
    const length = view.getUint32(at + 8, true)
    Object.assign(frame, {
      sec: view.getUint32(at, true), nsec: view.getUint32(at + 4, true) * 1000, bytes, view, start: at + 16, end: at + 16 + length,
      wireLen: view.getUint32(at + 12, true), linkType: 1,
    })
    engine.push(frame)
    check(engine)
  }
  return engine
}

function check(engine: Engine): void {
  const counts = new Map<string, number>()
  for (const { master, kind, promiser } of engine.conntrack.helpers?.expectations.list() ?? []) {
    const key = `${String(master)} ${String(kind)}`
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    expect(count).toBeLessThanOrEqual(promiser.policies[kind]!.most)
  }
}

function expectNothingLeft(engine: Engine): void {
  engine.advance(engine.clock.now + 7 * 86_400 * 1000)
  expect(engine.table.visible()).toHaveLength(0)
  expect(engine.conntrack.helpers?.expectations.list()).toEqual([])
  engine.advance(engine.clock.now + 1000)
  expect(engine.conntrack.helpers?.expectations.empty).toBe(true)
}

test.each(PORTS)('any bytes may come to port %d (TCP: %s)', (serverPort, isTcp) => {
  const saying = fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 80 }), fc.nat(120))
  fc.assert(fc.property(fc.array(saying, { maxLength: 8 }), fc.boolean(), (said, isIpv6) => {
    const capture = new Capture()
    const talk = new Talk(capture, { isIpv6, client: 1, server: 2, clientPort: 30_000, serverPort }, isTcp).open()
    for (const [isThere, payload, captured] of said) talk.say(isThere ? 'there' : 'back', payload, captured)
    expectNothingLeft(run(capture))
  }), { numRuns: 25 })
})

test.each(NAMES)('%s: random conversations leave nothing behind', (name) => {
  const random = new Random(7)
  for (let round = 0; round < 3; round++) expectNothingLeft(run(makeCapture(random.below(2 ** 30), 6, [name])))
})
