// What is run is what is written: the fast path's code is made of assembly/.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeCode } from '../../scripts/make-fast-path.ts'
import { SRC } from '../support/sources.ts'

test('src/fast-path/code.ts is what assembly/ compiles to', () => {
  expect(makeCode() === readFileSync(join(SRC, 'fast-path', 'code.ts'), 'utf8'), 'run `npm run fast-path`').toBe(true)
})
