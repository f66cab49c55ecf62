// Makes the captures of scripts/captures/ and, where a kernel can be asked, records its answers beside them.
//
//     node --import ./scripts/typescript.js scripts/record-goldens.ts [--oracle COMMAND] [NAME...]
//
// COMMAND is called as `COMMAND capture.pcap FOLDER [--sysctl name=value,...]` and leaves packets.tsv, snapshots.txt and
// invalid.log in FOLDER: a Linux 6.12 kernel's verdict on each packet, its table at some moments, its log of invalid packets.
// What we keep in test/golden/NAME/ is read by test/goldens.test.ts.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Capture } from './captures/capture.ts'

interface Maker {
  readonly makeCaptures?: () => Record<string, Capture>
}

const CAPTURES = new URL('captures/', import.meta.url)
const GOLDEN = fileURLToPath(new URL('../test/golden/', import.meta.url))
const KERNEL = '6.12.117 (User Mode Linux, time-travel), HZ=1000'

const { values, positionals } = parseArgs({ options: { oracle: { type: 'string' } }, allowPositionals: true })

for (const file of readdirSync(CAPTURES).sort()) {
  const maker = await import(new URL(file, CAPTURES).href) as Maker
  for (const [name, capture] of Object.entries(maker.makeCaptures?.() ?? {})) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    const folder = join(GOLDEN, name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'capture.pcap'), capture.toPcap())
    writeFileSync(join(folder, 'cases.tsv'), capture.notes.map((line) => `${line}\n`).join(''))
    if (values.oracle !== undefined) record(values.oracle, folder, capture.sysctl, `scripts/captures/${file}`)
    console.log(name)
  }
}

function record(oracle: string, folder: string, sysctl: readonly string[], maker: string): void {
  const out = mkdtempSync(join(tmpdir(), 'golden-'))
  try {
    const options = sysctl.length === 0 ? [] : ['--sysctl', sysctl.join(',')]
    execFileSync(oracle, [join(folder, 'capture.pcap'), out, ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
    const verdicts = readFileSync(join(out, 'packets.tsv'), 'utf8')
    writeFileSync(join(folder, 'packets.tsv'), verdicts)
    writeFileSync(join(folder, 'table.proc'), lastTable(readFileSync(join(out, 'snapshots.txt'), 'utf8')))
    const reasons = readFileSync(join(out, 'invalid.log'), 'utf8').split('\n').flatMap((line) => /(nf_ct_\S+: .*?) ?(?:IN=|$)/.exec(line)?.[1] ?? [])
    writeFileSync(join(folder, 'reasons.txt'), reasons.map((line) => `${line}\n`).join(''))
    writeFileSync(join(folder, 'record.json'), `${JSON.stringify({ kernel: KERNEL, maker, sysctl }, null, 2)}\n`)
  } finally {
    rmSync(out, { recursive: true })
  }
}

/** The table right after the last frame. */
function lastTable(snapshots: string): string {
  const blocks = snapshots.split(/^# at /m).filter((block) => block.startsWith('frame '))
  return blocks.at(-1)?.replace(/^.*\n/, '') ?? ''
}
