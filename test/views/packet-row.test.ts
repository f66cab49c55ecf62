// What a packet's row says of copies.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packets, type PacketRow } from '../../src/index.ts'
import { ROOT } from '../support/sources.ts'

async function rows(copies: 'auto' | 'track'): Promise<PacketRow[]> {
  const all: PacketRow[] = []
  for await (const row of packets(join(ROOT, 'samples/lvs-dr-director.pcap'), { copies })) all.push(row)
  return all
}

test('a copy names the frame that was tracked in its place, and nothing else does', async () => {
  const all = await rows('auto')
  expect(all.slice(0, 2)).toMatchObject([{ frame: 1, verdict: 'NEW' }, { frame: 2, verdict: '-', direction: null, copyOf: 1 }])
  expect(all.filter(({ copyOf }) => copyOf !== undefined)).toHaveLength(36)
  expect(all.filter((row) => 'copyOf' in row).every(({ verdict, frame, copyOf }) => verdict === '-' && copyOf! < frame)).toBe(true)
})

test('there is none where each is tracked', async () => {
  expect((await rows('track')).filter((row) => 'copyOf' in row)).toEqual([])
})
