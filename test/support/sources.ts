// The project's own sources as the tests of its shape see them.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const SRC = join(ROOT, 'src')

export interface SourceFile {
  /** From src/, with `/`: `table/table.ts`. */
  readonly path: string
  readonly text: string
  readonly lines: number
  /** Other files of src/ it imports, as `path`; types too. */
  readonly imports: readonly string[]
  /** Whatever else it imports, as written. */
  readonly packages: readonly string[]
}

/** Every TypeScript file below src/. */
export function readSources(): SourceFile[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).sort().map((name) => {
    const path = name.replaceAll('\\', '/')
    const text = readFileSync(join(SRC, name), 'utf8')
    const named = ts.preProcessFile(text).importedFiles.map((file) => file.fileName)
    const folder = join(SRC, dirname(name))
    const imports = named.filter((to) => to.startsWith('.')).map((to) => relative(SRC, resolve(folder, to)).replaceAll('\\', '/'))
    return { path, text, lines: text.split('\n').length - 1, imports, packages: named.filter((to) => !to.startsWith('.')) }
  })
}

/** Number of each layer, by the name of its folder or file in src/. */
export function readLayers(): Readonly<Record<string, number>> {
  return JSON.parse(readFileSync(join(ROOT, 'scripts/layers.json'), 'utf8')) as Record<string, number>
}

/** The layer a file belongs to: its first folder, or its own name. */
export const layerOf = (path: string): string => path.split('/')[0] ?? path
