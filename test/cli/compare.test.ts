// A machine's own table against the one a capture implies: what was recorded from a kernel that routed, translated and dropped
// (scripts/tables/record-tables.sh), and from directors of LVS where the reference recordings lie beside the project.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { command, Folder } from '../support/command.ts'
import { ROOT } from '../support/sources.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const ROUTER = join(ROOT, 'test/golden/tables/router')
const LVS = join(ROOT, '../shared/conformance/lvs')
const inside = join(ROUTER, 'inside.pcap')
const lastOf = (out: string): string => out.trimEnd().split('\n').at(-1) ?? ''

async function compare(...args: string[]): Promise<string> {
  const { code, out, error } = await command(['compare', ...args])
  expect(error).toBe('')
  const isSame = /^\d+ the same, 0 differ in state or flags, 0 in their timeout, .* 0 only on the machine, 0 only in the capture$/
  expect(code).toBe(isSame.test(lastOf(out)) ? EXIT.DONE : EXIT.FINDINGS)
  return out
}

describe('a router\'s table against the capture of its inner interface', () => {
  test.each(['proc', 'conntrack', 'extended'])('is the same in the form %s, but for a flow that a rule drops', async (form) => {
    const out = await compare(join(ROUTER, `1.${form}`), inside)
    expect(lastOf(out)).toBe('15 the same, 0 differ in state or flags, 0 in their timeout, 0 in their counters alone, ' +
      '0 only on the machine, 1 only in the capture')
    expect(out).toMatch(/^> udp 10\.7\.1\.2:\d+ → 10\.7\.2\.2:99 {2}only in the capture: .*\n {4}dropped by a rule/m)
  })

  test('is read at the instant at which both agree best', async () => {
    const out = await compare(join(ROUTER, '1.proc'), inside)
    const found = Date.parse(/at auto, (\S+)/.exec(out)?.[1] ?? '') / 1000
    expect(Math.abs(found - Number(readFileSync(join(ROUTER, '1.time'), 'utf8')))).toBeLessThan(1)
  })

  test('has its address translation explained', async () => {
    const out = await compare(join(ROUTER, '1.proc'), inside)
    expect(out).toContain('NAT: DNAT 10.7.1.1:8080 to 10.7.2.2:80')
    expect(out).toMatch(/NAT: SNAT or masquerade 10\.7\.1\.3:(\d+) to 10\.7\.2\.1:\1/)
  })

  test('shows what was changed in it', async () => {
    const lines = readFileSync(join(ROUTER, '1.proc'), 'utf8').trimEnd().split('\n')
    const closed = lines.findIndex((line) => line.includes('CLOSE_WAIT'))
    const asked = lines.findIndex((line) => line.includes('SYN_SENT'))
    const changed = lines.filter((_, at) => at !== asked)
    changed[closed - (asked < closed ? 1 : 0)] = lines[closed]!.replace('CLOSE_WAIT', 'LAST_ACK')
    changed.push(lines[asked]!.replaceAll('10.7.1.2', '10.7.1.77'))
    const out = await compare(folder.file('changed.proc', `${changed.join('\n')}\n`), inside, '--at', 'auto')
    expect(lastOf(out)).toBe('13 the same, 1 differ in state or flags, 0 in their timeout, 0 in their counters alone, ' +
      '1 only on the machine, 2 only in the capture')
    expect(out).toContain('LAST_ACK')
    expect(out).toMatch(/^< tcp 10\.7\.1\.77:\d+ → .*only on the machine/m)
  })

  test('is told what may be the same connection, translated elsewhere', async () => {
    const beyond = folder.file('beyond.txt', 'tcp 6 431990 ESTABLISHED src=203.0.113.1 dst=198.51.100.81 sport=40001 dport=443 ' +
      'src=198.51.100.81 dst=203.0.113.1 sport=443 dport=40001 [ASSURED] mark=0 use=1\n')
    const out = await compare(beyond, join(ROOT, 'samples/two-minutes.pcap'), '--at', '+90s')
    expect(out).toMatch(/^< tcp 203\.0\.113\.1:40001 → .*\n.*\n {4}the capture has tcp 192\.0\.2\.10:40001 → 198\.51\.100\.81:443, which may be/m)
    expect(out.match(/which may be the same/g)).toHaveLength(1)
  })

  test('is held against a capture that is cut, which is said once', async () => {
    const cut = folder.file('cut.pcap', readFileSync(inside).subarray(0, 5000))
    const { code, error } = await command(['compare', join(ROUTER, '1.proc'), cut])
    expect([code, error.match(/TRUNCATED/g)?.length]).toEqual([EXIT.INPUT, 1])
  })

  test('is coloured when that is asked for, and says the same', async () => {
    const plain = await command(['compare', join(ROUTER, '1.proc'), inside])
    const { out } = await command(['compare', join(ROUTER, '1.proc'), inside, '--color', 'always'])
    // eslint-disable-next-line no-control-regex -- colour is what is looked for
    expect(out.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain.out)
    expect(out).toContain('\u001b[32m= ')
    expect(out).toContain('\u001b[35m> ')
  })

  test('leaves out what is the same when only differences are wanted', async () => {
    const out = await compare(join(ROUTER, '1.proc'), inside, '--differences')
    expect(out.split('\n').filter((line) => /^[=!~<>] /.test(line)).map((line) => line[0])).toEqual(['>'])
    expect(lastOf(out)).toMatch(/^15 the same, .* 1 only in the capture$/)
  })

  test.each([
    ['lvs-director', 'IPVS ends entries by its own timers'], ['real-server', 'meant for another machine on the wire'],
    ['client', 'not from this machine'], ['router', 'not routed by this machine'],
  ])('is explained for a machine that is %s', async (vantage, words) => {
    expect(await compare(join(ROUTER, '1.proc'), inside, '--vantage', vantage)).toContain(words)
    expect((await command(['compare', join(ROUTER, '1.proc'), inside, '--vantage', 'moon'])).code).toBe(EXIT.USAGE)
  })

  test('is told in JSON too', async () => {
    const document = JSON.parse(await command(['compare', join(ROUTER, '1.proc'), inside, '-o', 'json']).then(({ out }) => out)) as {
      schema: string
      comparisons: { verdict: string }[]
    }
    expect(document.schema).toBe('pcap-conntrack/1')
    expect(document.comparisons.filter(({ verdict }) => verdict === 'same')).toHaveLength(15)
  })
})

describe.skipIf(!existsSync(LVS))('a director\'s table against its capture', () => {
  // With net.ipv4.vs.conntrack=0 (the names in 0) IPVS keeps no entries of its own: those are only in the capture.
  test.each(['dr0', 'dr1', 'nat0', 'nat1', 'tun0', 'tun1'])('of %s has nothing at any time that the capture does not say', async (name) => {
    for (const table of ['t0', 't3', 't14', 't27', 't30', 't39']) {
      const out = await compare(join(LVS, name, 'tables.txt'), join(LVS, name, 'director.pcap'), '--table', table)
      expect(lastOf(out)).toMatch(/ the same, 0 differ in state or flags, 0 in their timeout, .* 0 only on the machine, /)
    }
  })

  test.each([
    ['nat1', 't5', 11], ['dr1', 't6', 11], ['tun1', 't6', 13],
  ])('of %s at %s: all %i entries are the same', async (name, table, entries) => {
    const out = await compare(join(LVS, name, 'tables.txt'), join(LVS, name, 'director.pcap'), '--table', table)
    const wanted = `^${String(entries)} the same, 0 differ in state or flags, 0 in their timeout, .* 0 only on the machine,`
    expect(lastOf(out)).toMatch(new RegExp(wanted))
  })
})
