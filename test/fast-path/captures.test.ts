// Every capture there is, replayed the long way and with the fast path: the same tables, counters and complaints at every instant.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseEvery, parseWhen } from '../../src/base/when.ts'
import { assignKnob } from '../../src/base/sysctl-text.ts'
import { defaultSysctl } from '../../src/base/sysctl.ts'
import { bothWays, differences, eagerly, plainly } from '../support/both-ways.ts'
import { sampleCaptures } from '../support/captures.ts'
import { ROOT } from '../support/sources.ts'

const GOLDEN = join(ROOT, 'test', 'golden')
const GOLDENS = readdirSync(GOLDEN, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pcap')).sort()
const CAPTURES = [...sampleCaptures(), ...GOLDENS.map((name) => join(GOLDEN, name))]

const sysctl = defaultSysctl()
assignKnob(sysctl, 'max=5000') // quickly made

const sometimes = (i: number): number => i % 2 === 0 ? 1000 : 250

describe.each(['auto', 'track'] as const)('copies: %s', (copies) => {
  test('every capture gives the same both ways, at instants of time, by count and by frame', async () => {
    const at = ['+0.5s', '+3s', '+40s', 'frame:2', 'frame:7', 'frame:100', 'end', 'end+61s'].map(parseWhen)
    const different: string[] = []
    let taken = 0
    for (const [i, path] of CAPTURES.entries()) {
      const way = { copies, hz: sometimes(i + copies.length), sysctl, at, every: parseEvery('250pkts') }
      const { differences: found, fast } = await bothWays(() => path, way)
      if (found.length > 0) different.push(path, ...found)
      taken += fast.taken
    }
    expect(different).toEqual([])
    expect(CAPTURES.length).toBeGreaterThan(250)
    expect(taken).toBeGreaterThan(1500)
  }, 60_000)
})

test('captures give the same where the fast path is tried before each frame', async () => {
  const different: string[] = []
  let taken = 0
  for (const [i, path] of CAPTURES.entries()) {
    if (i % 3 !== 0) continue
    const way = { copies: i % 4 < 2 ? 'auto' : 'track', hz: sometimes(i >>> 2), sysctl } as const
    const fast = await eagerly(() => path, way, Infinity)
    const found = differences((await plainly(() => path, way)).lines, fast.lines)
    if (found.length > 0) different.push(path, ...found)
    taken += fast.taken
  }
  expect(different).toEqual([])
  expect(taken).toBeGreaterThan(1500)
}, 60_000)
