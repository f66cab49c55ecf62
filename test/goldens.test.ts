// Every capture of test/golden/ with the kernel's answer beside it: its verdict on each packet, its tables, its log of invalid
// packets. To add one, give scripts/captures/ a maker (or test/scripts/ a script) and run scripts/record-goldens.ts.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  defaultSysctl, expectations, loadEventForm, openCapture, type PacketRow, packetRowOf, parseWhen, printProcExpect, Replay, setKnob,
  snapshot, type Sysctl, TextBuffer,
} from '../src/index.ts'
import { printProc } from '../src/views/procfs.ts'

const GOLDEN = fileURLToPath(new URL('golden/', import.meta.url))
const NAMES = readdirSync(GOLDEN, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('record.json')).map(dirname).sort()

/** How a golden was recorded. */
interface About {
  readonly sysctl: readonly string[]
  readonly helpers?: readonly string[]
}

/** A table at a moment, lines sorted; expectations, where there are some, behind `expect `. */
interface Table {
  readonly at: string
  readonly lines: readonly string[]
}

describe.each(NAMES)('%s', (name) => {
  const read = (file: string) => readFileSync(`${GOLDEN}${name}/${file}`, 'utf8')
  const lines = (file: string) => read(file).split('\n').filter((line) => line !== '')
  const cases = lines('cases.tsv').map((line) => line.split('\t') as [frame: string, text: string])
  const caseOf = (frame: number) => cases.findLast(([first]) => Number(first) <= frame)?.[1] ?? ''
  const theirs = parseTables(read('snapshots.txt'))
  let rows: readonly PacketRow[]
  let tables: readonly Table[]

  beforeAll(async () => {
    const about = JSON.parse(read('record.json')) as About
    ;({ rows, tables } = await replay(`${GOLDEN}${name}/capture.pcap`, about, theirs.map(({ at }) => at)))
  })

  test('each packet gets the verdict of the kernel', () => {
    const ours = new Map(rows.map((row) => [String(row.frame), row.verdict + (row.direction === 'reply' ? '-' : '')]))
    const differences = lines('packets.tsv').flatMap((line) => {
      const [frame, , verdict] = line.split('\t') as [string, string, string]
      const mine = ours.get(frame)
      return mine === verdict ? [] : [`frame ${frame} (${caseOf(Number(frame))}): kernel ${verdict}, ours ${mine ?? 'no packet'}`]
    })
    expect(differences).toEqual([])
    expect(rows.length).toBe(lines('packets.tsv').length)
  })

  test('the table is the kernel\'s, at every moment it was asked', () => {
    expect(theirs.length).toBeGreaterThan(0)
    expect(tables.map(({ at }) => at)).toEqual(theirs.map(({ at }) => at))
    const differences = theirs.flatMap(({ at, lines: wanted }, i) => {
      const mine = tables[i]?.lines ?? []
      const where = at.startsWith('frame:') ? `${at} (${caseOf(Number(at.slice('frame:'.length)))})` : at
      return [
        ...without(wanted, mine).map((line) => `${where}: kernel ${line}`),
        ...without(mine, wanted).map((line) => `${where}: ours   ${line}`),
      ]
    })
    expect(differences).toEqual([])
  })

  test('packets are logged for the kernel\'s reasons', () => {
    expect(rows.flatMap(({ reason }) => reason?.split('; ') ?? []).map(trim)).toEqual(lines('reasons.txt').map(trim))
  })
})

describe.each(NAMES.filter((name) => existsSync(`${GOLDEN}${name}/events.txt`)))('%s', (name) => {
  test('events are told as the kernel told them', async () => {
    const about = JSON.parse(readFileSync(`${GOLDEN}${name}/record.json`, 'utf8')) as About
    const form = (await loadEventForm('conntrack'))({ counters: true, timestamps: false, hz: 1000 })
    let text = ''
    const out = new TextBuffer((bytes) => { text += new TextDecoder().decode(bytes) })
    const run = new Replay(await openCapture(`${GOLDEN}${name}/capture.pcap`), {
      sysctl: sysctlOf(about), helpers: about.helpers ?? [], at: [], onEvent: (event) => { form.event(out, event) },
    })
    await run.run()
    await out.flush()
    const told = (lines: string): string[] => lines.split('\n').filter((line) => /\[(?:NEW|UPDATE)\]/.test(line))
      .map((line) => line.replace(/^\[[\d.]+\]/, '').trim())
    const theirs = told(readFileSync(`${GOLDEN}${name}/events.txt`, 'utf8'))
    expect(theirs.length).toBeGreaterThan(0)
    expect(told(text)).toEqual(theirs)
  })
})

function sysctlOf(about: About): Sysctl {
  const sysctl = defaultSysctl()
  setKnob(sysctl, 'acct', '1')
  for (const knob of about.sysctl) setKnob(sysctl, ...(knob.split('=') as [name: string, value: string]))
  return sysctl
}

/** Runs a capture through the library. */
async function replay(path: string, about: About, at: readonly string[]): Promise<{ rows: PacketRow[], tables: Table[] }> {
  const sysctl = sysctlOf(about)
  const rows: PacketRow[] = []
  const tables: Table[] = []
  const run = new Replay(await openCapture(path), {
    sysctl, helpers: about.helpers ?? [], at: at.map(parseWhen),
    onPacket: (engine, frame) => rows.push(packetRowOf(frame, engine.packet)),
  })
  for await (const { text, engine } of run.moments()) {
    const lines = snapshot(engine).map((row) => withoutUse(printProc(row, { counters: true, timestamps: false })))
    const promised = expectations(engine).map((row) => `expect ${printProcExpect(row)}`)
    tables.push({ at: text, lines: [...lines, ...promised].sort() })
  }
  expect(run.damage).toEqual([])
  return { rows, tables }
}

function parseTables(text: string): Table[] {
  return text.split(/^# at /m).slice(1).map((block) => {
    const [at = '', ...lines] = block.trimEnd().split('\n')
    return { at, lines: lines.map(withoutUse).sort() }
  })
}

/** What stands in one list and not in the other, each as often as it does. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others]
  return lines.filter((line) => {
    const at = left.indexOf(line)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

/** The kernel's own references to an entry are none of ours. */
const withoutUse = (line: string): string => line.replace(/ use=\d+\s*$/, '').trim()
const trim = (line: string): string => line.trim()
