// Rulesets of nftables and traffic as a Linux kernel took them: which packets pass, what each counter of each rule shows in nft's
// own listing, what the table holds. scripts/rules/record-nft-goldens.ts records them; to add one, add a case to
// scripts/rules/nft-cases.ts.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { differences } from '../../scripts/rules/compare.ts'
import { NFT_CASES } from '../../scripts/rules/nft-cases.ts'
import { ROOT } from '../support/sources.ts'

const GOLDEN = join(ROOT, 'test/golden/nft')
const NAMES = readdirSync(GOLDEN).sort()

test('each case has been recorded', () => {
  expect(NAMES).toEqual(Object.keys(NFT_CASES).sort())
})

test.each(NAMES)('%s: packets meet the kernel\'s fate, nft lists each rule as it listed it, and the tables are equal', async (name) => {
  const read = (file: string): string => readFileSync(join(GOLDEN, name, file), 'utf8')
  const about = JSON.parse(read('about.json')) as { hasClock: boolean, isRouter: boolean }
  const answer = { packets: read('packets.tsv'), table: read('table.txt'), counters: '', counters6: '', listing: read('ruleset.txt') }
  expect(answer.packets).toMatch(/\tpass\n/)
  expect(answer.listing).toMatch(/counter packets [1-9]/)
  const asked = { rules: '', rules6: '', nft: read('ruleset.json') }
  const found = await differences(join(GOLDEN, name, 'capture.pcap'), { ...asked, machine: about.isRouter ? 'router' : 'bridge' }, answer,
    about.hasClock)
  expect(found).toEqual([])
})
