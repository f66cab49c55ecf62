// Random rulesets and traffic through a Linux kernel and through us.
//
//     node --import ./scripts/typescript.js scripts/rules/fuzz.ts [--seed N] [--rounds N] [--talks N] [--more]
//
// Asks scripts/rules/answer.sh, as root: with LINUX_UML a kernel on the capture's clock, else the running one, whose timeouts
// are not compared; --more uses matches that only the running one may have. A round that differs is left in a folder.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { differences } from './compare.ts'
import { makeRules, makeTraffic } from './generate.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' }, rounds: { type: 'string', default: '1' }, talks: { type: 'string', default: '60' },
    more: { type: 'boolean', default: false },
  },
})
const ANSWER = fileURLToPath(new URL('answer.sh', import.meta.url))
const hasClock = (process.env.LINUX_UML ?? '') !== ''

let failed = 0
for (let round = 0; round < Number(values.rounds); round++) {
  const seed = Number(values.seed) + round
  const folder = mkdtempSync(join(tmpdir(), `rules-${String(seed)}-`))
  const file = (name: string): string => join(folder, name)
  const modules = { hasMore: values.more }
  const asked = { rules: makeRules(seed, false, modules), rules6: makeRules(seed + 1_000_000, true, modules) }
  writeFileSync(file('capture.pcap'), makeTraffic(seed, Number(values.talks), hasClock))
  writeFileSync(file('rules'), asked.rules)
  writeFileSync(file('rules6'), asked.rules6)
  const options = ['--rules', file('rules'), '--rules6', file('rules6')]
  execFileSync(ANSWER, [file('capture.pcap'), folder, ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
  const read = (name: string): string => readFileSync(file(name), 'utf8')
  const [packets, table, counters, counters6] = ['packets.tsv', 'table.txt', 'counters.txt', 'counters6.txt'].map(read)
  const answer = { packets: packets!, table: table!, counters: counters!, counters6: counters6! }
  const found = await differences(file('capture.pcap'), asked, answer, hasClock)
  console.log(`seed ${String(seed)}: ${found.length === 0 ? 'the same' : `${String(found.length)} differences, see ${folder}`}`)
  for (const line of found.slice(0, 12)) console.log(`  ${line}`)
  if (found.length === 0) rmSync(folder, { recursive: true })
  else failed++
}
process.exitCode = failed === 0 ? 0 : 1
