// Findings as a library: what the command line says of the same capture.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CaptureError, findings, UsageError } from '../src/index.ts'
import { command } from './support/command.ts'
import { ROOT } from './support/sources.ts'

const sample = (name: string): string => join(ROOT, 'samples', name)

test.each([
  ['lvs-dr-director.pcap', {}, []], ['arp-conflict.pcap', {}, []],
  ['half-connection.pcap', { vantage: 'lvs-director' }, ['--vantage', 'lvs-director']],
  ['keep-alive.pcap', { idleProfile: 'gcp' }, ['--idle-profile', 'gcp']],
  ['filling-table.pcap', { sysctl: { max: 200 } }, ['--sysctl', 'nf_conntrack_max=200']],
] as const)('%s %j: as the command says', async (name, options, args) => {
  const report = await findings(sample(name), options)
  expect(report.findings.length).toBeGreaterThan(0)
  expect(report).toEqual(JSON.parse((await command(['diagnose', sample(name), '-o', 'json', ...args])).out))
})

test('what is asked for wrongly is a UsageError, what cannot be read a CaptureError', async () => {
  await expect(findings(sample('web.pcap'), { idleProfile: 'nobody' })).rejects.toThrow(UsageError)
  await expect(findings(sample('none.pcap'))).rejects.toThrow(CaptureError)
})
