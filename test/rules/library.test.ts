// Rules and flows in one call: what the command prints.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { flowsJson, openflow, rules, rulesJson, UsageError } from '../../src/index.ts'
import { command } from '../support/command.ts'
import { ROOT } from '../support/sources.ts'

const sample = (name: string): string => join(ROOT, 'samples', name)
const text = (name: string): { path: string, text: string } => ({ path: sample(name), text: readFileSync(sample(name), 'utf8') })
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

async function printed(...args: string[]): Promise<unknown> {
  const { out } = await command(['rules', ...args, '-o', 'json'])
  return JSON.parse(out)
}

test('rules gives the report that the command prints', async () => {
  const report = await rules([text('nat-router.rules')], sample('nat-router.pcap'), {
    local: ['192.168.1.1=lan0', '198.51.100.1=wan0'], routes: ['192.168.1.0/24=lan0', '0.0.0.0/0=wan0'],
  })
  expect(report.warnings).toEqual([])
  expect(report.engine.table.visible().length).toBe(3)
  expect(plain(rulesJson(report))).toEqual(await printed(sample('nat-router.rules'), sample('nat-router.pcap'),
    '--local', '192.168.1.1=lan0', '--local', '198.51.100.1=wan0', '--route', '192.168.1.0/24=lan0', '--route', '0.0.0.0/0=wan0'))
})

test('openflow gives the report that the command prints', async () => {
  const ports = ['1=02:00:00:00:00:01', '2=02:00:00:00:00:02']
  const report = await openflow(text('four-flows.flows'), sample('four-flows.pcap'), { ports })
  expect(report.dropped.packets).toBeGreaterThan(0)
  expect(plain(flowsJson(report))).toEqual(await printed('--openflow', sample('four-flows.flows'), sample('four-flows.pcap'),
    '--port', '1=02:00:00:00:00:01', '--port', '2=02:00:00:00:00:02'))
})

test('what cannot be read is an error, or with isLenient a warning', async () => {
  const unknown = { path: 'fw.rules', text: '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m geoip --src-cc XX -j DROP\nCOMMIT\n' }
  await expect(rules([unknown], sample('web.pcap'))).rejects.toThrow(UsageError)
  const { warnings } = await rules([unknown], sample('web.pcap'), { isLenient: true })
  expect(warnings.map(({ line }) => line)).toEqual([3])
})
