// diagnose as a command: its forms, its exit status, and a director's tables at instants.

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { DiagnoseReport } from '../../src/index.ts'
import { command } from '../support/command.ts'
import { ROOT } from '../support/sources.ts'

const sample = (name: string): string => join(ROOT, 'samples', name)
const DIRECTOR = sample('lvs-dr-director.pcap')

describe('forms', () => {
  test('text fits the terminal, but for lines of other programs', async () => {
    const { out } = await command(['diagnose', DIRECTOR], { outIsTerminal: true, columns: 72, env: { NO_COLOR: '1' } })
    const long = out.split('\n').filter((line) => line.length > 72)
    expect(long.length).toBe(6)
    expect(long.every((line) => /TCP \d\d:\d\d {2}FIN_WAIT/.test(line))).toBe(true)
  })

  test('text has colour at a terminal alone', async () => {
    expect((await command(['diagnose', DIRECTOR], { outIsTerminal: true })).out).toContain('\u001b[1;33mWARNING\u001b[0m  lvs-dr-director')
    expect((await command(['diagnose', DIRECTOR])).out).not.toContain('\u001b')
    expect((await command(['diagnose', DIRECTOR, '--color', 'always'])).out).toContain('\u001b[1;33m')
  })

  test('text says the same wrapped as in one line', async () => {
    const words = (text: string): string[] => text.split(/\s+/)
    const wrapped = await command(['diagnose', DIRECTOR], { outIsTerminal: true, columns: 50, env: { NO_COLOR: '1' } })
    expect(words(wrapped.out)).toEqual(words((await command(['diagnose', DIRECTOR])).out))
  })

  test('JSON names its schema, and Markdown has a heading a finding', async () => {
    const report = JSON.parse((await command(['diagnose', sample('invalid-eaten.pcap'), '-o', 'json'])).out) as DiagnoseReport
    expect(report).toMatchObject({
      schema: 'pcap-conntrack.diagnose/1', vantage: { name: 'lvs-director', forwarding: 'direct' }, copies: 30, leftOut: { packets: 0 },
      findings: [{ code: 'invalid-eaten' }, { code: 'lvs-dr-director' }], director: [],
    })
    const markdown = (await command(['diagnose', sample('invalid-eaten.pcap'), '-o', 'md'])).out
    expect(markdown.match(/^## .*$/gm)).toEqual(['## invalid-eaten · error · 95 %', '## lvs-dr-director · warning · 97 %'])
  })
})

describe('--flows', () => {
  test('looks at fewer one by one, and counts the others', async () => {
    const report = async (...args: string[]): Promise<DiagnoseReport> =>
      JSON.parse((await command(['diagnose', sample('syn-flood.pcap'), '-o', 'json', ...args])).out) as DiagnoseReport
    const whole = await report()
    const fewer = await report('--flows', '30')
    expect(whole.leftOut.connections).toBe(0)
    expect(fewer.leftOut.connections).toBeGreaterThan(0)
    expect(fewer.leftOut.unanswered).toBe(fewer.leftOut.connections)
    expect((await command(['diagnose', sample('syn-flood.pcap'), '--flows', '30'])).out).toContain('(--flows looks at more)')
  })

  test.each(['-1', 'many', '1048577'])('%s: says what can be', async (value) => {
    const { code, error } = await command(['diagnose', DIRECTOR, `--flows=${value}`])
    expect(code).toBe(2)
    expect(error).toContain('write a whole number from 0 to 1048576')
  })
})

describe('--vantage', () => {
  test('makes a director of what could be one', async () => {
    const half = sample('half-connection.pcap')
    expect((await command(['diagnose', half])).out).toContain('WARNING  half-connection,')
    expect((await command(['diagnose', half, '--vantage', 'lvs-director'])).out).toContain('WARNING  lvs-dr-director-incoming, 60 %')
  })

  test.each(['host', 'router', 'client', 'bridge', 'real-server'])('%s: what looks like a director is none', async (vantage) => {
    const { out } = await command(['diagnose', DIRECTOR, '--vantage', vantage])
    expect(out).toContain(`vantage  ${vantage}: as --vantage says`)
    expect(out).not.toContain('lvs-')
    expect(out).toContain('WARNING  half-connection,')
  })
})

describe('exit status', () => {
  test.each([
    ['info', 'refused', 1], ['warning', 'refused', 0], ['warning', 'dns-race', 1], ['error', 'dns-race', 0], ['error', 'entry-expired', 1],
    ['info', 'web', 0],
  ])('--fail-on %s of %s is %i', async (severity, name, code) => {
    expect((await command(['diagnose', sample(`${name}.pcap`), '--fail-on', severity])).code).toBe(code)
  })

  test.each([
    [['--idle-profile', 'nobody'], '--idle-profile nobody: write linux, ipvs, aws-nitro'], [['--vantage', 'nowhere'], '--vantage nowhere'],
    [['--fail-on', 'always'], '--fail-on always'], [['--at', 'sometime'], 'sometime'],
  ])('%j is a mistake of usage', async (options, message) => {
    const { code, error } = await command(['diagnose', DIRECTOR, ...options])
    expect({ code, isSaid: error.includes(message) }).toEqual({ code: 2, isSaid: true })
  })
})

describe('a director at an instant', () => {
  test('has both tables and the lines of IPVS, for each instant', async () => {
    const { out } = await command(['diagnose', DIRECTOR, '--at', 'frame:1', '--at', 'end+119.5s', '-o', 'json'])
    const { director } = JSON.parse(out) as DiagnoseReport
    expect(director.map(({ at, untracked, tracked, ipvs }) => [at, untracked.length, tracked.length, ipvs.length]))
      .toEqual([['frame:1', 0, 1, 1], ['end+119.5s', 0, 4, 5]])
    expect(director[0]!.tracked[0]).toMatch(/^ipv4 {5}2 tcp {6}6 120 SYN_SENT src=203\.0\.113\.7 .* \[UNREPLIED\]/)
    expect(director[0]!.ipvs[0]).toMatch(/^TCP 01:00 {2}SYN_RECV/)
  })

  test('is told of a director only', async () => {
    const { out } = await command(['diagnose', sample('web.pcap'), '--at', 'end', '-o', 'json'])
    expect((JSON.parse(out) as DiagnoseReport).director).toEqual([])
  })

  test('asks for a file', async () => {
    const { code, error } = await command(['diagnose', '-', '--at', 'end'])
    expect({ code, error }).toEqual({ code: 2, error: expect.stringContaining('reads the capture twice') as string })
  })
})

test('the help lists every finding', async () => {
  const { out } = await command(['diagnose', '--help'])
  expect(out).toContain('lvs-dr-director-incoming  LVS-DR, at the director, incoming packets alone')
})
