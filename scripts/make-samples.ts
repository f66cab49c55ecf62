// Builds every capture in samples/ from code: `npm run samples`. The same bytes each time.
//
// scripts/samples/*.ts make them; what each shows stands beside it, in samples/NAME.md. test/samples.test.ts holds the files
// to this script, and the commands in the texts to what the program prints.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeAllSamples } from './lib/samples.ts'

const SAMPLES = fileURLToPath(new URL('../samples/', import.meta.url))

for (const [name, bytes] of Object.entries(await makeAllSamples())) {
  mkdirSync(dirname(join(SAMPLES, name)), { recursive: true })
  writeFileSync(join(SAMPLES, name), bytes)
  console.log(`${name.padEnd(48)} ${String(bytes.length).padStart(6)} bytes`)
}
