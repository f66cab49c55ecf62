import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PAGE, sysctlPage } from '../../scripts/make-sysctl-page.ts'

test('docs/sysctl.md is what scripts/make-sysctl-page.ts writes', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(sysctlPage())
})
