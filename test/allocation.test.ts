// The path of a packet leaves no garbage: a million packets go by in a process of their own, and its collections are counted.
// One object a packet would make about forty in a young generation of one megabyte; a number boxed on the heap, fifteen.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeTraffic, type Kind } from '../bench/traffic.ts'
import { ROOT } from './support/sources.ts'

const MOST = 2 // collections, of all kinds, in a million packets
const SIZE = 100_000 // packets in the capture; it goes by ten times

const folder = mkdtempSync(join(tmpdir(), 'pcap-conntrack-'))
afterAll(() => { rmSync(folder, { recursive: true }) })

describe.each<Kind>(['many', 'elephant'])('a million packets of %s leave no garbage', (kind) => {
  const capture = join(folder, `${kind}.pcap`)
  beforeAll(() => { writeTraffic(kind, capture, SIZE) })

  test.each(['read'])('when they are %s', (what) => {
    const { packets, collections } = count(what, capture)
    expect(packets).toBeGreaterThanOrEqual(1_000_000)
    expect(collections).toBeLessThanOrEqual(MOST)
  })
})

test('the count sees one object a packet', () => {
  const capture = join(folder, 'many.pcap')
  expect(count('litter', capture).collections).toBeGreaterThan(10 * MOST)
})

function count(what: string, capture: string): { packets: number, collections: number } {
  const script = fileURLToPath(new URL('support/collections.ts', import.meta.url))
  const typescript = pathToFileURL(join(ROOT, 'scripts/typescript.js')).href
  const args = ['--max-semi-space-size=1', '--import', typescript, script, what, capture]
  const out = execFileSync(process.execPath, args, { encoding: 'utf8' })
  return JSON.parse(out) as { packets: number, collections: number }
}
