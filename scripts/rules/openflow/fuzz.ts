// Random flows and traffic through Open vSwitch on a Linux kernel and through us.
//
//     LINUX_UML=KERNEL node --import ./scripts/typescript.js scripts/rules/openflow/fuzz.ts [--seed N] [--rounds N] [--talks N]
//
// Asks answer.sh, as root. A round that differs is left in a folder.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeTraffic } from '../generate.ts'
import { flowDifferences } from './compare.ts'
import { makeFlows, SWITCH_PORTS } from './generate.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, rounds: { type: 'string', default: '1' }, talks: { type: 'string', default: '60' } },
})
const ANSWER = fileURLToPath(new URL('answer.sh', import.meta.url))

let failed = 0
for (let round = 0; round < Number(values.rounds); round++) {
  const seed = Number(values.seed) + round
  const folder = mkdtempSync(join(tmpdir(), `flows-${String(seed)}-`))
  const file = (name: string): string => join(folder, name)
  const flows = makeFlows(seed)
  writeFileSync(file('capture.pcap'), makeTraffic(seed, Number(values.talks)))
  writeFileSync(file('flows'), flows)
  const asked = [file('capture.pcap'), folder, '--flows', file('flows'), '--ports', SWITCH_PORTS]
  execFileSync(ANSWER, asked, { stdio: ['ignore', 'ignore', 'inherit'] })
  const read = (name: string): string => readFileSync(file(name), 'utf8')
  const answer = { packets: read('packets.tsv'), flows: read('flows.txt'), table: read('table.txt'), dump: read('dump.txt') }
  const found = await flowDifferences(file('capture.pcap'), flows, SWITCH_PORTS, answer)
  console.log(`seed ${String(seed)}: ${found.length === 0 ? 'the same' : `${String(found.length)} differences, see ${folder}`}`)
  for (const line of found.slice(0, 12)) console.log(`  ${line}`)
  if (found.length === 0) rmSync(folder, { recursive: true })
  else failed++
}
process.exitCode = failed === 0 ? 0 : 1
