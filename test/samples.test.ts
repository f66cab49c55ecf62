// The samples: made by script, described, and true to their descriptions.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EXIT } from '../src/cli/exit-codes.ts'
import { makeAllSamples } from '../scripts/lib/samples.ts'
import { command } from './support/command.ts'
import { ROOT } from './support/sources.ts'

const SAMPLES = join(ROOT, 'samples')
const LARGEST = 50_000 // bytes
const made = await makeAllSamples()
const present = readdirSync(SAMPLES, { recursive: true, encoding: 'utf8' })
const captures = present.filter((name) => /\.pcap(ng)?$/.test(name))
const tables = present.filter((name) => name.endsWith('.txt'))
const texts = present.filter((name) => name.endsWith('.md'))
const OTHERS = ['../README.md', '../docs/forms.md']

/** Runs the program as if from the project's folder, where the texts' commands begin. */
async function run(args: readonly string[]): Promise<string> {
  const { code, out, error } = await command(args.map((arg) => /^(samples|test)\//.test(arg) ? join(ROOT, arg) : arg))
  // diff and compare are shown where there is something to tell: they end with 1.
  expect({ code, error }).toEqual({ code: ['diff', 'compare'].includes(args[0]!) ? EXIT.FINDINGS : EXIT.DONE, error: '' })
  return out.replaceAll(join(ROOT, '/'), '')
}

describe('the captures', () => {
  test('are those that npm run samples makes', () => {
    expect([...captures, ...tables].sort()).toEqual(Object.keys(made).sort())
  })

  test.each(Object.keys(made))('%s is what npm run samples makes', (name) => {
    expect(readFileSync(join(SAMPLES, name)).equals(made[name]!)).toBe(true)
    expect(made[name]!.length).toBeLessThan(LARGEST)
  })

  // The kernel sums UDP-Lite with UDP's number, so it finds all of them wrong: see udplite.md.
  test.each(captures.filter((name) => name !== 'udplite.pcap'))('%s has checksums that are right', async (name) => {
    const capture = `samples/${name}`
    expect(await run(['packets', capture, '--sysctl', 'nf_conntrack_checksum=1'])).toBe(await run(['packets', capture]))
  })

  test('each have a text, or a line in that of their folder', () => {
    const missing = captures.filter((name) => {
      const [folder, file] = name.split('/')
      if (file === undefined) return !texts.includes(name.replace(/\.pcap(ng)?$/, '.md'))
      return !readFileSync(join(SAMPLES, folder!, 'README.md'), 'utf8').includes(`| ${file} |`)
    })
    expect(missing).toEqual([])
  })

  test('each have a line in the list of samples', () => {
    const list = readFileSync(join(SAMPLES, 'README.md'), 'utf8')
    expect(texts.filter((name) => name !== 'README.md' && !list.includes(`(${name})`))).toEqual([])
  })
})

describe('what the texts say is printed', () => {
  test.each([...texts, ...OTHERS].flatMap(commandsOf))('$text: $line', async ({ args, printed }) => {
    expect(await run(args)).toBe(printed)
  })
})

/** `$ pcap-conntrack …` in a block of a text, and the lines up to the end of the block. */
function commandsOf(text: string): { text: string, line: string, args: string[], printed: string }[] {
  const blocks = readFileSync(join(SAMPLES, text), 'utf8').matchAll(/^```console\n\$ (pcap-conntrack (.*))\n([^]*?)^```$/gm)
  return [...blocks].map(([, line, args, printed]) => ({ text, line: line!, args: args!.split(' '), printed: printed! }))
}

describe('link types', () => {
  const folder = 'samples/link-types'
  const links = captures.filter((name) => name.startsWith('link-types/') && !/raw-ipv[46]/.test(name))

  test.each(links)('%s says what ethernet.pcap says', async (name) => {
    expect(await run([`samples/${name}`])).toBe(await run([`${folder}/ethernet.pcap`]))
    expect(await run(['packets', `samples/${name}`])).toBe(await run(['packets', `${folder}/ethernet.pcap`]))
  })

  test('raw-ipv4.pcap and raw-ipv6.pcap say half of it each', async () => {
    const verdicts = (out: string): string[] => out.trim().split('\n').map((row) => row.split('\t').slice(2).join(' '))
    const all = verdicts(await run(['packets', `${folder}/ethernet.pcap`]))
    expect(verdicts(await run(['packets', `${folder}/raw-ipv4.pcap`]))).toEqual(all.slice(0, 2))
    expect(verdicts(await run(['packets', `${folder}/raw-ipv6.pcap`]))).toEqual(all.slice(2))
  })
})
