// What the documents say of findings.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FINDING_CODES } from '../../src/index.ts'
import { ROOT } from '../support/sources.ts'

test('the README lists every finding with its meaning and a sample that shows it', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const listed = [...readme.matchAll(/^\| \[`([a-z-]+)`\]\((samples\/[a-z-]+\.md)\) \| (.*) \|$/gm)]
  expect(listed.map(([, code, , meaning]) => [code, meaning]).sort()).toEqual(FINDING_CODES.map(([code, meaning]) => [code, meaning]))
  for (const [, code = '', text = ''] of listed) {
    expect(readFileSync(join(ROOT, text), 'utf8')).toMatch(new RegExp(`^(WARNING|ERROR|INFO)  ${code},`, 'm'))
  }
})
