// What `rules` prints for programs; what it prints for people, the samples' texts hold to the byte.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { command } from '../support/command.ts'
import { ROOT } from '../support/sources.ts'

const sample = (name: string): string => join(ROOT, 'samples', name)
const ROUTER = [
  '--local', '192.168.1.1=lan0', '--local', '198.51.100.1=wan0', '--route', '192.168.1.0/24=lan0', '--route', '0.0.0.0/0=wan0',
]

async function printed(...args: string[]): Promise<string> {
  const { code, out, error } = await command(['rules', ...args])
  expect({ code, error }).toEqual({ code: 0, error: '' })
  return out
}

const run = (name: string, ...args: string[]): Promise<string> => printed(sample(`${name}.rules`), sample(`${name}.pcap`), ...args)

test('json tells what was dropped, by which rule, what each rule counted, and what is wrong', async () => {
  const report = JSON.parse(await run('stateful-firewall', '-o', 'json')) as { rulesets: { chains: { chain: string }[] }[] }
  expect(report).toMatchObject({
    packets: 15, copies: 0, findings: [],
    dropped: {
      packets: 4, bytes: 160, unkept: 0, flows: [
        { protocol: 'tcp', source: '203.0.113.66', sport: 51_000, dport: 22, packets: 1, firstFrame: 9, ctstates: { NEW: 1 },
          decision: { fate: 'drop', reason: 'policy', table: 'filter', chain: 'FORWARD', rule: null, line: 3, text: 'policy DROP' } },
        { dport: 23 }, { dport: 3389 },
        { ctstates: { INVALID: 1 }, decision: { fate: 'drop', reason: 'rule', rule: 1, line: 5 } },
      ],
    },
  })
  expect(report.rulesets[0]?.chains.find(({ chain }) => chain === 'FORWARD')).toMatchObject({
    table: 'filter', policy: 'DROP', packets: 3, bytes: 120,
    rules: [{ number: 1, line: 5, packets: 1 }, { number: 2, packets: 9 }, { number: 3, packets: 1 }, { number: 4, packets: 1 }],
  })
})

test('jsonl tells of each packet; of one that was translated since, the frame it came in by', async () => {
  const rows = (await run('nat-router', ...ROUTER, '-o', 'jsonl')).trim().split('\n').map((line) => JSON.parse(line) as object)
  expect(rows.length).toBe(24)
  // Addresses are those the last rule saw.
  expect(rows[0]).toMatchObject({
    frame: 1, source: '198.51.100.1', destination: '198.51.100.80', sport: 40_720, decision: { fate: 'accept', chain: 'FORWARD', rule: 2 },
  })
  expect(rows[1]).toMatchObject({ frame: 2, verdict: '-', source: null, decision: { fate: 'copy', copyOf: 1, reason: null } })
})

test('save has counters where iptables-save -c has them', async () => {
  expect(await run('dropped-before-confirm', '-o', 'save')).toBe(`*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [3:120]
:OUTPUT ACCEPT [0:0]
[0:0] -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
[1:40] -A FORWARD -p tcp -m tcp --dport 80 -m conntrack --ctstate NEW -j ACCEPT
COMMIT
`)
})

test('a fragment is held until its datagram is whole', async () => {
  const out = await printed(sample('dropped-before-confirm.rules'), sample('fragments.pcap'), '-o', 'packets')
  expect(out).toMatch(/^1\t\d+\theld\t-\t-\tfragment: waits for the others$/m)
})
