// What rows and JSON say of helpers: who reads a connection's payload, and who promised it.

import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openCapture, parseWhen, Replay, snapshot } from '../../src/index.ts'
import { jsonEntry } from '../../src/views/json.ts'

const FTP = fileURLToPath(new URL('../golden/linux-6.12/helpers/real-ftp/capture.pcap', import.meta.url))

async function entriesAt(when: string, helpers: readonly string[]): Promise<ReturnType<typeof jsonEntry>[]> {
  const replay = new Replay(await openCapture(FTP), { helpers, at: [parseWhen(when)] })
  for await (const { engine } of replay.moments()) return snapshot(engine).map(jsonEntry)
  return []
}

test('a control connection names its helper, a data connection the one that promised it', async () => {
  const [control, data] = await entriesAt('frame:40', ['ftp'])
  expect(control).toMatchObject({ helper: 'ftp', original: { dport: 21 } })
  expect(control).not.toHaveProperty('master')
  expect(data?.master).toEqual({ src: control?.original.src, dst: control?.original.dst, sport: control?.original.sport, dport: 21 })
  expect(data).not.toHaveProperty('helper')
})

test('without a helper nobody promised anything', async () => {
  for (const entry of await entriesAt('end', [])) {
    expect(entry).not.toHaveProperty('helper')
    expect(entry).not.toHaveProperty('master')
  }
})
