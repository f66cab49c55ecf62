// The shape of src/: who knows whom, and that src/README.md says what is there. Lint holds each line to this as it is
// written; here the whole is looked at, and what lint cannot see.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { layerOf, readLayers, readSources, SRC, type SourceFile } from './support/sources.ts'

const layers = readLayers()
const sources = readSources()
const byPath = new Map(sources.map((source) => [source.path, source]))

const TOUCHES_NODE = ['capture', 'cli', 'live']
const SPEAKS_TO_INDEX = ['cli', 'live']
const LONG = 300 // lines: the soft limit
const TOO_LONG = 450 // lines: the hard one

/** May a file of layer `from` import a file of layer `to`? */
function mayImport(from: string, to: string): boolean {
  if (from === to) return true
  if (from === 'cli' && to === 'live') return true // the command line shows what live/ captures
  if (SPEAKS_TO_INDEX.includes(from)) return to === 'index.ts'
  return (layers[to] ?? Infinity) < (layers[from] ?? -Infinity)
}

describe('layers', () => {
  test('every folder and file right below src/ has a layer', () => {
    expect([...new Set(sources.map((source) => layerOf(source.path)))].filter((name) => !(name in layers))).toEqual([])
  })

  test('a file imports only from lower layers and its own', () => {
    expect(edges().filter(([from, to]) => !mayImport(layerOf(from), layerOf(to))).map(([from, to]) => `${from} imports ${to}`)).toEqual([])
  })

  test('every relative import names a file that is there', () => {
    expect(edges().filter(([, to]) => !byPath.has(to)).map(([from, to]) => `${from} imports ${to}`)).toEqual([])
  })

  test('of capture/, the pure layers see the frame alone', () => {
    const pure = edges().filter(([from]) => ![...TOUCHES_NODE, 'library.ts', 'index.ts'].includes(layerOf(from)))
    expect(pure.filter(([, to]) => to.startsWith('capture/') && to !== 'capture/frame.ts')).toEqual([])
  })

  test('only capture/, cli/ and live/ import Node or a package, and views/ what draws a table', () => {
    const found = sources.filter((source) => !TOUCHES_NODE.includes(layerOf(source.path))).flatMap((source) => source.packages
      .filter((name) => !(name === 'cli-table3' && layerOf(source.path) === 'views'))
      .map((name) => `${source.path} imports ${name}`))
    expect(found).toEqual([])
  })

  test('no import goes round in a circle', () => {
    expect(cycles()).toEqual([])
  })
})

describe('files', () => {
  test('nothing is exported by default', () => {
    expect(sources.filter((source) => /^export default\b/m.test(source.text)).map((source) => source.path)).toEqual([])
  })

  test('only index.ts passes on what others export', () => {
    const passing = sources.filter((source) => /^export (type )?(\*|\{[^}]*\}) from /m.test(source.text)).map((source) => source.path)
    expect(passing.filter((path) => path !== 'index.ts')).toEqual([])
  })

  test('no file is called after nothing', () => {
    const nameless = sources.map((source) => source.path).filter((path) => /(^|\/)(utils?|misc|common|tools|lib|index)\.ts$/.test(path))
    expect(nameless).toEqual(['index.ts'])
  })

  test(`no file is longer than ${TOO_LONG} lines`, () => {
    const long = sources.filter((source) => source.lines > LONG)
    if (long.length > 0) console.info(`over ${LONG} lines: ${long.map((source) => `${source.path} ${source.lines}`).join(', ')}`)
    expect(long.filter((source) => source.lines > TOO_LONG).map((source) => `${source.path} ${source.lines}`)).toEqual([])
  })

  test('every file begins by saying what it is', () => {
    expect(sources.filter((source) => !/^(\/\/ |\/\*\*)/.test(source.text)).map((source) => source.path)).toEqual([])
  })
})

describe('src/README.md', () => {
  const listed = readmeFiles()

  test('has a line for every file', () => {
    expect(sources.map((source) => source.path).filter((path) => !listed.includes(path))).toEqual([])
  })

  test('has no line for a file that is not there', () => {
    expect(listed.filter((path) => !byPath.has(path))).toEqual([])
  })

  test('has no file twice', () => {
    expect(listed.filter((path, at) => listed.indexOf(path) !== at)).toEqual([])
  })

  test('gives each folder the number of its layer', () => {
    const text = readFileSync(join(SRC, 'README.md'), 'utf8')
    const said = [...text.matchAll(/^## `([\w-]+)\/` · (\d+)/gm)].map((match) => [match[1], Number(match[2])])
    const folders = new Set(sources.filter((source) => source.path.includes('/')).map((source) => layerOf(source.path)))
    expect(Object.fromEntries(said)).toEqual(Object.fromEntries([...folders].map((folder) => [folder, layers[folder]])))
  })
})

function edges(): [from: string, to: string][] {
  return sources.flatMap((source) => source.imports.map((to): [string, string] => [source.path, to]))
}

/** Circles of imports, each as the list of its files. */
function cycles(): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (source: SourceFile, trail: readonly string[]): void => {
    const at = trail.indexOf(source.path)
    if (at >= 0) {
      found.push([...trail.slice(at), source.path].join(' → '))
      return
    }
    if (done.has(source.path)) return
    for (const to of source.imports) {
      const next = byPath.get(to)
      if (next !== undefined) visit(next, [...trail, source.path])
    }
    done.add(source.path)
  }
  for (const source of sources) visit(source, [])
  return found
}

/** Files listed in src/README.md: `- \`name.ts\` …` below a heading that names the folder. */
function readmeFiles(): string[] {
  let folder = ''
  const files: string[] = []
  for (const line of readFileSync(join(SRC, 'README.md'), 'utf8').split('\n')) {
    const heading = /^## (?:`([\w-]+\/)`)?/.exec(line)
    if (heading !== null) folder = heading[1] ?? ''
    const item = /^- `([\w./-]+\.ts)` — \S/.exec(line)
    if (item?.[1] !== undefined) files.push(folder + item[1])
  }
  return files
}
