// The program built into a folder of its own, for tests that run it as a process. Types are erased and nothing is checked:
// that takes a second, where the real build takes ten.

import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { ROOT, SRC } from './sources.ts'

/** Builds the program. @returns path of its bin/pcap-conntrack.js */
export function buildInto(folder: string): string {
  for (const path of readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue
    const target = join(folder, 'dist', path.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, ts.transpileModule(readFileSync(join(SRC, path), 'utf8'), {
      fileName: path,
      compilerOptions: {
        target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true, rewriteRelativeImportExtensions: true,
      },
    }).outputText)
  }
  for (const path of ['bin', 'package.json']) cpSync(join(ROOT, path), join(folder, path), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return join(folder, 'bin', 'pcap-conntrack.js')
}
