import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSources, ROOT, SRC } from '../support/sources.ts'

/** Folders whose `@kernel` tags all have a line. */
const MAPPED = /^(protocols|conntrack|table|helpers|diagnoses)\//

const text = readFileSync(join(ROOT, 'docs/kernel-map.md'), 'utf8')
const lines = [...text.matchAll(/^\| `([^`]+)`[^|]*\| `([^`]+)` \| `([^`]+)` \|$/gm)]
  .map(([, kernel = '', file = '', ours = '']) => ({ kernel, file, ours }))

describe('docs/kernel-map.md', () => {
  test('names files that are there, and what is in them', () => {
    expect(lines.length).toBeGreaterThan(50)
    const wrong = lines.filter(({ file, ours }) => {
      const path = join(SRC, file)
      return !existsSync(path) || !new RegExp(`(^|[^\\w#])${ours}\\b`, 'm').test(readFileSync(path, 'utf8'))
    })
    expect(wrong).toEqual([])
  })

  test('has each of the kernel\'s functions once', () => {
    const names = lines.map(({ kernel }) => kernel)
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })

  test('has a line for every function of the kernel that the code names', () => {
    const mapped = new Set(lines.map(({ kernel }) => kernel))
    const named = readSources().filter(({ path }) => MAPPED.test(path)).flatMap(({ path, text: source }) =>
      [...source.matchAll(/(?:@kernel|Kernel:)([^\n]*)/g)].flatMap(([, said = '']) =>
        [...said.matchAll(/\b(?:__)?[a-z]\w*\(\)/g)].map(([name]) => `${path}: ${name}`)))
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((name) => !mapped.has(name.split(': ')[1] ?? ''))).toEqual([])
  })
})
