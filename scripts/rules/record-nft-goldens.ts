// Records what a Linux kernel made of rulesets of nftables and generated traffic, for test/rules/nft-goldens.test.ts.
//
//     LINUX_UML=KERNEL node --import ./scripts/typescript.js scripts/rules/record-nft-goldens.ts [--kernel TEXT] [NAME...]
//
// Each folder of test/golden/nft/ holds capture.pcap, rules.nft, and the kernel's answers as answer.py leaves them: ruleset.json,
// ruleset.txt, packets.tsv, table.txt. Root; answer.sh says how the kernel is run.

import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { NFT_CASES } from './nft-cases.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kernel: { type: 'string', default: '6.12.117 (User Mode Linux, time-travel), HZ=1000' } },
})
if ((process.env.LINUX_UML ?? '') === '') throw new Error('LINUX_UML is not set: most goldens are recorded on the capture\'s clock')
const GOLDEN = fileURLToPath(new URL('../../test/golden/nft/', import.meta.url))
const ANSWER = fileURLToPath(new URL('answer.sh', import.meta.url))

for (const [name, { capture, rules, hasClock, isRouter }] of Object.entries(NFT_CASES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const folder = join(GOLDEN, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const file = (part: string): string => join(folder, part)
  writeFileSync(file('capture.pcap'), capture())
  writeFileSync(file('rules.nft'), rules)
  const env = hasClock ? process.env : { ...process.env, LINUX_UML: '' }
  execFileSync(ANSWER, [file('capture.pcap'), folder, '--nft', file('rules.nft'), ...(isRouter ? ['--router'] : [])], {
    stdio: ['ignore', 'ignore', 'inherit'], env,
  })
  for (const part of ['uml.log', 'both.pcap']) rmSync(file(part), { force: true })
  const kernel = hasClock ? values.kernel : `${release().split('-')[0] ?? ''}, packets back to back`
  const about = { kernel, date: new Date().toISOString().slice(0, 10), maker: 'scripts/rules/record-nft-goldens.ts', hasClock, isRouter }
  writeFileSync(file('about.json'), `${JSON.stringify(about, null, 2)}\n`)
  console.log(name)
}
