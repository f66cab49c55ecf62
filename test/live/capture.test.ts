// The live command on a loopback interface of its own, through each program that captures.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listDevices } from '../../src/live/devices.ts'
import { PROGRAMS } from '../../src/live/programs.ts'
import { buildInto } from '../support/built.ts'
import { read } from '../support/captures.ts'
import { missing, Namespace, type Running } from '../support/namespaces.ts'
import { ROOT } from '../support/sources.ts'

const PATIENCE = 60_000 // ms for what is built and started around the tests
const lost = missing('sh', 'setpriv')
const TALK = join(ROOT, 'test/support/talk.js')
const word = lost === null ? '' : ` (skipped: needs ${lost})`

describe.skipIf(lost !== null)(`live${word}`, { timeout: 2 * PATIENCE }, () => {
  let folder = ''
  let program: readonly string[] = []
  let server: Running
  const namespace = lost === null ? new Namespace() : null
  const there = PROGRAMS.filter((one) => one.find() !== null).map(({ name }) => name)

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pcap-conntrack-'))
    program = [process.execPath, buildInto(folder), 'live']
    server = namespace!.start(process.execPath, TALK, 'serve', '127.0.0.1')
    await server.until(({ out }) => out.includes('ready'))
  }, PATIENCE)

  afterAll(async () => {
    server.child.kill()
    await server.ended
    namespace!.remove()
    rmSync(folder, { recursive: true })
  }, PATIENCE)

  const live = (...words: readonly string[]): Running => namespace!.start(...program, ...words)

  test('can be tested through one program at least', () => {
    expect(there.length).toBeGreaterThan(0)
  })

  test.each(there)('tracks a TCP and a UDP conversation through %s, and keeps the packets', async (source) => {
    const file = join(folder, `${source}.pcap`)
    const watching = live('-i', 'lo', '--source', source, '--every', '0.5s', '-w', file)
    await watching.until(({ error }) => error.includes(`through ${source}`))
    const asking = namespace!.start(process.execPath, TALK, 'ask', '127.0.0.1')
    await asking.until(({ out }) => out.includes('done'))
    await watching.until(({ out }) => / tcp .*ESTABLISHED.*dport=8080.*\[ASSURED\]/.test(out) && / udp .*dport=5353/.test(out))
    asking.child.kill()
    await asking.ended
    await watching.until(({ out }) => out.includes('TIME_WAIT'))
    expect(await watching.interrupt()).toBe(0)
    expect(watching.out).toMatch(/^# at \d{4}-\d\d-\d\dT[\d:.]+Z\n/)
    const end = watching.out.slice(watching.out.indexOf('# at end'))
    expect(end).toMatch(/ tcp {6}6 1[12]\d TIME_WAIT src=127\.0\.0\.1 dst=127\.0\.0\.1 .*dport=8080 .*\[ASSURED\]/)
    expect(end).toMatch(/ udp {6}17 [12]\d src=127\.0\.0\.1 dst=127\.0\.0\.1 sport=\d+ dport=5353 src/)
    const counted = Number(/, (\d+) of them IP packets/.exec(watching.error)?.[1])
    expect(counted).toBeGreaterThan(10)
    expect((await read(file)).frames).toHaveLength(counted)
    const offline = namespace!.run(...program.slice(0, 2), file)
    expect(offline.replace(/\d+ (?=src|TIME)/g, '')).toBe(end.replace(/^.*\n/, '').replace(/\d+ (?=src|TIME)/g, ''))
  })

  test.each(there)('ends after a count of packets, and takes a filter, through %s', async (source) => {
    const watching = live('-i', 'lo', '--source', source, '--every', '1h', '-c', '2', 'udp', 'and', 'port 5353')
    await watching.until(({ error }) => error.includes(`through ${source}`))
    const asking = namespace!.start(process.execPath, TALK, 'ask', '127.0.0.1')
    expect(await watching.ended).toBe(0)
    expect(watching.out.split('\n')).toEqual(['# at end', expect.stringMatching(/^ipv4 {5}2 udp .*dport=5353/) as string, ''])
    expect(watching.error).toContain('2 frames, 2 of them IP packets')
    asking.child.kill()
    await asking.ended
  })

  test.each(there)('explains a wrong filter and an interface that is not there, through %s: exit 2', (source) => {
    const filter = namespace!.try(...program, '-i', 'lo', '--source', source, 'no such filter')
    expect([filter.status, filter.stdout]).toEqual([2, ''])
    expect(filter.stderr).toContain('"no such filter" is no filter')
    const device = namespace!.try(...program, '-i', 'nope', '--source', source)
    expect([device.status, device.stdout]).toEqual([2, ''])
    expect(device.stderr).toBe('pcap-conntrack: nope: there is no such interface\nthose there are: lo, any\n')
  })

  test.each(there)('gives up root, and ends all the same, through %s', async (source) => {
    const watching = live('-i', 'lo', '--source', source, '-Z', 'nobody', '-Q', 'inout')
    await watching.until(({ error }) => error.includes('root is given up: now nobody'))
    const status = readFileSync(`/proc/${watching.child.pid!}/status`, 'utf8')
    const nobody = execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).trim()
    expect(/^Uid:(.*)$/m.exec(status)?.[1]?.trim().split('\t')).toEqual([nobody, nobody, nobody, nobody])
    expect(/^CapPrm:\t(.*)$/m.exec(status)?.[1]).toBe('0000000000000000')
    expect(await watching.interrupt()).toBe(0)
    // Of what it started nothing is left: who still runs is the server.
    expect(execFileSync('ip', ['netns', 'pids', namespace!.name], { encoding: 'utf8' }).trim()).toBe(String(server.child.pid))
  })

  test.each(there)('says that the interface has gone away, after what was seen, through %s: exit 3', async (source) => {
    namespace!.run('ip', 'link', 'add', 'gone', 'type', 'veth', 'peer', 'name', 'other')
    for (const name of ['gone', 'other']) namespace!.run('ip', 'link', 'set', name, 'up')
    const watching = live('-i', 'gone', '--source', source, '--every', '1h')
    await watching.until(({ error }) => error.includes('through'))
    namespace!.run('ip', 'link', 'del', 'gone')
    expect(await watching.ended).toBe(3)
    expect(watching.out).toContain('# at end')
    expect(watching.error).toMatch(new RegExp(`pcap-conntrack: gone: ${source} ended`))
  })

  test('ends in order on SIGTERM', async () => {
    const watching = live('-i', 'lo', '--every', '1h')
    await watching.until(({ error }) => error.includes('through'))
    watching.child.kill('SIGTERM')
    expect([await watching.ended, watching.out]).toEqual([0, '# at end\n'])
  })

  test('says what became of entries (--view diff), as text and as JSON', async () => {
    const watching = live('-i', 'lo', '--view', 'diff', '--every', '0.5s')
    const json = live('-i', 'lo', '--view', 'diff', '--every', '0.5s', '-o', 'json')
    for (const one of [watching, json]) await one.until(({ error }) => error.includes('through'))
    const asking = namespace!.start(process.execPath, TALK, 'ask', '127.0.0.1')
    await watching.until(({ out }) => /^\+ tcp 127\.0\.0\.1:\d+ → 127\.0\.0\.1:8080 {2}ESTABLISHED/m.test(out))
    asking.child.kill()
    await asking.ended
    await watching.until(({ out }) => /^~ tcp .*ESTABLISHED → TIME_WAIT/m.test(out))
    await json.until(({ out }) => out.includes('"kind":"changed"'))
    expect([await watching.interrupt(), await json.interrupt()]).toEqual([0, 0])
    expect(watching.out).toMatch(/^# from start to \d{4}-/)
    const { diffs } = JSON.parse(json.out) as { diffs: { differences: { kind: string }[] }[] }
    expect(diffs.flatMap(({ differences }) => differences).map(({ kind }) => kind)).toEqual(expect.arrayContaining(['appeared', 'changed']))
  })

  test('prints events as they come (--events)', async () => {
    const watching = live('-i', 'lo', '--events')
    const masked = live('-i', 'lo', '--events', '-e', 'NEW', '-o', 'jsonl')
    for (const one of [watching, masked]) await one.until(({ error }) => error.includes('through'))
    const asking = namespace!.start(process.execPath, TALK, 'ask', '127.0.0.1')
    await watching.until(({ out }) => /\[UPDATE\] .*tcp .*ESTABLISHED .*dport=8080.*\[ASSURED\]/.test(out))
    asking.child.kill()
    await asking.ended
    await watching.until(({ out }) => /\[UPDATE\] .*TIME_WAIT/.test(out))
    await masked.until(({ out }) => out.split('\n').length > 2)
    expect([await watching.interrupt(), await masked.interrupt()]).toEqual([0, 0])
    expect(watching.out).toMatch(/^\[\d+\.\d+\s*\]\s+\[NEW\] /)
    const lines = masked.out.trim().split('\n').map((line) => JSON.parse(line) as { type?: string, event?: string })
    expect(lines).toHaveLength(2) // one connection, one question
  })

  test('says that who may not capture may not, and how to: exit 2', () => {
    const { status, stderr } = namespace!.try('setpriv', '--bounding-set', '-net_raw,-net_admin', ...program, '-i', 'lo')
    expect([status, stderr]).toEqual([2, expect.stringMatching(/lo: no permission to capture\nrun it with sudo, or .*setcap/) as string])
  })

  test('says what is to be installed where nothing can capture: exit 2', () => {
    const { status, stderr } = namespace!.try(...program, '-i', 'lo', '--source', 'tshark')
    expect([status, stderr]).toEqual([2, 'pcap-conntrack: --source tshark: write auto, tcpdump, dumpcap or cap\n'])
  })
})

describe('interfaces', () => {
  test('are listed, the loopback interface among them', () => {
    const names = listDevices().map(({ name }) => name)
    expect(names.some((name) => name.startsWith('lo'))).toBe(true)
    expect(new Set(names).size).toBe(names.length)
  })
})
