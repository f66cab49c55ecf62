// Records what a Linux kernel made of rulesets and generated traffic, for test/rules/goldens.test.ts.
//
//     LINUX_UML=KERNEL node --import ./scripts/typescript.js scripts/rules/record-goldens.ts [--kernel TEXT]
//
// Each folder of test/golden/rules/ holds capture.pcap, rules, rules6, and the kernel's answers as answer.py leaves them:
// packets.tsv, table.txt, counters.txt, counters6.txt. Root; answer.sh says how the kernel is run.

import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CASES } from './cases.ts'

const { values } = parseArgs({ options: { kernel: { type: 'string', default: '6.12.117 (User Mode Linux, time-travel), HZ=1000' } } })
if ((process.env.LINUX_UML ?? '') === '') throw new Error('LINUX_UML is not set: goldens are recorded on the capture\'s clock')
const GOLDEN = fileURLToPath(new URL('../../test/golden/rules/', import.meta.url))
const ANSWER = fileURLToPath(new URL('answer.sh', import.meta.url))

for (const [name, { capture, rules, rules6 }] of Object.entries(CASES)) {
  const folder = join(GOLDEN, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const file = (part: string): string => join(folder, part)
  writeFileSync(file('capture.pcap'), capture())
  writeFileSync(file('rules'), rules)
  writeFileSync(file('rules6'), rules6)
  const options = ['--rules', file('rules'), '--rules6', file('rules6')]
  execFileSync(ANSWER, [file('capture.pcap'), folder, ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
  rmSync(file('uml.log'))
  const about = { kernel: values.kernel, date: new Date().toISOString().slice(0, 10), maker: 'scripts/rules/record-goldens.ts' }
  writeFileSync(file('about.json'), `${JSON.stringify(about, null, 2)}\n`)
  console.log(name)
}
