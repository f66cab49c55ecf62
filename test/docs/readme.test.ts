// The README's example of the library prints what the README says it prints.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as library from '../../src/index.ts'
import { ROOT } from '../support/sources.ts'

const SAMPLES = join(ROOT, 'samples/')

type Run = (...args: unknown[]) => Promise<void>

test('the example of the library prints what stands behind it', async () => {
  const section = /## As a library\n([^]*?)\n## /.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))?.[1] ?? ''
  const [, names = '', body = ''] = /```js\nimport \{ (.*) \} from 'pcap-conntrack'\n([^]*?)```/.exec(section) ?? []
  const [, printed = ''] = /```text\n([^]*?)```/.exec(section) ?? []
  expect(names.split(', ').filter((name) => !(name in library))).toEqual([])

  const lines: string[] = []
  const console = { log: (...words: unknown[]): void => { lines.push(words.join(' ')) } }
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is our own, and is what is tested
  const run = new Function('console', ...names.split(', '), `return (async () => {${body.replaceAll('samples/', SAMPLES)}})()`) as Run
  await run(console, ...names.split(', ').map((name) => new Map<string, unknown>(Object.entries(library)).get(name)))
  expect(lines.length).toBeGreaterThan(6)
  expect(lines.map((line) => `${line}\n`).join('')).toBe(printed)
})

test('every function that it lists is there', () => {
  const table = /\| function \| gives \|\n\|---\|---\|\n([^]*?)\n\n/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))?.[1] ?? ''
  const named = table.split('\n').flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ''))
  expect(named.length).toBeGreaterThan(8)
  expect(named.filter((name) => typeof new Map<string, unknown>(Object.entries(library)).get(name) !== 'function')).toEqual([])
})
