// diff, compare and explain as a library: what the command line says of the same files, as values.

import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  CaptureError, compare, diff, type DiffReport, diffs, events, explain, flowName, packetFilter, packets, type ReadProblem, rowFilter,
  statistics, tables, UsageError,
} from '../src/index.ts'
import { command, Folder } from './support/command.ts'
import { ROOT } from './support/sources.ts'
import { handshake, tcp, udp } from './support/traffic.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const ROUTER = join(ROOT, 'test/golden/tables/router')
const sample = (name: string): string => join(ROOT, 'samples', name)
const START = 1_700_000_000
const capture = folder.capture('travel.pcap', [
  { sec: START, bytes: udp({ sport: 5000 }) },
  ...handshake(START, { sport: 40_000 }),
  { sec: START + 40, bytes: tcp({ sport: 40_000 }, 'R', { seq: 1001 }) },
  { sec: START + 42, bytes: udp({ sport: 5001 }) },
])
const usb = folder.capture('usb.pcap', [{ sec: START, bytes: udp() }], 147)

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

const json = async (...args: string[]): Promise<unknown> => JSON.parse((await command([...args, '-o', 'json'])).out)
/** A report as the JSON form has it, but for its entries. */
const outline = ({ from, to, elapsed, differences, counts }: DiffReport): object => ({
  from, to, elapsed, counts, differences: differences.map(({ difference, end }) => ({
    kind: difference.kind, ...(end === null ? {} : { end: { why: end.why, frame: end.frame } }),
  })),
})

describe('diff', () => {
  test('of saved tables is what the command says', async () => {
    const [before, after] = [join(ROUTER, '1.proc'), join(ROUTER, '2.conntrack')]
    const report = await diff(before, after)
    expect(await json('diff', before, after)).toMatchObject(outline(report))
    expect(report.counts).toEqual({ appeared: 2, gone: 0, changed: 2, same: 13 })
    expect((await diff(before, after, { ignore: ['timeout', 'counters', 'state', 'flags'] })).counts.changed).toBe(0)
  })

  test('throws at a line that cannot be read, or tells it', async () => {
    const broken = folder.file('broken.txt', 'udp 17 x\n')
    await expect(diff(broken, join(ROUTER, '1.proc'))).rejects.toThrow(`${broken}:1: ends before both directions are told`)
    const problems: [string, ReadProblem][] = []
    const { counts } = await diff(broken, join(ROUTER, '1.proc'), { onProblem: (path, problem) => { problems.push([path, problem]) } })
    expect(problems).toMatchObject([[broken, { line: 1 }]])
    expect(counts.appeared).toBe(15)
  })
})

describe('diffs', () => {
  test.each([
    [{ at: ['+1s', 'end'] }, ['--at', '+1s', '--at', 'end']],
    [{ at: ['+1s', '+35s', 'end'] }, ['--at', '+1s', '--at', '+35s', '--at', 'end']],
    [{ every: '20s' }, ['--every', '20s']],
  ])('from instant to instant %j are what the command says', async (options, args) => {
    const document = await json('diff', capture, ...args) as { diffs?: object[] }
    const told = (await all(diffs(capture, options))).map(outline)
    expect(told.length).toBeGreaterThan(0)
    expect(document.diffs ?? [document]).toMatchObject(told)
  })

  test('tell how what is gone ended, of what is asked for', async () => {
    const [report] = await all(diffs(capture, { at: ['+1s', 'end'], where: rowFilter({ sourcePort: '5000' }) }))
    expect(report?.differences).toMatchObject([{ difference: { kind: 'gone' }, end: { why: 'timeout', time: { sec: START + 30 } } }])
  })

  test('want two instants, of a capture that is whole', async () => {
    await expect(all(diffs(capture, {}))).rejects.toThrow(UsageError)
    await expect(all(diffs(capture, { at: 'end' }))).rejects.toThrow(UsageError)
    await expect(all(diffs(capture, { at: ['end', 'frame:99'] }))).rejects.toThrow('6 frames')
    await expect(all(diffs(usb, { every: '1s' }))).rejects.toThrow(CaptureError)
  })
})

describe('compare', () => {
  test('finds the instant, and says of each entry what the command says', async () => {
    const [table, inside] = [join(ROUTER, '1.proc'), join(ROUTER, 'inside.pcap')]
    const report = await compare(table, inside)
    expect(await json('compare', table, inside)).toMatchObject({
      counts: report.counts, comparisons: report.comparisons.map(({ verdict, nat, reasons }) => ({ verdict, nat, reasons })),
    })
    expect(report.counts).toMatchObject({ same: 15, 'capture only': 1 })
    const tcpOnly = await compare(table, inside, { at: 'end', where: rowFilter({ protocol: 'tcp' }) })
    expect(new Set(tcpOnly.comparisons.map(({ machine, capture: seen }) => (machine ?? seen)?.l4))).toEqual(new Set(['tcp']))
  })

  test('refuses what is no table, no instant, no whole capture', async () => {
    const table = join(ROUTER, '1.proc')
    await expect(compare(folder.file('other.txt', '# at t1\n'), capture, { table: 't9' })).rejects.toThrow(UsageError)
    await expect(compare(join(ROUTER, 'none'), capture)).rejects.toThrow(CaptureError)
    await expect(compare(table, capture, { at: 'noon' })).rejects.toThrow(UsageError)
    await expect(compare(table, capture, { table: 't9' })).rejects.toThrow(UsageError)
    const damage: string[] = []
    await compare(table, usb, { onDamage: ({ code }) => { damage.push(code) } })
    expect(damage).toEqual(['UNSUPPORTED_LINKTYPE']) // once, though it is read twice
  })
})

describe('explain', () => {
  test('tells what the command tells, by frame and by name', async () => {
    const path = sample('reset-outside-window.pcap')
    const report = await explain(path, { frame: 7 })
    expect(await json('explain', path, '--frame', '7')).toMatchObject({ protocol: 'tcp', steps: report.steps })
    expect(await explain(path, { flow: 'tcp 198.51.100.80:22 192.0.2.10:40003' })).toEqual(report)
    const liberal = await explain(path, { frame: 7 }, { sysctl: { tcp_be_liberal: 1 } })
    expect(liberal.steps.find((step) => step.kind === 'packet' && step.frame === 7)).toMatchObject({ verdict: 'ESTABLISHED' })
  })

  test('refuses what is not there', async () => {
    await expect(explain(capture, { frame: 99 })).rejects.toThrow('no IP packet')
    await expect(explain(capture, { flow: 'udp 10.9.9.9:1 10.0.0.2:2' })).rejects.toThrow(UsageError)
  })
})

test('tables come filtered and sorted', async () => {
  const [shown] = await all(tables(capture, { at: 'end', order: { key: 'age', isReverse: true, most: 1 } }))
  expect(shown?.entries.map(flowName)).toEqual(['udp 10.0.0.1:5001 → 10.0.0.2:53'])
  const [udpOnly] = await all(tables(capture, { at: '+2s', where: rowFilter({ protocol: 'udp' }) }))
  expect(udpOnly?.entries.map(flowName)).toEqual(['udp 10.0.0.1:5000 → 10.0.0.2:53'])
})

test('packets, events and statistics are those that fit', async () => {
  const where = packetFilter({ sourcePort: '5001' })
  expect((await all(packets(capture, { where }))).map(({ frame }) => frame)).toEqual([6])
  expect(await statistics(capture, { where })).toMatchObject({ packets: 6, counted: 1, verdicts: { NEW: { original: 1 } } })
  const told = await all(events(capture, { where: rowFilter({ protocol: 'udp' }) }))
  expect(told.map(({ event, entry }) => [event, entry.original.sourcePort]))
    .toEqual([['NEW', 5000], ['DESTROY', 5000], ['NEW', 5001]])
})

test('packets captured twice are tracked once unless each is asked for', async () => {
  const untracked = async (options: { copies?: 'track' }): Promise<number> =>
    (await all(packets(sample('lvs-dr-director.pcap'), options))).filter(({ verdict }) => verdict === '-').length
  expect(await untracked({})).toBe(36)
  expect(await untracked({ copies: 'track' })).toBe(0)
})
