// Rulesets and traffic as a Linux kernel took them: which packets pass, what each rule counts, what the table holds.
// scripts/rules/record-goldens.ts records them; to add one, add a case to scripts/rules/cases.ts.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CASES } from '../../scripts/rules/cases.ts'
import { differences } from '../../scripts/rules/compare.ts'
import { ROOT } from '../support/sources.ts'

const GOLDEN = join(ROOT, 'test/golden/rules')
const NAMES = readdirSync(GOLDEN).sort()

test('each case has been recorded', () => {
  expect(NAMES).toEqual(Object.keys(CASES).sort())
})

test.each(NAMES)('%s: each packet meets the kernel\'s fate, each rule counts what it counted, and the tables are equal', async (name) => {
  const read = (file: string): string => readFileSync(join(GOLDEN, name, file), 'utf8')
  const answer = {
    packets: read('packets.tsv'), table: read('table.txt'), counters: read('counters.txt'), counters6: read('counters6.txt'),
  }
  expect(answer.packets).toMatch(/\tpass\n/)
  expect(answer.table.match(/^# at frame:/gm)?.length).toBe(4)
  const path = join(GOLDEN, name, 'capture.pcap')
  expect(await differences(path, { rules: read('rules'), rules6: read('rules6') }, answer, true)).toEqual([])
})
