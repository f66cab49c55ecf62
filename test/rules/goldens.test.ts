// Rulesets and traffic as a Linux kernel took them: which packets pass, what each rule counts, what the table holds.
// scripts/rules/record-goldens.ts records them; to add one, add a case to scripts/rules/cases.ts.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
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

test.each(NAMES)('%s is what its makers make', (name) => {
  const { capture, rules, rules6, deletions } = CASES[name]!
  const read = (file: string): Buffer => readFileSync(join(GOLDEN, name, file))
  expect(read('capture.pcap').equals(capture())).toBe(true)
  expect([read('rules').toString(), read('rules6').toString()]).toEqual([rules, rules6])
  expect(deletions === undefined ? undefined : read('deletions').toString()).toBe(deletions)
})

const ONE_SIDED = NAMES.filter((name) => CASES[name]?.sides !== 'only')

const TITLE = '%s: each packet meets the kernel\'s fate, each rule counts what it counted, and the tables are equal'

test.each(ONE_SIDED)(TITLE, async (name) => {
  const read = (file: string): string => readFileSync(join(GOLDEN, name, file), 'utf8')
  const answer = {
    packets: read('packets.tsv'), table: read('table.txt'), counters: read('counters.txt'), counters6: read('counters6.txt'),
  }
  expect(answer.packets).toMatch(/\tpass\n/)
  expect(answer.table.match(/^# at frame:/gm)?.length).toBe(4)
  const path = join(GOLDEN, name, 'capture.pcap')
  const { machine } = CASES[name]!
  const deletions = existsSync(join(GOLDEN, name, 'deletions')) ? { deletions: read('deletions') } : {}
  expect(await differences(path, { rules: read('rules'), rules6: read('rules6'), machine, ...deletions }, answer, true)).toEqual([])
})

const SIDES = NAMES.filter((name) => CASES[name]?.sides !== undefined)

test.each(SIDES)('%s: a capture of both sides of the router comes to the same tables and counters', async (name) => {
  const read = (file: string): string => readFileSync(join(GOLDEN, name, file), 'utf8')
  const last = read('table.txt').split('# at ').at(-1)!.replace(/^.*\n/, '')
  const answer = { packets: '', table: `# at end\n${last}`, counters: read('counters.txt'), counters6: read('counters6.txt') }
  const asked = { rules: read('rules'), rules6: read('rules6'), machine: 'router', hasCopies: true } as const
  expect(last).toContain('dst=10.2.0.254')
  expect(await differences(join(GOLDEN, name, 'both.pcap'), asked, answer, true)).toEqual([])
})
