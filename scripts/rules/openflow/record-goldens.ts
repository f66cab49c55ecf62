// Records what Open vSwitch on a Linux kernel made of flows and traffic, for test/rules/openflow/goldens.test.ts.
//
//     LINUX_UML=KERNEL node --import ./scripts/typescript.js scripts/rules/openflow/record-goldens.ts [--only NAME]
//
// Each folder of test/golden/openflow/ holds capture.pcap, flows, ports, and the answers as answer.py leaves them: packets.tsv,
// flows.txt, table.txt, dump.txt. Root; answer.sh says how the kernel is run.

import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CASES } from './cases.ts'

const { values } = parseArgs({
  options: {
    kernel: { type: 'string', default: '6.12.117 (User Mode Linux, time-travel), HZ=1000' },
    switch: { type: 'string', default: 'Open vSwitch 3.1.0 (Debian 12)' },
    only: { type: 'string', default: '' },
  },
})
const GOLDEN = fileURLToPath(new URL('../../../test/golden/openflow/', import.meta.url))
const ANSWER = fileURLToPath(new URL('answer.sh', import.meta.url))

for (const [name, { capture, flows, ports }] of Object.entries(CASES)) {
  if (values.only !== '' && name !== values.only) continue
  const folder = join(GOLDEN, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const file = (part: string): string => join(folder, part)
  writeFileSync(file('capture.pcap'), capture())
  writeFileSync(file('flows'), flows)
  writeFileSync(file('ports'), `${ports}\n`)
  const asked = [file('capture.pcap'), folder, '--flows', file('flows'), '--ports', ports]
  execFileSync(ANSWER, asked, { stdio: ['ignore', 'ignore', 'inherit'] })
  rmSync(file('uml.log'))
  const date = new Date().toISOString().slice(0, 10)
  const about = { kernel: values.kernel, switch: values.switch, date, maker: 'scripts/rules/openflow/record-goldens.ts' }
  writeFileSync(file('about.json'), `${JSON.stringify(about, null, 2)}\n`)
  console.log(name)
}
