// explain: the steps agree with what packets and events say of the same capture, and the numbers with the kernel's own sentence.

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { packets, parseFlow, type PacketStep, type Step, UsageError } from '../../src/index.ts'
import { command } from '../support/command.ts'
import { ROOT } from '../support/sources.ts'

const sample = (name: string): string => join(ROOT, 'samples', name)

async function explained(name: string, ...args: string[]): Promise<{ original: object, steps: Step[] }> {
  const { code, out, error } = await command(['explain', sample(name), '-o', 'json', ...args])
  expect({ code, error }).toEqual({ code: 0, error: '' })
  return JSON.parse(out) as { original: object, steps: Step[] }
}

const packetSteps = (steps: readonly Step[]): PacketStep[] => steps.filter((step) => step.kind === 'packet')

describe('explain', () => {
  test.each([
    'reset-outside-window', 'half-connection', 'keep-alive', 'port-reuse', 'mid-stream', 'syn-retransmit', 'icmp-errors', 'dns', 'sctp',
    'dccp', 'pptp', 'gre', 'ping', 'fragments',
  ])('says the verdict and reason that packets says: %s', async (name) => {
    const rows = new Map<number, object>()
    for await (const { frame, verdict, reason } of packets(sample(`${name}.pcap`))) rows.set(frame, { verdict, reason })
    const steps = packetSteps((await explained(`${name}.pcap`, '--frame', '1')).steps)
    expect(steps.length).toBeGreaterThan(0)
    expect(steps.map(({ verdict, said }) => ({ verdict, reason: said.length === 0 ? null : said.map(({ kernel }) => kernel).join('; ') })))
      .toEqual(steps.map(({ frame }) => rows.get(frame)))
  })

  test('shows the bound that the kernel names, and which setting lifts it', async () => {
    const [refused] = packetSteps((await explained('reset-outside-window.pcap', '--frame', '7')).steps).filter(({ frame }) => frame === 7)
    expect(refused?.bounds.map(({ name, holds }) => [name, holds])).toEqual([['I', false], ['II', true], ['III', true], ['IV', true]])
    expect(refused?.said[0]).toMatchObject({ setting: 'nf_conntrack_tcp_be_liberal=1', kernel: expect.stringMatching(/SEQ is over/) as string })
    expect(refused?.after).toEqual(refused?.before)
  })

  test('takes either direction, and names the original one', async () => {
    const there = await explained('reset-outside-window.pcap', '--flow', 'tcp 192.0.2.10:40003 198.51.100.80:22')
    const back = await explained('reset-outside-window.pcap', '--flow', 'tcp 198.51.100.80:22 192.0.2.10:40003')
    expect(back).toEqual(there)
    expect(there.original).toMatchObject({ source: '192.0.2.10', sourcePort: 40003 })
  })

  test('tells the end of an entry before the SYN that opens it anew, whose numbers begin at zero', async () => {
    const { steps } = await explained('port-reuse.pcap', '--frame', '1')
    const at = steps.findIndex((step) => step.kind === 'end')
    expect(steps[at]).toMatchObject({ kind: 'end', reason: 'reopened' })
    expect(steps[at + 1]).toMatchObject({ verdict: 'NEW', segment: { flags: 'SYN', seq: 0 }, after: { state: 'SYN_SENT' } })
  })

  test('counts an ICMP error to the connection that it quotes', async () => {
    const { steps } = await explained('icmp-errors.pcap', '--frame', '2')
    expect(packetSteps(steps).map(({ verdict, isError }) => [verdict, isError])).toContainEqual(['RELATED', true])
  })

  test('prints Markdown, and colour only when asked', async () => {
    const markdown = await command(['explain', sample('dns.pcap'), '--frame', '1', '-o', 'markdown'])
    expect(markdown.out).toMatch(/^# udp .* → .*\n\n## frame 1, /)
    const plain = await command(['explain', sample('dns.pcap'), '--frame', '1'])
    const colour = await command(['explain', sample('dns.pcap'), '--frame', '1', '--color', 'always'])
    expect(plain.out).not.toContain('\u001b')
    // eslint-disable-next-line no-control-regex -- colour is what is looked for
    expect(colour.out.replace(/\u001b\[\d+m/g, '')).toBe(plain.out)
    expect(colour.out).not.toBe(plain.out)
  })

  test.each([
    [[]], [['--frame', '1', '--flow', 'udp 10.0.0.1:1 10.0.0.2:2']], [['--frame', '0']], [['--frame', '99999']],
    [['--flow', 'udp 10.0.0.1:1 10.0.0.2:2']], [['--flow', 'nonsense']], [['--frame', '1', '-o', 'xml']],
  ])('refuses %j', async (args) => {
    expect(await command(['explain', sample('dns.pcap'), ...args])).toMatchObject({ code: 2, out: '' })
  })

  test('reads flows of both families', () => {
    expect(parseFlow('tcp [2001:db8::1]:80 [2001:db8::2]:81')).toMatchObject({ ports: (80 << 16) | 81, isIpv6: true })
    expect(parseFlow('gre 2001:db8::1 2001:db8::2')).toMatchObject({ ports: 0, isIpv6: true })
    for (const text of ['tcp 10.0.0.1:1', 'tcp 10.0.0.1:1 [::1]:2', 'tcp 10.0.0.1:99999 10.0.0.2:1', 'nope 10.0.0.1 10.0.0.2']) {
      expect(() => parseFlow(text)).toThrow(UsageError)
    }
  })
})
