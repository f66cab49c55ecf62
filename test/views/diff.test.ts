import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { diffEntries, type Difference, type DiffOptions, elapsedBetween } from '../../src/views/diff.ts'
import { Entries } from '../../src/views/entries.ts'
import type { Row } from '../../src/views/row.ts'
import { command, Folder } from '../support/command.ts'
import { rows } from '../support/rows.ts'
import { handshake, tcp, udp } from '../support/traffic.ts'

const ROUTER = fileURLToPath(new URL('../golden/tables/router/', import.meta.url))
const folder = new Folder()
afterAll(() => { folder.remove() })

function entriesOf(all: readonly Row[]): Entries {
  const entries = new Entries()
  for (const row of all) entries.add(row)
  return entries
}

const diff = (a: readonly Row[], b: readonly Row[], options: DiffOptions = {}): Difference[] =>
  [...diffEntries(entriesOf(a), entriesOf(b), options)]

/** Where entries of a real table differ: by their tuple and zone. */
const keyOf = (row: Row): string => JSON.stringify([row.l4num, row.l3, row.zoneDirection === 'reply' ? 0 : row.zone, row.original])
const tables = fc.uniqueArray(rows, { selector: keyOf, maxLength: 8 })

const ROW: Row = {
  l3: 'ipv4', l3num: 2, l4: 'tcp', l4num: 6, timeout: 120, state: 'SYN_SENT',
  original: { source: '10.0.0.1', destination: '10.0.0.2', sourcePort: 5, destinationPort: 6 },
  reply: { source: '10.0.0.2', destination: '10.0.0.1', sourcePort: 6, destinationPort: 5 },
  originalCounters: { packets: 1, bytes: 60 }, replyCounters: { packets: 0, bytes: 0 },
  seenReply: false, assured: false, mark: 0, zone: 0, age: null, use: 2,
}

describe('a diff', () => {
  test('of a table with itself is empty', () => {
    fc.assert(fc.property(tables, (table) => { expect(diff(table, [...table].reverse(), { elapsed: 0 })).toEqual([]) }))
  })

  test('applied to the first table gives the second', () => {
    fc.assert(fc.property(tables, tables, fc.array(fc.nat(7)), (first, second, common) => {
      // Entries of both tables: the first's tuple with what the second says of it.
      const both = new Map(second.map((row) => [keyOf(row), row]))
      for (const i of common) {
        const [mine, other] = [first[i], second[i]]
        if (mine !== undefined && other !== undefined) both.set(keyOf(mine), { ...mine, seenReply: !mine.seenReply, mark: other.mark })
      }
      const wanted = [...both.values()]
      const table = new Map(first.map((row) => [keyOf(row), row]))
      for (const difference of diff(first, wanted, { elapsed: 0 })) {
        if (difference.kind === 'gone') expect(table.delete(keyOf(difference.before))).toBe(true)
        else table.set(keyOf(difference.after), difference.after)
      }
      expect([...table.keys()].sort()).toEqual(wanted.map(keyOf).sort())
      for (const row of wanted) expect(table.get(keyOf(row))).toMatchObject({ seenReply: row.seenReply, mark: row.mark, state: row.state })
    }))
  })

  test('does not take time that passed for a change, but a refreshed timeout', () => {
    expect(diff([ROW], [{ ...ROW, timeout: 110 }], { elapsed: 10 })).toEqual([])
    expect(diff([ROW], [{ ...ROW, timeout: 109 }], { elapsed: 10 })).toEqual([])
    expect(diff([ROW], [{ ...ROW, timeout: 120 }], { elapsed: 10 })).toMatchObject([
      { kind: 'changed', isReopened: false, fields: [{ aspect: 'timeout', field: 'timeout', before: 120, after: 120, due: 110 }] },
    ])
    expect(diff([ROW], [{ ...ROW, timeout: 120 }], { elapsed: 10, ignore: ['timeout'] })).toEqual([])
  })

  test('names each field that changed', () => {
    const after: Row = {
      ...ROW, state: 'ESTABLISHED', seenReply: true, assured: true, mark: 7, originalCounters: { packets: 2, bytes: 120 },
      reply: { ...ROW.reply, destination: '10.0.0.9' },
    }
    const [changed] = diff([ROW], [after], { elapsed: 0 })
    expect(changed?.kind === 'changed' && changed.fields.map(({ field, before: from, after: to }) => [field, from, to])).toEqual([
      ['state', 'SYN_SENT', 'ESTABLISHED'], ['seenReply', false, true], ['assured', false, true],
      ['reply', 'src=10.0.0.2 dst=10.0.0.1 sport=6 dport=5', 'src=10.0.0.2 dst=10.0.0.9 sport=6 dport=5'],
      ['original.packets', 1, 2], ['original.bytes', 60, 120], ['mark', 0, 7],
    ])
    expect(diff([ROW], [after], { elapsed: 0, ignore: ['state', 'flags', 'reply', 'counters', 'mark'] })).toEqual([])
  })

  test('knows a connection that took the tuple of another by counters or ages that went down', () => {
    const counted = { ...ROW, originalCounters: { packets: 9, bytes: 900 } }
    expect(diff([counted], [ROW], { elapsed: 0 })).toMatchObject([{ kind: 'changed', isReopened: true }])
    expect(diff([{ ...ROW, age: 9 }], [{ ...ROW, age: 1 }], { elapsed: 0 })).toMatchObject([{ isReopened: true, fields: [] }])
  })

  test('keeps zones apart', () => {
    expect(diff([ROW, { ...ROW, zone: 1 }], [{ ...ROW, zone: 1 }, { ...ROW, zone: 2 }], { elapsed: 0 }).map(({ kind }) => kind))
      .toEqual(['gone', 'appeared'])
  })

  test('does not compare what one table does not tell', () => {
    const silent: Row = { ...ROW, timeout: null, originalCounters: null, replyCounters: null, statusUnknown: true }
    expect(diff([{ ...ROW, seenReply: true, assured: true }], [silent], { elapsed: 0 })).toEqual([])
  })
})

test('the time between two tables is what most of their timeouts ran down by, near what ages say', () => {
  const at = (timeouts: number[], ages: (number | null)[]): Entries => entriesOf(timeouts.map((timeout, i) => ({
    ...ROW, timeout, age: ages[i] ?? null, original: { ...ROW.original, sourcePort: i },
  })))
  expect(elapsedBetween(at([100, 90, 80], []), at([95, 85, 120], []))).toBe(5)
  expect(elapsedBetween(at([100, 100, 90], [1, 1, 1]), at([100, 100, 85], [7, 7, 7]))).toBe(5)
  expect(elapsedBetween(at([100, 100], [1, 1]), at([100, 100], [7, 7]))).toBe(6)
  expect(elapsedBetween(at([], []), at([100], []))).toBe(null)
})

describe('pcap-conntrack diff', () => {
  test('of the kernel\'s own tables tells what happened between them, whatever their forms', async () => {
    const { out: ofProc, code } = await command(['diff', `${ROUTER}1.proc`, `${ROUTER}2.conntrack`])
    expect(code).toBe(EXIT.FINDINGS)
    expect(ofProc.split('\n').slice(-2)).toEqual(['2 appeared, 0 gone, 2 changed, 13 the same', ''])
    const told = async (form: string) => (await command(['diff', `${ROUTER}1.id`, `${ROUTER}2.${form}`])).out.split('\n').slice(1, -2)
      .map((line) => line.split('  ')[0])
    expect((await told('proc')).sort()).toEqual((await told('extended')).sort())
  })

  test('finds the same table the same in every form of it', async () => {
    for (const form of ['conntrack', 'extended', 'id']) {
      expect(await command(['diff', `${ROUTER}1.proc`, `${ROUTER}1.${form}`])).toMatchObject({ code: EXIT.DONE, error: '' })
    }
  })

  const START = 1_700_000_000
  const capture = folder.capture('diff.pcap', [
    { sec: START, bytes: udp({ sport: 5000 }) },
    ...handshake(START, { sport: 40_000 }),
    { sec: START + 40, bytes: tcp({ sport: 40_000 }, 'R', { seq: 1001 }) },
    { sec: START + 41, bytes: tcp({ sport: 40_000 }, 'S', { seq: 90_000 }) },
    { sec: START + 42, bytes: udp({ sport: 5001 }) },
  ])

  test('of two instants of a capture tells how what is gone ended', async () => {
    const { out, code, error } = await command(['diff', capture, '--at', '+1s', '--at', 'end'])
    expect({ code, error }).toEqual({ code: EXIT.FINDINGS, error: '' })
    expect(out.split('\n').map((line) => line.replace(/ {2}was .*;/, ' …'))).toEqual([
      '# from +1s to end (41 s)',
      '- udp 10.0.0.1:5000 → 10.0.0.2:53 … timed out at 2023-11-14T22:13:50Z',
      '~ tcp 10.0.0.1:40000 → 10.0.0.2:80  ended by frame 6, which opened it anew; there is another, state ESTABLISHED → SYN_SENT, ' +
        '[ASSURED] → [UNREPLIED], timeout 431999 → 119 (431958 was due), packets 2/1 → 1/0, bytes 80/40 → 40/0',
      '+ udp 10.0.0.1:5001 → 10.0.0.2:53  [UNREPLIED] 30 s',
      '1 appeared, 1 gone, 1 changed, 0 the same', '',
    ])
  })

  test('rolls from instant to instant with --every, from the empty table on', async () => {
    const { out } = await command(['diff', capture, '--every', '30s', '-o', 'json'])
    const { diffs } = JSON.parse(out) as { diffs: { from: string, to: string, counts: Record<string, number> }[] }
    expect(diffs.map(({ from, to }) => [from, to])).toEqual([['start', '+30s'], ['+30s', 'end']])
    expect(diffs[0]?.counts).toEqual({ appeared: 1, gone: 0, changed: 0, same: 0 })
  })

  test('is coloured when that is asked for, and says the same', async () => {
    const plain = await command(['diff', capture, '--at', '+1s', '--at', 'end', '--color', 'never'], { outIsTerminal: true })
    const { out } = await command(['diff', capture, '--at', '+1s', '--at', 'end'], { outIsTerminal: true, env: { TERM: 'xterm' } })
    // eslint-disable-next-line no-control-regex -- colour is what is looked for
    expect(out.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain.out)
    expect(out.split('\n').slice(1, 4).map((line) => line.slice(0, 7))).toEqual(['\u001b[31m- ', '\u001b[33m~ ', '\u001b[32m+ '])
    expect(plain.out).not.toContain('\u001b')
  })

  test('is silent about what is ignored and filtered out', async () => {
    expect((await command(['diff', capture, '--at', '+1s', '--at', '+2s', '--ignore', 'timeout,counters'])).code).toBe(EXIT.DONE)
    expect((await command(['diff', capture, '--at', '+1s', '--at', 'end', '-p', 'tcp'])).out).toContain('0 appeared, 0 gone, 1 changed')
  })

  test('tells lines that cannot be read, and compares the rest', async () => {
    const broken = folder.file('broken.txt', 'udp 17 x\n')
    const empty = folder.file('empty.txt', '')
    expect(await command(['diff', broken, empty])).toMatchObject({
      code: EXIT.INPUT, error: `pcap-conntrack: ${broken}:1: ends before both directions are told\n`,
    })
  })

  test.each([
    [['one']], [['a', 'b', 'c']], [['a', '--at', '+1s']], [['a', 'b', '--ignore', 'colour']],
  ])('%o is a usage error', async (args) => {
    expect((await command(['diff', ...args])).code).toBe(EXIT.USAGE)
  })
})
