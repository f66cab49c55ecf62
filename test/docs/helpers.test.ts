// docs/helpers.md names every helper with its ports, and every parameter with its default.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { IPPROTO_TCP } from '../../src/base/units.ts'
import { PARAMETERS } from '../../src/helpers/parameters.ts'
import { attach, HELPER_NAMES } from '../../src/helpers/registry.ts'

const page = readFileSync(new URL('../../docs/helpers.md', import.meta.url), 'utf8')

test.each(HELPER_NAMES.filter((name) => name !== 'h323'))('%s is there with its ports', (name) => {
  const ports = attach([name]).attachments.map(({ helper, port }) => `${helper.protocol === IPPROTO_TCP ? 'TCP' : 'UDP'} ${String(port)}`)
  expect(page).toContain(`| \`${name}\` | ${ports.join(', ')} |`)
})

test.each(PARAMETERS)('%s is there with its default', (name, value, unit, helper, text) => {
  expect(page).toContain(`| \`${helper}\` | \`${name}\` | ${String(value)} | ${unit} | ${text} |`)
})
