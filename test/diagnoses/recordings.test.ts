// Real IPVS, recorded: what we say of a director against the director's own tables. The recordings lie beside the project;
// where they do not, test/diagnoses/diagnoses.test.ts says the same of our own samples.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  contextOf, countsWith, countsWithout, type DirectorMoment, directorMoment, Evidence, formatTime, openCapture, parseWhen, Replay, snapshot,
} from '../../src/index.ts'
import { ROOT } from '../support/sources.ts'

const LVS = join(ROOT, '../shared/conformance/lvs')
const isThere = existsSync(LVS)

interface Recorded {
  readonly at: string
  readonly tracked: string[]
  readonly ipvs: string[]
}

function recorded(folder: string): { tables: Recorded[], input: Record<string, number> } {
  const text = readFileSync(join(LVS, folder, 'tables.txt'), 'utf8')
  const tables = [...text.matchAll(/^# t\d+ at ([\d.]+)\n## nf_conntrack\n([^]*?)## ipvsadm -Lnc\n([^]*?)(?=\n# |\n## )/gm)]
    .map(([, at, tracked, ipvs]) => ({ at: at!, tracked: lines(tracked!), ipvs: lines(ipvs!).slice(2) }))
  const input = text.slice(text.indexOf('Chain INPUT'), text.indexOf('Chain FORWARD'))
  return { tables, input: Object.fromEntries([...input.matchAll(/^ +(\d+) .* ctstate (\w+)/gm)].map(([, n, state]) => [state!,
    Number(n)])) }
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')

/** A line without its time left, and that time in seconds. */
function timed(line: string): { key: string, seconds: number } {
  const proc = /^(ipv\d +\d+ \S+ +\d+ )(\d+)(.*)$/.exec(line)
  if (proc !== null) return { key: proc[1]! + proc[3]!, seconds: Number(proc[2]) }
  const [, minutes, seconds] = /(\d\d):(\d\d)/.exec(line)!
  return { key: line.replace(/\d\d:\d\d /, ''), seconds: Number(minutes) * 60 + Number(seconds) }
}

/** Same lines, timers a second apart at most; a line with no more than a second left may be on one side alone. */
function expectSame(ours: readonly string[], theirs: readonly string[], where: string): void {
  const left = new Map(ours.map(timed).map(({ key, seconds }) => [key, seconds]))
  for (const { key, seconds } of theirs.map(timed)) {
    const our = left.get(key)
    if (our === undefined) expect(seconds, `${where}: only in theirs: ${key}`).toBeLessThanOrEqual(1)
    else expect(Math.abs(our - seconds), `${where}: ${key}`).toBeLessThanOrEqual(1)
    left.delete(key)
  }
  for (const [key, seconds] of left) expect(seconds, `${where}: only in ours: ${key}`).toBeLessThanOrEqual(1)
}

describe.skipIf(!isThere).each(['dr0', 'dr1', 'tun0', 'tun1', 'nat0', 'nat1'])('%s', (folder) => {
  const isTracked = folder.endsWith('1')

  test('holds what the director held', async () => {
    const { tables, input } = recorded(folder)
    expect(tables.length).toBeGreaterThan(30)
    const run = async (at: string[]): Promise<{ moment: DirectorMoment, evidence: Evidence }[]> => {
      const evidence = new Evidence()
      const whole = new Evidence()
      const source = await openCapture(join(LVS, folder, 'director.pcap'))
      // the vantage is what the whole capture says
      const first = new Replay(source, {
        copies: 'auto', onPacket: (engine, frame) => { whole.note(engine, frame) }, onOther: (frame) => { whole.noteOther(frame) },
      })
      await first.run()
      source.close()
      const { vantage } = contextOf(whole, first.engine.sysctl)
      const forwarding = vantage.forwarding!
      expect({ name: vantage.name, forwarding }).toEqual({ name: 'lvs-director', forwarding: { dr: 'direct', tun: 'tunnel',
        nat: 'nat' }[folder.slice(0, -1)] })
      const again = await openCapture(join(LVS, folder, 'director.pcap'))
      const replay = new Replay(again, {
        copies: 'auto', at: at.map(parseWhen),
        onPacket: (engine, frame) => { evidence.note(engine, frame) }, onOther: (frame) => { evidence.noteOther(frame) },
      })
      const found: { moment: DirectorMoment, evidence: Evidence }[] = []
      for await (const { text, time, engine } of replay.moments()) {
        const context = contextOf(evidence, { ...engine.sysctl, acct: 1 }, 'auto', evidence.msOf(time))
        found.push({ moment: directorMoment(context, vantage, snapshot(engine), text, formatTime(time)), evidence })
      }
      again.close()
      return found
    }
    const found = await run(tables.map(({ at }) => at))
    expect(found.length).toBe(tables.length)
    found.forEach(({ moment: { tracked: withEntries, untracked, ipvs } }, i) => {
      const { at, tracked, ipvs: theirs } = tables[i]!
      expectSame(isTracked ? withEntries : untracked, tracked, `${folder} nf_conntrack ${at}`)
      expectSame(ipvs, theirs, `${folder} ipvs ${at}`)
    })
    expect(input).toHaveProperty('INVALID')
    const { evidence } = found.at(-1)!
    const incoming = evidence.flows.all.filter((flow) => flow.serverAddress === '10.0.0.100')
    expect(isTracked ? countsWith(incoming) : countsWithout(incoming, true))
      .toEqual({ fresh: input.NEW, established: input.ESTABLISHED, invalid: input.INVALID })
  })
})

describe.skipIf(!isThere)('vantages', () => {
  const expected = [
    ['director', { dr: ['lvs-director', 'direct'], tun: ['lvs-director', 'tunnel'], nat: ['lvs-director', 'nat'] }],
    ['director-any', { dr: ['lvs-director', 'direct'], tun: ['lvs-director', 'tunnel'], nat: ['lvs-director', 'nat'] }],
    ['real-server-1', { dr: ['real-server', 'direct'], tun: ['real-server', 'tunnel'], nat: ['real-server', null] }],
    ['client', { dr: ['client', null], tun: ['client', null], nat: ['client', null] }],
  ] as const
  test.each(expected)('%s is told from the others', async (place, by) => {
    for (const kind of ['dr', 'tun', 'nat'] as const) {
      for (const tracked of [0, 1]) {
        const evidence = new Evidence()
        const source = await openCapture(join(LVS, `${kind}${String(tracked)}`, `${place}.pcap`))
        const replay = new Replay(source, {
          copies: 'auto', onPacket: (engine, frame) => { evidence.note(engine, frame) }, onOther: (frame) => { evidence.noteOther(frame) },
        })
        await replay.run()
        source.close()
        const { name, forwarding } = contextOf(evidence, replay.engine.sysctl).vantage
        expect([name, forwarding]).toEqual(by[kind])
      }
    }
  })
})
