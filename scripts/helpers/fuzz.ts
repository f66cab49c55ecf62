// Random conversations that helpers read, well-formed, split, cut and hostile, through a Linux kernel and through us.
//
//     node --import ./scripts/typescript.js scripts/helpers/fuzz.ts --oracle COMMAND [--seed N] [--rounds N] [--only NAME]
//
// COMMAND is called as `COMMAND capture.pcap FOLDER --helpers --sysctl NAME=VALUE` and leaves packets.tsv, snapshots.txt and
// invalid.log in FOLDER, as for scripts/record-goldens.ts. A round that differs is left in the folder that is printed.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { differences } from './compare.ts'
import { makeCapture, NAMES } from './conversations.ts'

const { values } = parseArgs({
  options: {
    oracle: { type: 'string' }, seed: { type: 'string', default: '1' }, rounds: { type: 'string', default: '1' }, only: { type: 'string' },
    talks: { type: 'string', default: '120' },
  },
})
if (values.oracle === undefined) throw new Error('--oracle COMMAND is missing')

let failed = 0
const names = values.only === undefined ? NAMES : values.only.split(',')
for (let round = 0; round < Number(values.rounds); round++) {
  const seed = Number(values.seed) + round
  const folder = mkdtempSync(join(tmpdir(), `helpers-${String(seed)}-`))
  const path = join(folder, 'capture.pcap')
  writeFileSync(path, makeCapture(seed, Number(values.talks), names).toPcap())
  const options = ['--helpers', '--sysctl', 'net.netfilter.nf_conntrack_expect_max=4096']
  execFileSync(values.oracle, [path, folder, ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
  const reasons = read('invalid.log').split('\n').flatMap((line) => /(nf_ct_\S+: .*?) ?(?:IN=|$)/.exec(line)?.[1] ?? [])
  const found = await differences(path, { packets: read('packets.tsv'), snapshots: read('snapshots.txt'), reasons })
  console.log(`seed ${String(seed)}: ${found.length === 0 ? 'the same' : `${String(found.length)} differences, see ${folder}`}`)
  for (const line of found.slice(0, 12)) console.log(`  ${line}`)
  if (found.length === 0) rmSync(folder, { recursive: true })
  else failed++
}
process.exitCode = failed === 0 ? 0 : 1
