// Sizing and what-if as a library: what the command line says of the same capture.

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CaptureError, idle, KERNEL, SCHEMA, size, sweep, UsageError, whatIf } from '../src/index.ts'
import { command } from './support/command.ts'
import { ROOT } from './support/sources.ts'

const sample = (name: string): string => join(ROOT, 'samples', name)
const FILLING = sample('filling-table.pcap')
const SILENT = sample('keep-alive.pcap')

async function told(...args: string[]): Promise<object> {
  const { code, out, error } = await command([...args, '-o', 'json'])
  expect({ code, error }).toEqual({ code: 0, error: '' })
  return JSON.parse(out) as object
}
const headed = (report: object): object => ({ schema: SCHEMA, kernel: KERNEL, ...report })
/** As JSON has it. */
const plain = (report: object): object => JSON.parse(JSON.stringify(report)) as object

describe('the command says in JSON what the library gives', () => {
  test.each([
    [{}, []], [{ max: 5000, scale: 10 }, ['--max', '5000', '--scale', '10']], [{ memory: 2 ** 32 }, ['--ram', '4G']],
    [{ buckets: 1000, sysctl: { tcp_timeout_time_wait: 10 } }, ['--buckets', '1000', '--sysctl', 'tcp_timeout_time_wait=10']],
    [{ profile: 'linux-2.4' }, ['--profile', 'linux-2.4']],
  ])('size %j', async (options, args) => {
    expect(await told('size', FILLING, ...args)).toEqual(headed(plain(await size(FILLING, options))))
  })

  test.each([
    [{ other: { sysctl: { tcp_timeout_established: 300 } } }, ['--sysctl', 'tcp_timeout_established=300']],
    [{ other: { profile: 'linux-2.4' } }, ['--profile', 'linux-2.4']],
    [{ sysctl: { tcp_timeout_established: 300 }, other: { sysctl: { tcp_loose: 0 } } },
      ['--base-sysctl', 'tcp_timeout_established=300', '--sysctl', 'tcp_loose=0']],
  ])('whatif %j', async (options, args) => {
    expect(await told('whatif', SILENT, ...args)).toEqual(headed(plain(await whatIf(SILENT, options))))
  })

  test('whatif with a helper: what it has promised is RELATED', async () => {
    const ftp = sample('ftp-passive.pcap')
    const report = await whatIf(ftp, { other: { helpers: ['ftp'] } })
    expect(report.verdicts).toContainEqual({ base: 'NEW', other: 'RELATED', packets: 5 })
    expect(await told('whatif', ftp, '--helper', 'ftp')).toEqual(headed(plain(report)))
    const reversed = await whatIf(ftp, { helpers: ['ftp'], other: { helpers: [] } })
    expect(reversed.verdicts).toContainEqual({ base: 'RELATED', other: 'NEW', packets: 5 })
  })

  test('whatif --sweep', async () => {
    const text = 'tcp_timeout_established=300,7100,432000'
    const rows = await sweep(SILENT, { sweep: text })
    expect(rows.map(({ forgotten }) => forgotten)).toEqual([2, 2, 1])
    expect(await told('whatif', SILENT, '--sweep', text)).toEqual(headed({ knob: 'tcp_timeout_established', rows }))
  })

  test('idle', async () => {
    const report = await idle(SILENT)
    expect(report.silences[0]?.seconds).toBeGreaterThan(432_000)
    expect(await told('idle', SILENT)).toEqual(headed(plain(report)))
  })
})

describe('what is asked for wrongly is a UsageError, what cannot be read a CaptureError', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['scale', () => size(FILLING, { scale: 0.5 })], ['max', () => size(FILLING, { max: -1 })],
    ['buckets', () => size(FILLING, { buckets: 0 })],
    ['profile', () => whatIf(SILENT, { other: { profile: 'linux-1.0' } })], ['sweep', () => sweep(SILENT, { sweep: 'tcp_loose=0,1' })],
    ['helper', () => whatIf(SILENT, { other: { helpers: ['gopher'] } })],
  ])('%s', async (_, call) => {
    await expect(call()).rejects.toThrow(UsageError)
  })

  test('a file that is not there', async () => {
    for (const call of [size, idle]) await expect(call(sample('none.pcap'))).rejects.toThrow(CaptureError)
  })
})
