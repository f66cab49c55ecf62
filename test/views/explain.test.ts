// explain: the steps agree with what packets and events say of the same capture, and the numbers with the kernel's own sentence.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  defaultSysctl, flowName, type Knob, openCapture, packets, parseFlow, type PacketStep, Replay, type Step, tables, UsageError,
} from '../../src/index.ts'
import { rowTuple } from '../../src/views/expect.ts'
import { REASONS } from '../../src/base/reasons.ts'
import type { Conntrack } from '../../src/conntrack/conntrack.ts'
import type { Hooks } from '../../src/engine.ts'
import { stateName } from '../../src/protocols/state-name.ts'
import { Connection } from '../../src/table/connection.ts'
import { Tuple } from '../../src/table/tuple.ts'
import { cellsOf } from '../../src/views/explain/cells.ts'
import { readTuple } from '../../src/views/packet-tuple.ts'
import { saidOf, silenceOf } from '../../src/views/explain/meaning.ts'
import { TcpEye } from '../../src/views/explain/tcp-detail.ts'
import { sampleCaptures } from '../support/captures.ts'
import { command, Folder } from '../support/command.ts'
import { ROOT } from '../support/sources.ts'
import { back, handshake, type Seen, tcp, udp } from '../support/traffic.ts'

const START = 1_700_000_000
const GOLDENS = join(ROOT, 'test/golden/linux-6.12')
const folder = new Folder()
afterAll(() => { folder.remove() })

const sample = (name: string): string => join(ROOT, 'samples', name)

interface Document {
  readonly original: object
  readonly steps: Step[]
}

async function explainedIn(path: string, ...args: string[]): Promise<Document> {
  const { code, out, error } = await command(['explain', path, '-o', 'json', ...args])
  expect({ code, error }).toEqual({ code: 0, error: '' })
  return JSON.parse(out) as Document
}

const explained = (name: string, ...args: string[]): Promise<Document> => explainedIn(sample(name), ...args)

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
    const logged = ({ said }: PacketStep): string | null => {
      const texts = said.flatMap(({ kernel }) => kernel ?? [])
      return texts.length === 0 ? null : texts.join('; ')
    }
    expect(steps.map((step) => ({ verdict: step.verdict, reason: logged(step) }))).toEqual(steps.map(({ frame }) => rows.get(frame)))
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
    expect(there.original).toEqual({ src: '192.0.2.10', dst: '198.51.100.80', sport: 40003, dport: 22 })
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

  test('says what gives the time when a packet comes in the very tick of the one before', async () => {
    const twice = folder.capture('twice.pcap', [{ sec: START, bytes: udp() }, { sec: START, nsec: 999, bytes: udp() }])
    const [first, second] = packetSteps((await explainedIn(twice, '--frame', '1')).steps)
    expect(second?.decided).toEqual(first?.decided)
    expect(second?.decided).toEqual(['timeout: 30 s, nf_conntrack_udp_timeout'])
  })

  test('says why a packet does not keep the entry alive', async () => {
    const rule = async (name: string, frame: number, path = sample(name)): Promise<string | undefined> =>
      packetSteps((await explainedIn(path, '--frame', String(frame))).steps).find((step) => step.frame === frame)?.decided.at(-1)
    expect(await rule('syn-retransmit.pcap', 2)).toBe('the timeout is not refreshed: a SYN that is sent again keeps nothing alive')
    expect(await rule('half-connection.pcap', 2)).toBe('the timeout is not refreshed: the packet is refused')
    const ignored = folder.capture('ignored.pcap', [...handshake(START, {}), { sec: START + 1, bytes: tcp({}, 'S', { seq: 7 }) }])
    expect(await rule('', 4, ignored)).toBe('the timeout is not refreshed: the packet is let through, and changes nothing')
  })

  test('says that the entry follows an answer to what was ignored', async () => {
    const anew = folder.capture('anew.pcap', [
      ...handshake(START, {}), { sec: START + 1, bytes: tcp({}, 'S', { seq: 9_000_000 }) },
      { sec: START + 1, nsec: 9, bytes: tcp(back({ sport: 40_000, dport: 80 }), 'SA', { seq: 3, ack: 9_000_001 }) },
    ])
    expect(packetSteps((await explainedIn(anew, '--frame', '5')).steps).at(-1)).toMatchObject({
      after: { state: 'SYN_RECV' },
      decided: [
        'table of the reply direction, SYN/ACK in ESTABLISHED: ignored',
        'it answers what was ignored before, so both sides agree: the entry follows them',
        'timeout: 60 s, nf_conntrack_tcp_timeout_syn_recv',
      ],
    })
  })

  test('takes a fragment for the datagram that it becomes a part of', async () => {
    const whole = await explained('fragments.pcap', '--frame', '3')
    expect(packetSteps(whole.steps)[0]).toMatchObject({ frame: 3, verdict: 'NEW' })
    for (const frame of ['1', '2']) expect(await explained('fragments.pcap', '--frame', frame)).toEqual(whole)
    const fates = new Map<number, string>()
    for await (const { frame, verdict } of packets(sample('fragments.pcap'))) fates.set(frame, verdict)
    const errors = new Set<string>()
    for (const frame of fates.keys()) {
      const { code, error, out } = await command(['explain', sample('fragments.pcap'), '--frame', String(frame)])
      expect([code, out === '']).toEqual(error === '' ? [0, false] : [2, true])
      if (error !== '') errors.add(error.replace(/\d+/, 'N'))
    }
    expect([...errors]).toEqual(['pcap-conntrack: frame N: a fragment of a datagram that never was whole, so nothing became of it\n'])
  })

  test('shows no cell where the table was not asked', async () => {
    const bad = tcp({ sport: 40_000 }, 'A', { seq: 1001, ack: 5001, length: 4 })
    bad[bad.length - 1] = 1
    const path = folder.capture('bad.pcap', [...handshake(START, {}), { sec: START + 1, bytes: bad }])
    const last = packetSteps((await explainedIn(path, '--frame', '4', '--sysctl', 'checksum=1')).steps).at(-1)
    expect(last).toMatchObject({ verdict: 'INVALID', bounds: [], decided: ['the timeout is not refreshed: the packet is refused'] })
    expect(last?.said[0]?.kernel).toContain('bad checksum')
  })

  test('names chunks and types, and their cells, of SCTP and DCCP', async () => {
    const first = async (name: string): Promise<Partial<PacketStep> | undefined> =>
      packetSteps((await explained(name, '--frame', '1')).steps)[0]
    expect(await first('sctp.pcap')).toMatchObject({
      content: 'INIT', segment: null,
      decided: [expect.stringMatching(/^table of the original direction, INIT in NONE: /), expect.anything()],
    })
    expect(await first('dccp.pcap')).toMatchObject({
      content: 'REQUEST', decided: ['table of the client, REQUEST in NONE: REQUEST', 'timeout: 240 s, nf_conntrack_dccp_timeout_request'],
    })
    expect((await command(['explain', sample('sctp.pcap'), '--frame', '1'])).out).toMatch(/^frame 1, .* → \[INIT\]: NEW$/m)
  })

  test('complains once of a capture that is cut, though it is read twice', async () => {
    const cut = folder.file('cut.pcap', readFileSync(sample('web.pcap')).subarray(0, 700))
    const { code, out, error } = await command(['explain', cut, '--frame', '1'])
    expect([code, error.match(/TRUNCATED/g)?.length]).toEqual([3, 1])
    expect(out).toMatch(/^tcp 192\.0\.2\.10:40000/)
  })

  test('takes every connection by the name that tables and diffs give it', async () => {
    let count = 0
    for (const path of sampleCaptures()) {
      for await (const { entries } of tables(path, { every: '1000pkts', helpers: ['all'] })) {
        for (const row of entries) {
          expect(rowTuple(parseFlow(flowName(row)))).toEqual(row.original)
          count++
        }
      }
    }
    expect(count).toBeGreaterThan(100)
  })

  test('finds pings by their id and tunnels by their keys', async () => {
    expect(packetSteps((await explained('ping.pcap', '--flow', 'icmp 192.0.2.10 198.51.100.80 id 7')).steps)).toHaveLength(6)
    expect(packetSteps((await explained('ping.pcap', '--flow', 'icmpv6 2001:db8::10 2001:db8:80::80 id 8')).steps)).toHaveLength(6)
    const pptp = await explained('pptp.pcap', '--helper', 'pptp', '--flow', 'gre 192.0.2.10 key 0x1001 198.51.100.47 key 0x2002')
    expect(pptp.steps).toEqual((await explained('pptp.pcap', '--helper', 'pptp', '--frame', '9')).steps)
    const lone = await explained('ping.pcap', '--flow', 'icmp 192.0.2.10 198.51.100.80 id 77')
    expect(lone.steps).toMatchObject([{ verdict: 'INVALID', direction: 'reply', said: [{ kernel: null, setting: null }] }])
  })

  test('tells who promised a RELATED connection, by which helper and in which frame', async () => {
    const { original, steps } = await explained('ftp-passive.pcap', '--helper', 'ftp', '--frame', '11')
    const [first, ...later] = packetSteps(steps)
    expect(first).toMatchObject({
      verdict: 'RELATED',
      promise: { master: { src: '192.0.2.10', dst: '198.51.100.21', sport: 40_100, dport: 21 }, helper: 'ftp', frame: 10 },
    })
    expect(original).toMatchObject({ src: '192.0.2.10', dst: '198.51.100.21' })
    expect(later.map(({ promise }) => promise)).toEqual(later.map(() => null))
    const text = (await command(['explain', sample('ftp-passive.pcap'), '--helper', 'ftp', '--frame', '11'])).out
    expect(text).toContain('promised by 192.0.2.10:40100 → 198.51.100.21:21, read by the helper ftp, in frame 10')
    const without = await explained('ftp-passive.pcap', '--frame', '11')
    expect(packetSteps(without.steps)[0]).toMatchObject({ verdict: 'NEW', promise: null })
  })

  test('ends with the reset that ends the entry, whoever has its place in the table afterwards', async () => {
    const killed = folder.capture('killed.pcap', [
      { sec: START, bytes: tcp({}, 'S', { seq: 1 }) }, { sec: START, nsec: 1, bytes: tcp({}, 'R', { seq: 2 }) },
      { sec: START + 1, bytes: udp() }, { sec: START + 40, bytes: udp({ sport: 9 }) }, // the first of these takes its record, and expires
    ])
    const { original, steps } = await explainedIn(killed, '--frame', '2')
    expect(original).toEqual({ src: '10.0.0.1', dst: '10.0.0.2', sport: 40_000, dport: 80 })
    expect(steps.map((step) => step.kind === 'end' ? step.reason : step.frame)).toEqual([1, 2, 'killed'])
    const refused = folder.capture('refused.pcap', [
      { sec: START, bytes: tcp({}, 'S', { seq: 1 }) },
      { sec: START, nsec: 1, bytes: tcp(back({ sport: 40_000, dport: 80 }), 'RA', { ack: 2 }) },
    ])
    expect((await explainedIn(refused, '--frame', '2')).original).toEqual(original)
  })

  test('names the copies of a packet, which are tracked once', async () => {
    const [first] = packetSteps((await explained('lvs-dr-director.pcap', '--frame', '2')).steps)
    expect(first).toMatchObject({ frame: 1, copies: [2] })
    const each = packetSteps((await explained('lvs-dr-director.pcap', '--frame', '2', '--copies', 'track')).steps)
    expect(each.slice(0, 2)).toMatchObject([{ frame: 1, copies: [] }, { frame: 2, copies: [] }])
  })

  test('tells that the table was full', async () => {
    const full = folder.capture('full.pcap', [...handshake(START, {}), { sec: START + 1, bytes: udp() }])
    expect((await explainedIn(full, '--frame', '4', '--sysctl', 'max=1')).steps).toMatchObject([{
      verdict: '-', before: null, after: null,
      said: [{ kernel: 'nf_conntrack: table full, dropping packet', setting: 'a larger nf_conntrack_max' }],
    }])
  })

  // What is said to change a verdict does: the capture, the frame, and the setting that its explanation names.
  const mid: Seen[] = [{ sec: START, bytes: tcp({}, 'A', { seq: 5, ack: 7 }) }]
  const oldReset: Seen[] = [...handshake(START, {}), { sec: START + 1, bytes: tcp({}, 'R', { seq: 900 }) }]
  const unseenAck: Seen[] = [...handshake(START, {}), { sec: START + 1, bytes: tcp({}, 'A', { seq: 1001, ack: 9_000_000 }) }]
  const damaged = udp()
  damaged[damaged.length - 1] = 1
  test.each<[string, Seen[], string[], string]>([
    ['a connection picked up', mid, ['tcp_loose=0'], 'nf_conntrack_tcp_loose=1'],
    ['an old reset', oldReset, [], 'nf_conntrack_tcp_ignore_invalid_rst=1'],
    ['an acknowledgement of what was not seen', unseenAck, [], 'nf_conntrack_tcp_be_liberal=1'],
    ['a wrong checksum', [{ sec: START, bytes: damaged }], ['checksum=1'], 'nf_conntrack_checksum=0'],
  ])('names the setting that lets %s pass', async (_, frames, settings, named) => {
    const path = folder.capture('setting.pcap', frames)
    const last = String(frames.length)
    const options = settings.flatMap((setting) => ['--sysctl', setting])
    const step = packetSteps((await explainedIn(path, '--frame', last, ...options)).steps).at(-1)
    expect([step?.verdict, step?.said.at(-1)?.setting]).toEqual(['INVALID', named])
    const [knob = '', value] = named.replace('nf_conntrack_', '').split('=')
    const changed = [...options, '--sysctl', `${knob as Knob}=${value ?? ''}`]
    expect(packetSteps((await explainedIn(path, '--frame', last, ...changed)).steps).at(-1)?.verdict).not.toBe('INVALID')
  })

  test('says in words what every refusal of the goldens means', async () => {
    const meanings = new Map<string, string>()
    for (const name of readdirSync(GOLDENS, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.pcap'))) {
      const source = await openCapture(join(GOLDENS, name))
      const sysctl = defaultSysctl()
      await new Replay(source, {
        sysctl, at: [], helpers: ['all'],
        onPacket: ({ packet }) => {
          for (const said of saidOf(packet)) meanings.set((said.kernel ?? '').replace(/\d[\d.]*/g, 'N'), said.meaning)
          if (packet.verdict !== 1 || packet.reasonCount > 0) return
          const said = silenceOf(packet, sysctl)
          expect(said).toMatchObject({ kernel: null, setting: null })
          meanings.set(`protocol ${String(packet.protocol)}, IPv${String(packet.version)}: ${said.meaning}`, said.meaning)
        },
      }).run()
      source.close()
    }
    expect(meanings.size).toBeGreaterThan(30)
    expect([...meanings].filter(([, meaning]) => !/^[A-Z].{15,}[.]$/.test(meaning))).toEqual([])
    const ofHelpers = [...meanings].filter(([, meaning]) => meaning.startsWith('The helper that reads'))
    expect(ofHelpers.filter(([kernel]) => !kernel.includes('dropping packet'))).toEqual([])
  })

  test.each([
    'sctp/', 'sctp-cells', 'sctp-walks', 'dccp/', 'dccp-cells', 'dccp-walks',
  ])('names the cells that lead to the state which the tracker is in afterwards: %s', async (golden) => {
    const wrong: string[] = []
    let count = 0
    for (const path of readdirSync(GOLDENS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pcap'))) {
      if (!path.startsWith(golden)) continue
      const source = await openCapture(join(GOLDENS, path))
      const tuple = new Tuple()
      const hooks: Hooks & { conntrack: Conntrack | null } = {
        conntrack: null,
        attach(conntrack) { this.conntrack = conntrack },
        walk(packet, frame) {
          const { conntrack } = this
          if (conntrack === null) return
          const conn = new Connection(conntrack.table.records)
          const found = readTuple(packet, conntrack, tuple) ? conntrack.table.find(tuple) : -1
          const look = cellsOf(packet, found < 0 ? null : conn.at(found >>> 1), found < 0 ? 0 : found & 1)
          const before = found < 0 ? 'NONE' : stateName(conn.at(found >>> 1))
          conntrack.receive(packet)
          conntrack.confirm(packet)
          const last = look?.cells.at(-1)?.split(': ')[1]
          if (last === undefined || packet.verdict < 3 || conn.at(packet.connection).l3num === 0) return
          const state = stateName(conn.at(packet.connection))
          count++
          // A Response to a Request that was ignored is no longer ignored itself.
          const wanted = last !== 'ignored' ? last : packet.reasonCount === 0 ? 'RESPOND' : before
          if (state !== wanted) wrong.push(`${path} frame ${frame.number}: ${look?.cells.join('; ')}, but ${state}`)
        },
      }
      await new Replay(source, { at: [], hooks }).run()
      source.close()
    }
    expect(count).toBeGreaterThan(5)
    expect(wrong).toEqual([])
  })

  test('shows of every refused segment of the goldens the bound that the kernel names, and its number', async () => {
    const BOUNDS: Readonly<Record<string, string>> = {
      TCP_SEQ_OVER: 'I', TCP_OVERSHOT: 'I', TCP_ACK_OVER: 'III', TCP_SEQ_UNDER: 'II', TCP_ACK_UNDER: 'IV',
    }
    const ORDER = ['I', 'III', 'II', 'IV'] // in which the kernel asks
    const wrong: string[] = []
    const counts = new Map<string, number>()
    for (const path of readdirSync(GOLDENS, { recursive: true, encoding: 'utf8' }).filter((name) => /^tcp.*\.pcap$/.test(name))) {
      const source = await openCapture(join(GOLDENS, path))
      const tuple = new Tuple()
      const hooks: Hooks & { conntrack: Conntrack | null } = {
        conntrack: null,
        attach(conntrack) { this.conntrack = conntrack },
        walk(packet, frame) {
          const { conntrack } = this
          if (conntrack === null) return
          const found = readTuple(packet, conntrack, tuple) ? conntrack.table.find(tuple) : -1
          const conn = found < 0 ? null : new Connection(conntrack.table.records).at(found >>> 1)
          const look = packet.protocol === 6 ? new TcpEye().look(packet, conn, found < 0 ? 0 : found & 1) : null
          const seq = packet.l4 >= 0 && packet.end - packet.l4 >= 20 ? packet.view.getUint32(packet.l4 + 4) : 0
          conntrack.receive(packet)
          conntrack.confirm(packet)
          const reason = REASONS[packet.reasons[0] ?? 0]?.[0] ?? ''
          const named = packet.reasonCount === 0 ? undefined : BOUNDS[reason]
          if (look === null || named === undefined) return
          counts.set(reason, (counts.get(reason) ?? 0) + 1)
          const crossed = ORDER.find((name) => look.bounds.some((bound) => bound.name === name && !bound.holds))
          const first = look.bounds[0]
          const upper = first === undefined ? 0 : (seq + first.limit - first.value + 1) >>> 0
          if (crossed !== named || (reason === 'TCP_SEQ_OVER' && upper !== packet.reasonArg(0, 0))) {
            wrong.push(`${path} frame ${frame.number}: ${reason}, but ${crossed} ${upper}`)
          }
        },
      }
      await new Replay(source, { at: [], hooks }).run()
      source.close()
    }
    expect([...counts.keys()].sort()).toEqual(Object.keys(BOUNDS).sort())
    expect(wrong).toEqual([])
  })

  test.each([
    'icmp 10.0.0.1 10.0.0.2', 'tcp 10.0.0.1:1 10.0.0.2:2 id 7', 'gre 10.0.0.1 key 70000 10.0.0.2', 'tcp 10.0.0.1 key 1 10.0.0.2',
    'icmp 10.0.0.1 10.0.0.2 id', 'icmp 10.0.0.1 10.0.0.2 id x', 'icmp 10.0.0.1 10.0.0.2 id 1 type 300',
  ])('%s is no flow', (text) => {
    expect(() => parseFlow(text)).toThrow(UsageError)
  })

  test('reads flows of both families', () => {
    expect(parseFlow('tcp [2001:db8::1]:80 [2001:db8::2]:81')).toMatchObject({ ports: (80 << 16) | 81, isIpv6: true })
    expect(parseFlow('gre 2001:db8::1 2001:db8::2')).toMatchObject({ ports: 0, isIpv6: true })
    for (const text of ['tcp 10.0.0.1:1', 'tcp 10.0.0.1:1 [::1]:2', 'tcp 10.0.0.1:99999 10.0.0.2:1', 'nope 10.0.0.1 10.0.0.2']) {
      expect(() => parseFlow(text)).toThrow(UsageError)
    }
  })
})
