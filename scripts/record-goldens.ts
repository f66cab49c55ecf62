// Makes the captures of scripts/captures/ and, where a kernel can be asked, records its answers beside them.
//
//     node --import ./scripts/typescript.js scripts/record-goldens.ts [--oracle COMMAND] [--kernel TEXT] [--taken FOLDER] [--events]
//         [NAME...]
//
// NAME is a golden's name or the folder of several (`tcp`); default: all. Without --oracle only captures are written.
// COMMAND is called as `COMMAND capture.pcap FOLDER [--sysctl name=value,...] [--helpers] [--each] [--snap seconds,...]` and
// leaves in FOLDER packets.tsv, snapshots.txt and invalid.log: a kernel's verdict on each packet, its table after each or
// some of them (`# at frame N …`) and so many seconds after the last (`# at end+S …`), its log of invalid packets.
// What we keep in test/golden/KERNEL/NAME/ is described in test/README.md and read by test/goldens.test.ts.
//
// With --events, COMMAND is called with it too and leaves events.txt: what `conntrack -E -o timestamp,extended` printed; NEW and UPDATE
// are kept. (When a kernel tells of what is gone depends on who looks at the table.)
//
// With --taken, the captures are those that scripts/helpers/record-traffic.sh has left in FOLDER; they become helpers/real-NAME.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Capture } from './captures/capture.ts'
import { LATER } from './helpers/conversations.ts'

interface Maker {
  readonly makeCaptures?: () => Record<string, Asked>
}

/** A capture, and what a kernel is asked about it. */
type Asked = Pick<Capture, 'sysctl' | 'helpers' | 'notes' | 'isEach' | 'isQuarterly' | 'later' | 'toPcap'>

const CAPTURES = new URL('captures/', import.meta.url)
const GOLDEN = fileURLToPath(new URL('../test/golden/linux-6.12/', import.meta.url))

const { values, positionals } = parseArgs({
  options: {
    oracle: { type: 'string' }, kernel: { type: 'string', default: '6.12.117 (User Mode Linux, time-travel), HZ=1000' },
    taken: { type: 'string' }, events: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})

if (values.taken !== undefined) {
  for (const [name, capture] of Object.entries(taken(values.taken))) keep(name, capture, 'scripts/helpers/record-traffic.sh')
} else {
  for (const file of readdirSync(CAPTURES).sort()) {
    const maker = await import(new URL(file, CAPTURES).href) as Maker
    for (const [name, capture] of Object.entries(maker.makeCaptures?.() ?? {})) keep(name, capture, `scripts/captures/${file}`)
  }
}

function taken(from: string): Record<string, Asked> {
  const files = readdirSync(from).filter((name) => name.endsWith('.pcap')).sort()
  return Object.fromEntries(files.map((file) => [`helpers/real-${basename(file, '.pcap')}`, {
    sysctl: [], helpers: ['all'], notes: [], isEach: false, isQuarterly: true, later: LATER, toPcap: () => readFileSync(join(from, file)),
  }]))
}

function keep(name: string, capture: Asked, maker: string): void {
  if (positionals.length > 0 && !positionals.some((wanted) => name === wanted || name.startsWith(`${wanted}/`))) return
  const folder = join(GOLDEN, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'capture.pcap'), capture.toPcap())
  writeFileSync(join(folder, 'cases.tsv'), capture.notes.map((line) => `${line}\n`).join(''))
  if (values.oracle !== undefined) record(values.oracle, folder, capture, maker)
  console.log(name)
}

function record(oracle: string, folder: string, capture: Asked, maker: string): void {
  const out = mkdtempSync(join(tmpdir(), 'golden-'))
  try {
    const options = [
      ...(capture.sysctl.length === 0 ? [] : ['--sysctl', capture.sysctl.join(',')]),
      ...(capture.helpers.length === 0 ? [] : ['--helpers']),
      ...(capture.isEach ? ['--each'] : []),
      ...(capture.later.length === 0 ? [] : ['--snap', capture.later.join(',')]),
      ...(values.events ? ['--events'] : []),
    ]
    execFileSync(oracle, [join(folder, 'capture.pcap'), out, ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
    writeFileSync(join(folder, 'packets.tsv'), readFileSync(join(out, 'packets.tsv'), 'utf8'))
    writeFileSync(join(folder, 'snapshots.txt'), wantedTables(readFileSync(join(out, 'snapshots.txt'), 'utf8'), capture))
    const log = readFileSync(join(out, 'invalid.log'), 'utf8').split('\n')
    const reasons = log.flatMap((line) => /(nf_ct_\S+: .*?) ?(?:IN=|$)/.exec(line)?.[1] ?? []) // SCTP's on chunks breaks before IN=
    writeFileSync(join(folder, 'reasons.txt'), reasons.map((line) => `${line}\n`).join(''))
    if (values.events) {
      const told = readFileSync(join(out, 'events.txt'), 'utf8').split('\n').filter((line) => /\[(?:NEW|UPDATE)\]/.test(line))
      writeFileSync(join(folder, 'events.txt'), told.map((line) => `${line}\n`).join(''))
    }
    const command = [basename(oracle), 'capture.pcap', 'FOLDER', ...options].join(' ')
    const { sysctl, helpers } = capture
    const attached = helpers.length === 0 ? {} : { helpers }
    const about = { kernel: values.kernel, date: new Date().toISOString().slice(0, 10), maker, command, sysctl, ...attached }
    writeFileSync(join(folder, 'record.json'), `${JSON.stringify(about, null, 2)}\n`)
  } finally {
    rmSync(out, { recursive: true })
  }
}

/** Each table behind `# at WHEN`, as our own command line prints several: after the last packet, or all that were asked for. */
function wantedTables(snapshots: string, capture: Asked): string {
  const blocks = snapshots.split(/^# at /m).slice(1).map((block) => {
    const [, kind = '', frame, seconds = '', lines = ''] = /^(?:(frame) (\d+)|end\+([\d.]+)) .*\n([^]*)$/.exec(block) ?? []
    return { isFrame: kind === 'frame', text: `# at ${frame === undefined ? `end+${seconds}s` : `frame:${frame}`}\n${lines}`, seconds }
  })
  const last = blocks.findLast(({ isFrame }) => isFrame)
  const isAll = capture.isEach || capture.isQuarterly
  return blocks.filter((block) => (block.isFrame ? isAll || block === last : capture.later.includes(Number(block.seconds))))
    .map(({ text }) => text).join('')
}
