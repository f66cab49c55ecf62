// Every kind of entry there is, in every form. What /proc shows of them comes from the kernel (test/golden/every-kind).

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { defaultSysctl, openCapture } from '../../src/index.ts'
import { Replay } from '../../src/replay.ts'
import type { FormOptions, MakeForm } from '../../src/views/form.ts'
import { type JsonEntry, jsonForm, jsonLinesForm } from '../../src/views/json.ts'
import { legacyForm, printLegacy } from '../../src/views/legacy.ts'
import { procForm, printProc } from '../../src/views/procfs.ts'
import { snapshot } from '../../src/views/snapshot.ts'
import { TablePrinter } from '../../src/views/table-printer.ts'
import { TextBuffer } from '../../src/views/text-buffer.ts'

const GOLDEN = fileURLToPath(new URL('../golden/linux-6.12/every-kind/', import.meta.url))
const kernel = readFileSync(`${GOLDEN}snapshots.txt`, 'utf8').trimEnd().split('\n').slice(1)

const PLAIN: FormOptions = { counters: false, timestamps: false, colour: false, width: Infinity, several: false, expectations: false }

async function printed(make: MakeForm, given: Partial<FormOptions> = {}): Promise<string[]> {
  let text = ''
  const decoder = new TextDecoder()
  const out = new TextBuffer((bytes) => { text += decoder.decode(bytes, { stream: true }) })
  const printer = new TablePrinter(make({ ...PLAIN, ...given }), out, { several: false, expectations: false })
  const replay = new Replay(await openCapture(`${GOLDEN}capture.pcap`), { sysctl: defaultSysctl() })
  for await (const moment of replay.moments()) await printer.print(moment)
  await printer.end()
  return text.trimEnd().split('\n')
}

describe('/proc/net/nf_conntrack', () => {
  test('is the kernel\'s, byte for byte', async () => {
    expect((await printed(procForm, { counters: true })).sort()).toEqual([...kernel].sort())
  })

  test.each([{}, { counters: true }, { timestamps: true }, { counters: true, timestamps: true }])(
    'is the same from records and from rows, with %o', async (options) => {
      const fromRows: MakeForm = (given) => {
        const form = procForm(given)
        delete form.connection
        return form
      }
      expect(await printed(fromRows, options)).toEqual(await printed(procForm, options))
    })
})

describe('/proc/net/ip_conntrack', () => {
  test('shows IPv4 alone, without what the old kernel did not know', async () => {
    const old = (await printed(procForm, { counters: true })).filter((line) => line.startsWith('ipv4'))
      .map((line) => line.replace(/^ipv4 +2 /, '').replace('mark=0 zone=0 use=2', 'use=1'))
    expect(await printed(legacyForm, { counters: true })).toEqual(old)
  })
})

describe('JSON', () => {
  test('says of each entry what /proc says', async () => {
    const { entries } = JSON.parse((await printed(jsonForm)).join('\n')) as { entries: JsonEntry[] }
    const words = (await printed(procForm, { counters: true })).map((line) => line.split(/ +/))
    expect(entries.map(({ family, protocol, protocolNumber, timeout }) => [family, protocol, protocolNumber, timeout]))
      .toEqual(words.map(([family, , protocol, number, timeout]) => [family, protocol, Number(number), Number(timeout)]))
    const fields = (name: string, at: number) => words.map((line) => line.filter((word) => word.startsWith(`${name}=`))[at]?.split('=')[1])
    for (const name of ['sport', 'dport', 'type', 'code', 'id', 'packets', 'bytes'] as const) {
      expect(entries.map(({ original }) => original[name]?.toString())).toEqual(fields(name, 0))
      expect(entries.map(({ reply }) => reply[name]?.toString())).toEqual(fields(name, 1))
    }
    expect(entries.at(-1)).toMatchObject({ original: { src: '2001:db8::1', dst: 'fe80::ffff:0:1', type: 128, code: 0, id: 78 } })
  })

  test('has a line for each entry, or one document', async () => {
    const lines = (await printed(jsonLinesForm)).map((line) => JSON.parse(line) as unknown)
    expect(lines).toEqual((JSON.parse((await printed(jsonForm)).join('\n')) as { entries: unknown[] }).entries)
  })
})

test('a row prints as its record does', async () => {
  const replay = new Replay(await openCapture(`${GOLDEN}capture.pcap`), { sysctl: defaultSysctl() })
  await replay.run()
  const rows = snapshot(replay.engine)
  expect(rows.map((row) => printProc(row, { counters: true })).sort()).toEqual([...kernel].sort())
  expect(rows.filter(({ l3 }) => l3 === 'ipv4').map((row) => printLegacy(row, { counters: false }))).toEqual(await printed(legacyForm))
})
