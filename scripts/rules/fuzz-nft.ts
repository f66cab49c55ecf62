// Random rulesets of nftables and traffic through a Linux kernel and through us.
//
//     npm run fuzz:nft -- [--seed N] [--rulesets N] [--talks N]
//
// Asks scripts/rules/answer.sh, as root: with LINUX_UML a kernel on the capture's clock, else the running one, whose timeouts are
// not compared. A round that differs is left in a folder.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { differences } from './compare.ts'
import { makeNftRules } from './generate-nft.ts'
import { makeTraffic } from './generate.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, rulesets: { type: 'string', default: '1' }, talks: { type: 'string', default: '60' } },
})
const ANSWER = fileURLToPath(new URL('answer.sh', import.meta.url))
const hasClock = (process.env.LINUX_UML ?? '') !== ''

let failed = 0
for (let i = 0; i < Number(values.rulesets); i++) {
  const seed = Number(values.seed) + i
  const folder = mkdtempSync(join(tmpdir(), `nft-${String(seed)}-`))
  const file = (name: string): string => join(folder, name)
  writeFileSync(file('capture.pcap'), makeTraffic(seed, Number(values.talks), hasClock))
  writeFileSync(file('rules.nft'), makeNftRules(seed))
  execFileSync(ANSWER, [file('capture.pcap'), folder, '--nft', file('rules.nft')], { stdio: ['ignore', 'ignore', 'inherit'] })
  const read = (name: string): string => readFileSync(file(name), 'utf8')
  const answer = { packets: read('packets.tsv'), table: read('table.txt'), counters: '', counters6: '', listing: read('ruleset.txt') }
  const asked = { rules: '', rules6: '', nft: read('ruleset.json'), machine: 'bridge' } as const
  const found = await differences(file('capture.pcap'), asked, answer, hasClock)
  console.log(`seed ${String(seed)}: ${found.length === 0 ? 'the same' : `${String(found.length)} differences, see ${folder}`}`)
  for (const line of found.slice(0, 12)) console.log(`  ${line}`)
  if (found.length === 0) rmSync(folder, { recursive: true })
  else failed++
}
process.exitCode = failed === 0 ? 0 : 1
