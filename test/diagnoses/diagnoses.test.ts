// What is said of each sample: the findings that are right, whole, and none of those that look like them.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  assignKnob, contextOf, defaultSysctl, diagnose, diagnoseReport, type DiagnoseReport, Evidence, FINDING_CODES, idleProfile, openCapture,
  Replay,
} from '../../src/index.ts'
import { ROOT } from '../support/sources.ts'

interface Settings {
  readonly max?: number
  readonly idle?: string
}

const captures = readdirSync(join(ROOT, 'samples')).filter((name) => /\.pcap(ng)?$/.test(name))

async function reportOf(name: string, { max, idle }: Settings = {}): Promise<{ report: DiagnoseReport, frames: number }> {
  const evidence = new Evidence()
  const sysctl = defaultSysctl()
  if (max !== undefined) assignKnob(sysctl, `max=${String(max)}`)
  const source = await openCapture(join(ROOT, 'samples', captures.find((file) => file.replace(/\.\w+$/, '') === name)!))
  const replay = new Replay(source, {
    sysctl, copies: 'auto',
    onPacket: (engine, frame) => { evidence.note(engine, frame) }, onOther: (frame) => { evidence.noteOther(frame) },
  })
  await replay.run()
  source.close()
  const context = contextOf(evidence, replay.engine.sysctl, 'auto', evidence.nowMs, idle === undefined ? null : idleProfile(idle))
  return { report: diagnoseReport(context, diagnose(context)), frames: replay.engine.frames }
}

/** A sample, what is found, where it was taken, how many packets are copies. */
type Expected = readonly [name: string, codes: readonly string[], vantage: string, copies: number, settings?: Settings]

const EXPECTED: readonly Expected[] = [
  ['lvs-dr-director', ['lvs-dr-director'], 'lvs-director', 36],
  ['lvs-dr-incoming', ['lvs-dr-director-incoming'], 'lvs-director', 0],
  ['lvs-dr-any', ['lvs-dr-director'], 'lvs-director', 18],
  ['half-connection', ['half-connection'], 'host', 0],
  ['lvs-tun-director', ['lvs-tun-director'], 'lvs-director', 0],
  ['lvs-nat-director', ['lvs-nat'], 'lvs-director', 0],
  ['full-nat-director', ['full-nat'], 'lvs-director', 0],
  ['lvs-dr-real-server', ['lvs-dr-real-server'], 'real-server', 0],
  ['lvs-tun-real-server', ['lvs-tun-real-server'], 'real-server', 0],
  ['direct-return-client', ['direct-return-client'], 'client', 0],
  ['real-server-silent', ['real-server-silent'], 'host', 0],
  ['arp-conflict', ['arp-conflict'], 'real-server', 0],
  ['failover', ['arp-conflict'], 'real-server', 0],
  ['bridge', [], 'bridge', 20],
  ['invalid-eaten', ['invalid-eaten', 'lvs-dr-director'], 'lvs-director', 30],
  ['invalid-packets', ['invalid-packets'], 'host', 0],
  ['invalid-reset', ['invalid-reset'], 'host', 0],
  ['asymmetric-route', ['asymmetric-route'], 'router', 36],
  ['one-way-capture', ['one-direction-capture'], 'host', 0],
  ['capture-loss', ['capture-loss'], 'host', 0],
  ['mid-stream', ['capture-began-late'], 'host', 0],
  ['syn-flood', ['syn-flood'], 'host', 0],
  ['lvs-dr-flooded', ['lvs-dr-director', 'syn-flood'], 'lvs-director', 146],
  ['syn-scan', ['syn-scan'], 'host', 0],
  ['backscatter', ['backscatter'], 'host', 0],
  ['syn-retransmit', ['black-hole'], 'host', 0],
  ['two-minutes', ['black-hole'], 'host', 0],
  ['refused', ['refused', 'refused'], 'host', 0],
  ['entry-expired', ['entry-expired'], 'client', 0],
  ['silent-drop', ['entry-expired'], 'client', 0],
  ['untranslated', ['untranslated'], 'host', 0],
  ['udp-black-hole', ['udp-black-hole', 'udp-black-hole'], 'host', 0],
  ['dns-race', ['dns-race'], 'host', 0],
  ['port-reuse-lost', ['port-reuse'], 'host', 0],
  ['filling-table', ['syn-scan'], 'host', 0],
  ['filling-table', ['syn-scan', 'table-pressure'], 'host', 0, { max: 100 }],
  ['filling-table', ['syn-scan', 'table-pressure'], 'host', 0, { max: 200 }],
  ['keep-alive', [], 'host', 0],
  ['keep-alive', ['idle-cut'], 'host', 0, { idle: 'azure' }],
  ['keep-alive', ['idle-cut'], 'host', 0, { idle: 'linux' }],
  ['dropped-before-confirm', ['black-hole'], 'host', 0],
  ['nft-router', ['black-hole'], 'host', 0],
  ['two-minutes', ['black-hole'], 'host', 0],
  ['nat-router', ['lvs-nat'], 'lvs-director', 0],
  ['ftp-passive', ['black-hole', 'helper-off'], 'host', 0],
  ['pptp', ['helper-off'], 'host', 0],
  ...['web', 'dns', 'ping', 'icmp-errors', 'fragments', 'port-reuse', 'reset-outside-window', 'gre', 'sctp', 'dccp', 'udplite',
    'two-interfaces', 'vlan-qinq', 'stateful-firewall', 'notrack'].map((name) => [name, [], 'host', 0] as const),
]

const SAMPLES = EXPECTED.map(([name, codes, vantage, copies, settings = {}]) => ({ name, codes, vantage, copies, settings }))

describe('each sample has its findings and no others', () => {
  test.each(SAMPLES)('$name $settings: $codes', async ({ name, codes, vantage, copies, settings }) => {
    const { report } = await reportOf(name, settings)
    expect({ codes: report.findings.map(({ code }) => code).sort(), vantage: report.vantage.name, copies: report.copies })
      .toEqual({ codes, vantage, copies })
  })

  test('every finding that there is has a sample', () => {
    const shown = new Set(SAMPLES.flatMap(({ codes }) => codes))
    expect(FINDING_CODES.map(([code]) => code).filter((code) => !shown.has(code))).toEqual([])
  })
})

describe('every finding is whole', () => {
  const told = new Set(SAMPLES.map(({ name }) => name))
  const others = captures.map((file) => file.replace(/\.\w+$/, '')).filter((name) => !told.has(name))
  const found = [...SAMPLES.filter(({ codes }) => codes.length > 0), ...others.map((name) => ({ name, codes: [], settings: {} }))]
  test.each(found)('$name $settings: $codes', async ({ name, settings }) => {
    const { report, frames } = await reportOf(name, settings)
    for (const finding of report.findings) {
      expect(finding.sentence).toMatch(/^\S.*\.$/)
      expect(finding.confidence).toBeGreaterThanOrEqual(0.5)
      expect(finding.confidence).toBeLessThan(1)
      expect(finding.subject).not.toBe('')
      expect(finding.invalidDrop).not.toBe('')
      expect(Object.values(finding.numbers).every((number) => Number.isFinite(number))).toBe(true)
      for (const texts of [Object.keys(finding.numbers), finding.proof, finding.frames, finding.table, finding.remedy, finding.noRemedy]) {
        expect(texts.length).toBeGreaterThan(0)
      }
      expect(finding.frames.every((frame) => Number.isInteger(frame) && frame >= 1 && frame <= frames)).toBe(true)
      expect(finding.filter).toBe(`frame.number in {${finding.frames.join(', ')}}`)
      const { sentence, proof, table, invalidDrop, remedy, noRemedy } = finding
      expect([sentence, ...proof, ...table, invalidDrop, ...remedy, ...noRemedy].join(' ')).not.toMatch(/undefined|NaN|null|Infinity|\[object| {2}|entrys|addresss/)
    }
  })
})

test('an address that moved once is a warning, one that two stations claim at once an error', async () => {
  const severity = async (name: string): Promise<string[]> => (await reportOf(name)).report.findings.map((finding) => finding.severity)
  expect(await severity('failover')).toEqual(['warning'])
  expect(await severity('arp-conflict')).toEqual(['error'])
})

// Whoever takes one of these for another loses a day.
describe('what looks alike is told apart, both ways', () => {
  const LIKE_DR = ['syn-flood', 'syn-scan', 'one-direction-capture', 'asymmetric-route', 'half-connection']
  const DIRECTOR = ['lvs-dr-director', 'lvs-dr-director-incoming']
  const codesOf = async (name: string): Promise<string[]> => (await reportOf(name)).report.findings.map(({ code }) => code)

  const directors = ['lvs-dr-director', 'lvs-dr-incoming', 'lvs-dr-any']
  test.each(directors)('%s is no flood, scan, one-way capture or asymmetric route', async (name) => {
    const codes = await codesOf(name)
    expect(codes.filter((code) => LIKE_DR.includes(code))).toEqual([])
    expect(codes.filter((code) => DIRECTOR.includes(code))).toHaveLength(1)
  })

  test.each(['syn-flood', 'syn-scan', 'one-way-capture', 'asymmetric-route', 'half-connection'])('%s is no director', async (name) => {
    const codes = await codesOf(name)
    expect(codes.filter((code) => DIRECTOR.includes(code))).toEqual([])
    expect(codes.filter((code) => LIKE_DR.includes(code))).toHaveLength(1)
  })
})
