import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { Sysctl } from '../../src/base/sysctl.ts'
import { packets, table } from '../../src/library.ts'
import { parseSweep, type SweepRow } from '../../src/sizing/sweep.ts'
import type { WorldsReport } from '../../src/sizing/worlds.ts'
import { command, Folder } from '../support/command.ts'
import { back, handshake, type Seen, tcp, udp } from '../support/traffic.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const START = 1_700_000_000

async function json<T>(...args: string[]): Promise<T> {
  const { code, out, error } = await command(['whatif', ...args, '-o', 'json'])
  expect({ code, error }).toEqual({ code: 0, error: '' })
  return JSON.parse(out) as T
}

/** A connection that is silent for an hour, and then goes on. */
function silence(from: number, sport = 40_000): Seen[] {
  const ends = { from, to: 9, sport, dport: 80 }
  return [...handshake(START + from, ends), { sec: START + 3600 + from, bytes: tcp(ends, 'PA', { seq: 1001, ack: 5001, length: 5 }) },
    { sec: START + 3601 + from, bytes: tcp(back(ends), 'A', { seq: 5001, ack: 1006 }) }]
}

async function verdicts(path: string, sysctl: Partial<Sysctl>): Promise<string[]> {
  const all: string[] = []
  for await (const { verdict } of packets(path, { sysctl })) all.push(verdict)
  return all
}

const ordered = (frames: Seen[]): Seen[] => frames.sort((a, b) => a.sec - b.sec || (a.nsec ?? 0) - (b.nsec ?? 0))

const traffic = fc.array(fc.record({
  pause: fc.constantFrom(0, 1, 9, 11, 31), what: fc.nat(4), from: fc.integer({ min: 1, max: 3 }),
}), { minLength: 1, maxLength: 30 }).map((steps) => {
  let sec = START
  return steps.map(({ pause, what, from }): Seen => {
    sec += pause
    const ends = { from, to: 9, sport: 5, dport: 80 }
    const frames = [udp(ends), udp(back(ends)), tcp(ends, 'S'), tcp(back(ends), 'SA', { ack: 1 }), tcp(ends, 'A', { seq: 1, ack: 1 })]
    return { sec, bytes: frames[what] ?? udp(ends) }
  })
})

describe('two worlds', () => {
  test('are what two runs are', async () => {
    await fc.assert(fc.asyncProperty(traffic, async (frames) => {
      const path = folder.capture('worlds.pcap', frames)
      const sysctl = { udp_timeout: 10, tcp_timeout_syn_sent: 10, tcp_loose: 0 }
      const report = await json<WorldsReport>(path, '--copies', 'track',
        ...Object.entries(sysctl).flatMap(([name, value]) => ['--sysctl', `${name}=${String(value)}`]))
      const wanted = new Map<string, number>()
      const base = await verdicts(path, {})
      const other = await verdicts(path, sysctl)
      base.forEach((verdict, i) => {
        const key = `${verdict} ${other[i] ?? ''}`
        if (verdict !== other[i]) wanted.set(key, (wanted.get(key) ?? 0) + 1)
      })
      expect(new Map(report.verdicts.map((row) => [`${row.base} ${row.other}`, row.packets]))).toEqual(wanted)
      const [before, after] = [await table(path), await table(path, { sysctl })]
      expect([report.base.entries, report.other.entries]).toEqual([before.length, after.length])
      expect(before.length - report.goneCount + report.keptCount).toBe(after.length)
      expect(report.flows.reduce((sum, flow) => sum + flow.packets, 0)).toBe([...wanted.values()].reduce((sum, count) => sum + count, 0))
    }), { numRuns: 40 })
  })

  test('name the flow that is forgotten, and its first packet that fares otherwise', async () => {
    const path = folder.capture('silence.pcap', silence(1))
    const report = await json<WorldsReport>(path, '--sysctl', 'tcp_timeout_established=300', '--sysctl', 'tcp_loose=0')
    expect(report.flows).toMatchObject([
      { flow: 'tcp 10.0.0.1:40000 → 10.0.0.9:80', firstFrame: 4, base: 'ESTABLISHED', other: 'INVALID', packets: 2, otherInvalid: 2 },
    ])
    expect(report).toMatchObject({ goneCount: 1, keptCount: 0, base: { peak: 1, invalid: 0 }, other: { peak: 1, invalid: 2 } })
  })

  test('start from the same base', async () => {
    const path = folder.capture('base.pcap', silence(1))
    const report = await json<WorldsReport>(path,
      '--base-sysctl', 'tcp_timeout_established=300', '--sysctl', 'tcp_timeout_established=7200')
    expect(report.verdicts).toEqual([{ base: 'NEW', other: 'ESTABLISHED', packets: 1 }])
    const loose = ['--base-sysctl', 'tcp_loose=0', '--base-sysctl', 'tcp_timeout_established=300', '--max', '100']
    expect(await json<WorldsReport>(path, ...loose)).toMatchObject({ verdicts: [], base: { invalid: 2 }, other: { invalid: 2 } })
  })

  test('that are the same are refused', async () => {
    const path = folder.capture('same.pcap', silence(1))
    const { code, error } = await command(['whatif', path, '--sysctl', 'tcp_loose=1'])
    expect(code).toBe(2)
    expect(error).toContain('the two worlds are the same')
  })
})

describe('a sweep', () => {
  test('counts connections that a shorter timeout forgets while they are in use', async () => {
    // Three are silent for an hour; a fourth opens anew after its hour, and counts on nothing.
    const again = { from: 4, to: 9, sport: 40_000, dport: 80 }
    const path = folder.capture('sweep.pcap', ordered([
      ...silence(1), ...silence(2), ...silence(3), ...handshake(START + 4, again),
      { sec: START + 3700, bytes: tcp(again, 'S', { seq: 9 }) },
    ]))
    const { rows } = await json<{ rows: SweepRow[] }>(path, '--sweep', 'tcp_timeout_established=300,3599,86400')
    expect(rows.map(({ value, forgotten }) => [value, forgotten])).toEqual([[300, 3], [3599, 3], [86_400, 0]])
    expect(rows.map(({ peak }) => peak)).toEqual([4, 4, 4])
  })

  test('of max counts connections that found no room', async () => {
    const path = folder.capture('room.pcap', ordered([...silence(1), ...silence(2), ...silence(3)]))
    const { rows } = await json<{ rows: SweepRow[] }>(path, '--sysctl', 'tcp_loose=0', '--sweep', 'max=1,2,3')
    expect(rows.map(({ peak, forgotten }) => [peak, forgotten])).toEqual([[1, 2], [2, 1], [3, 0]])
  })

  test('wants a knob it can sweep, and values', () => {
    expect(parseSweep('nf_conntrack_udp_timeout=1,2')).toEqual({ knob: 'udp_timeout', values: [1, 2] })
    expect(() => parseSweep('tcp_loose=0,1')).toThrow('write a timeout or max')
    expect(() => parseSweep('udp_timeout')).toThrow('is not a number')
  })
})
