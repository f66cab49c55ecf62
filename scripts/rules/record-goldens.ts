// Records what a Linux kernel made of rulesets and generated traffic, for test/rules/goldens.test.ts.
//
//     LINUX_UML=KERNEL node --import ./scripts/typescript.js scripts/rules/record-goldens.ts [--kernel TEXT] [NAME…]
//
// Each folder of test/golden/rules/ holds capture.pcap, rules, rules6, and the kernel's answers as answer.py leaves them:
// packets.tsv, table.txt, counters.txt, counters6.txt, of one with two sides both.pcap; and what was deleted on the way. Root; answer.sh
// says how the kernel is run.

import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CASES } from './cases.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true, options: { kernel: { type: 'string', default: '6.12.117 (User Mode Linux, time-travel), HZ=1000' } },
})
if ((process.env.LINUX_UML ?? '') === '') throw new Error('LINUX_UML is not set: goldens are recorded on the capture\'s clock')
const GOLDEN = fileURLToPath(new URL('../../test/golden/rules/', import.meta.url))
const ANSWER = fileURLToPath(new URL('answer.sh', import.meta.url))

/** `16 src=10.1.0.1,proto=tcp` as answer.py takes it. */
function command(line: string): string {
  const [frame = '', which = ''] = line.split(' ')
  const words = which === 'all' ? '-F' : `-D ${which.split(',').map((part) => `--${part.replace('=', ' ')}`).join(' ')}`
  return `${frame} conntrack -f ipv4 ${words}; conntrack -f ipv6 ${words}\n`
}

for (const [name, { capture, rules, rules6, machine, deletions, sides }] of Object.entries(CASES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const folder = join(GOLDEN, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const file = (part: string): string => join(folder, part)
  writeFileSync(file('capture.pcap'), capture())
  writeFileSync(file('rules'), rules)
  writeFileSync(file('rules6'), rules6)
  const options = ['--rules', file('rules'), '--rules6', file('rules6'), ...(machine === 'router' ? ['--router'] : [])]
  if (deletions !== undefined) {
    writeFileSync(file('deletions'), deletions)
    writeFileSync(file('commands'), deletions.trim().split('\n').map(command).join(''))
    options.push('--commands', file('commands'))
  }
  execFileSync(ANSWER, [file('capture.pcap'), folder, ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
  rmSync(file('uml.log'))
  rmSync(file('commands'), { force: true })
  if (sides === undefined) rmSync(file('both.pcap'), { force: true })
  const about = { machine, kernel: values.kernel, date: new Date().toISOString().slice(0, 10), maker: 'scripts/rules/record-goldens.ts' }
  writeFileSync(file('about.json'), `${JSON.stringify(about, null, 2)}\n`)
  console.log(name)
}
