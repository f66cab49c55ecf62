// Writes into scripts what the kernel said of their packets, from the goldens recorded of them. Read it before you believe it:
// a script says what one wants to show, and this says what is.
//
//     node --import ./scripts/typescript.js scripts/annotate-scripts.ts [NAME...]

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { printScript } from '../test/support/script/script.ts'
import { readScript, scriptNames } from './captures/scripts.ts'
import { annotated } from './lib/annotate.ts'

const SCRIPTS = fileURLToPath(new URL('../test/scripts/', import.meta.url))

const wanted = process.argv.slice(2)
for (const name of scriptNames()) {
  if (wanted.length > 0 && !wanted.some((prefix) => name === prefix || name.startsWith(`${prefix}/`))) continue
  writeFileSync(`${SCRIPTS}${name}.ct`, printScript(annotated(readScript(name), name)))
}
