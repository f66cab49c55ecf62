// Compiles the fast path (assembly/, AssemblyScript) into src/fast-path/code.ts.
//
//     npm run fast-path

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const COLUMNS = 120

/** The text of src/fast-path/code.ts as assembly/ has it now. @throws  when it does not compile */
export function makeCode(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fast-path-'))
  try {
    const file = join(folder, 'fast-path.wasm')
    const compiler = join(ROOT, 'node_modules', 'assemblyscript', 'bin', 'asc.js')
    execFileSync(process.execPath, [compiler, '--config', 'asconfig.json', '-o', file], { cwd: ROOT, stdio: 'inherit' })
    const lines = readFileSync(file).toString('base64').match(new RegExp(`.{1,${COLUMNS}}`, 'g')) ?? []
    return '// The fast path as WebAssembly in base64, made of assembly/ by `npm run fast-path`. Not to be changed by hand.\n\n'
      + `export const CODE = \`\n${lines.join('\n')}\n\`\n`
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(join(ROOT, 'src', 'fast-path', 'code.ts'), makeCode())
