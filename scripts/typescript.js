// Lets any Node ≥ 20.6 run this project's TypeScript as it stands:
//
//     node --import ./scripts/typescript.js scripts/make-samples.ts
//
// Types are erased file by file, nothing is checked (`npm run types` does) and nothing is written.

import { readFileSync } from 'node:fs'
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import ts from 'typescript'

if (isMainThread) {
  process.setSourceMapsEnabled(true)
  register(import.meta.url)
}

/** Module hook, called by Node on a thread of its own. */
export function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
  const { outputText } = ts.transpileModule(readFileSync(fileURLToPath(url), 'utf8'), {
    fileName: fileURLToPath(url),
    compilerOptions: {
      target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true, inlineSourceMap: true,
    },
  })
  return { format: 'module', source: outputText, shortCircuit: true }
}
