// Every capture of test/golden/ with the kernel's answer beside it: its verdict on each packet, its table after the last, its
// log of invalid packets. To add one, give scripts/captures/ a maker and run scripts/record-goldens.ts.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { defaultSysctl, openCapture, type PacketRow, packetRowOf, Replay, setKnob, snapshot } from '../src/index.ts'
import { printProc } from '../src/views/procfs.ts'

const GOLDEN = fileURLToPath(new URL('golden/', import.meta.url))

describe.each(readdirSync(GOLDEN))('%s', (name) => {
  const read = (file: string) => readFileSync(`${GOLDEN}${name}/${file}`, 'utf8')
  const lines = (file: string) => read(file).split('\n').filter((line) => line !== '')
  let rows: readonly PacketRow[]
  let table: readonly string[]

  beforeAll(async () => {
    const { sysctl } = JSON.parse(read('record.json')) as { sysctl: string[] }
    ;({ rows, table } = await replay(`${GOLDEN}${name}/capture.pcap`, sysctl))
  })

  test('each packet gets the verdict of the kernel', () => {
    const ours = new Map(rows.map((row) => [String(row.frame), row.verdict + (row.direction === 'reply' ? '-' : '')]))
    const cases = lines('cases.tsv').map((line) => line.split('\t') as [frame: string, text: string])
    const differences = lines('packets.tsv').flatMap((line) => {
      const [frame, , verdict] = line.split('\t') as [string, string, string]
      const mine = ours.get(frame)
      if (mine === verdict) return []
      const text = cases.findLast(([first]) => Number(first) <= Number(frame))?.[1] ?? ''
      return [`frame ${frame} (${text}): kernel ${verdict}, ours ${mine ?? 'no packet'}`]
    })
    expect(differences).toEqual([])
    expect(rows.length).toBe(lines('packets.tsv').length)
  })

  test('the table after the last packet is the kernel\'s', () => {
    expect(table.map(withoutUse).sort()).toEqual(lines('table.proc').map(withoutUse).sort())
  })

  test('packets are logged for the kernel\'s reasons', () => {
    expect(rows.flatMap(({ reason }) => reason?.split('; ') ?? []).map(trim)).toEqual(lines('reasons.txt').map(trim))
  })
})

/** Runs a capture through the library. */
async function replay(path: string, knobs: readonly string[]): Promise<{ rows: PacketRow[], table: string[] }> {
  const sysctl = defaultSysctl()
  setKnob(sysctl, 'acct', '1')
  for (const knob of knobs) setKnob(sysctl, ...(knob.split('=') as [name: string, value: string]))
  const rows: PacketRow[] = []
  const run = new Replay(await openCapture(path), { sysctl, onPacket: (engine, frame) => rows.push(packetRowOf(frame, engine.packet)) })
  await run.run()
  expect(run.damage).toEqual([])
  return { rows, table: snapshot(run.engine).map((row) => printProc(row, { counters: true, timestamps: false })) }
}

/** The kernel's own references to an entry are none of ours. */
const withoutUse = (line: string): string => line.replace(/ use=\d+\s*$/, '').trim()
const trim = (line: string): string => line.trim()
