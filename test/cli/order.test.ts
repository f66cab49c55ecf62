// --sort and --top: the same entries, in the order that is asked for, in every form.

import { afterAll, describe, expect, test } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { FORM_NAMES, readTable, SORT_KEYS } from '../../src/index.ts'
import { command, Folder } from '../support/command.ts'
import { handshake, tcp, udp } from '../support/traffic.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const START = 1_700_000_000
// Ports in the order of creation: 1 to 6. 2 and 4 are equal in all but their age.
const capture = folder.capture('order.pcap', [
  ...handshake(START, { sport: 1 }),
  { sec: START + 1, bytes: udp({ sport: 2 }, 100) },
  { sec: START + 2, bytes: udp({ sport: 3 }, 10) },
  { sec: START + 2, nsec: 1_000_000, bytes: udp({ sport: 4 }, 100) },
  { sec: START + 3, bytes: tcp({ sport: 5 }, 'S', { seq: 1 }) },
  { sec: START + 4, bytes: udp({ sport: 2 }, 100) },
  { sec: START + 4, bytes: udp({ sport: 4 }, 100) },
  { sec: START + 5, bytes: udp({ sport: 6 }, 1000) },
])

const ports = (text: string): number[] => readTable(text).tables.flatMap(({ entries }) => [...entries.rows()])
  .map(({ original }) => original.sourcePort ?? 0)
const sorted = async (...args: string[]): Promise<number[]> => ports((await command([capture, '-o', 'jsonl', ...args])).out)

describe('entries sorted', () => {
  test.each([
    ['packets', [1, 2, 4, 3, 5, 6], [3, 5, 6, 2, 4, 1]],
    ['bytes', [6, 2, 4, 1, 5, 3], [3, 5, 1, 2, 4, 6]],
    ['timeout', [1, 5, 6, 2, 4, 3], [3, 2, 4, 6, 5, 1]],
    ['age', [1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]],
  ] as const)('by %s: the largest first, of equals the older one; or the smallest', async (key, down, up) => {
    expect(await sorted('--sort', key)).toEqual(down)
    expect(await sorted('--sort', key, '--reverse')).toEqual(up)
    expect(SORT_KEYS).toContain(key)
  })

  test.each(FORM_NAMES)('stand in the same order in the form %s', async (form) => {
    for (const key of SORT_KEYS) {
      const { out } = await command([capture, '-o', form, '--sort', key, '--top', '4', '--color', 'never'])
      const shown = form === 'table' ? [...out.matchAll(/10\.0\.0\.1:(\d)/g)].map(([, port]) => Number(port)) : ports(out)
      expect(shown).toEqual(await sorted('--sort', key, '--top', '4'))
    }
  })

  test('are those that the filters let through, and the first of those', async () => {
    expect(await sorted('--sort', 'bytes', '-p', 'udp')).toEqual([6, 2, 4, 3])
    expect(await sorted('--sort', 'bytes', '-p', 'udp', '--top', '2')).toEqual([6, 2])
    expect(await sorted('--top', '2')).toEqual([6, 2])
    expect(await sorted('--top', '99')).toHaveLength(6)
  })

  test('are sorted anew at each instant', async () => {
    const { out } = await command([capture, '--at', '+3s', '--at', 'end', '--top', '1', '--sort', 'bytes', '-o', 'jsonl'])
    expect(out.trimEnd().split('\n').map((line) => JSON.parse(line) as { at: string, original: { sport: number } })
      .map(({ at, original }) => [at, original.sport])).toEqual([['+3s', 2], ['end', 6]])
  })

  test.each([
    [['--sort', 'colour'], /packets, bytes, timeout or age/], [['--top', '0'], /whole number/], [['--top', 'ten'], /whole number/],
    [['--reverse'], /--sort/],
  ])('%j is a usage error', async (args, message) => {
    const { code, out, error } = await command([capture, ...args])
    expect([code, out, error]).toEqual([EXIT.USAGE, '', expect.stringMatching(message)])
  })
})
