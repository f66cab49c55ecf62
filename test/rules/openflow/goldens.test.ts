// Flows and traffic as Open vSwitch on a Linux kernel took them: by which ports packets left, what each flow counts, what the
// table holds. scripts/rules/openflow/record-goldens.ts records them; to add one, add a case to cases.ts there.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CASES } from '../../../scripts/rules/openflow/cases.ts'
import { flowDifferences } from '../../../scripts/rules/openflow/compare.ts'
import { ROOT } from '../../support/sources.ts'

const GOLDEN = join(ROOT, 'test/golden/openflow')
const NAMES = readdirSync(GOLDEN).sort()

test('each case has been recorded', () => {
  expect(NAMES).toEqual(Object.keys(CASES).sort())
})

test.each(NAMES)('%s: packets leave by the same ports, flows count the same, and the tables are equal', async (name) => {
  const read = (file: string): string => readFileSync(join(GOLDEN, name, file), 'utf8')
  const answer = { packets: read('packets.tsv'), flows: read('flows.txt'), table: read('table.txt'), dump: read('dump.txt') }
  expect(answer.packets).toMatch(/\t\d[\d,]*\n/)
  expect(answer.flows).toMatch(/^\d+ [1-9]/m)
  expect(answer.table.match(/^# at frame:/gm)?.length).toBe(4)
  expect(read('flows')).toBe(CASES[name]?.flows)
  expect(await flowDifferences(join(GOLDEN, name, 'capture.pcap'), read('flows'), read('ports').trim(), answer)).toEqual([])
})
