// The full-screen table: what keys do to it, what lines it makes; and the whole of it in a real terminal.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Frame } from '../../src/capture/frame.ts'
import { Engine } from '../../src/engine.ts'
import { besideLines, compareWithKernel } from '../../src/live/beside-kernel.ts'
import { draw } from '../../src/live/top/screen.ts'
import { short } from '../../src/live/top/columns.ts'
import { Top } from '../../src/live/top/top.ts'
import { Entries, entriesOf } from '../../src/views/entries.ts'
import type { Order } from '../../src/views/order.ts'
import { snapshot } from '../../src/views/snapshot.ts'
import { buildInto } from '../support/built.ts'
import { aim } from '../support/conversation.ts'
import { missing, Namespace, type Running } from '../support/namespaces.ts'
import { ROOT } from '../support/sources.ts'
import { echo, tcp, udp, type Seen } from '../support/traffic.ts'

const START = 1_700_000_000
const SIZE = { width: 100, height: 20, colour: false }

/** A top over frames, with a table taken at each second there is one for. */
function watch(frames: readonly Seen[], until = Math.max(...frames.map(({ sec }) => sec))): Top {
  const engine = new Engine({ seed: 1 })
  const top = new Top('eth0')
  const frame = new Frame()
  let next = 0
  for (let sec = START; sec <= until; sec++) {
    for (let seen = frames[next]; seen?.sec === sec; seen = frames[++next]) {
      aim(frame, seen, next + 1)
      engine.push(frame)
      top.remarks.add(engine, frame)
    }
    engine.advance(sec * 1000 + 999)
    const { stats } = engine.table
    top.take({
      time: { sec, nsec: 999_000_000 }, packets: engine.packets, invalid: stats.invalid, created: stats.created,
      earlyDrop: stats.earlyDrop, tableFull: stats.tableFull, most: 1000, lost: 3,
    }, snapshot(engine))
  }
  return top
}

function engineOver(frames: readonly Seen[]): Engine {
  const engine = new Engine({ seed: 1 })
  const frame = new Frame()
  frames.forEach((seen, i) => {
    aim(frame, seen, i + 1)
    engine.push(frame)
  })
  return engine
}

const at = (sec: number, bytes: Uint8Array): Seen => ({ sec: START + sec, bytes })
const HANDSHAKE = [
  at(0, tcp({}, 'S', { seq: 1 })), at(0, tcp({ from: 2, to: 1, sport: 80, dport: 40_000 }, 'SA', { seq: 5, ack: 2 })),
  at(1, tcp({}, 'A', { seq: 2, ack: 6 })),
]
const MIXED = [...HANDSHAKE, at(1, udp({ sport: 7 })), at(2, echo({ from: 9 }, 77)), at(2, udp({ sport: 8 }, 500))]

const ESCAPE = '\u001b'

/** A line without its colours. */
const plain = (line: string): string => line.replace(new RegExp(`${ESCAPE}\\[[\\d;]*m`, 'g'), '')

/** The rows on the screen: protocol and source of each. */
const shownRows = (top: Top): string[] => draw(top, SIZE).slice(4, -1).filter((line) => line !== '').map((line) => {
  const words = plain(line).trim().split(/\s+/)
  return `${words.find((word) => /^(tcp|udp|icmp)$/.test(word))} ${words.find((word) => word.startsWith('10.'))}`
})

describe('the full-screen table', () => {
  test('has as many lines as the screen, none wider, at any size', () => {
    const top = watch(MIXED)
    for (const keys of [[], ['return'], ['h'], ['/', 'x']]) {
      for (const key of keys) top.key(key)
      for (let width = 1; width < 160; width += 7) {
        for (const height of [6, 10, 50]) {
          const lines = draw(top, { width, height, colour: true })
          expect(lines).toHaveLength(height)
          for (const line of lines) expect(plain(line).length).toBeLessThanOrEqual(width)
        }
      }
      top.key('escape')
    }
  })

  test('shows entries, fill, rates and losses', () => {
    const lines = draw(watch(MIXED), SIZE)
    expect(lines[0]).toContain('eth0   2023-11-14T22:13:22.999')
    expect(lines[1]).toMatch(/^entries 4 of 1000 \[\| +\] {3}new\/s 2 {3}packets\/s 2 {3}invalid\/s 0 {3}lost 3$/)
    expect(lines[4]).toContain('ESTABLISHED  10.0.0.1:40000  10.0.0.2:80')
  })

  test('sorts by any column, either way', () => {
    const top = watch(MIXED)
    expect(shownRows(top)).toEqual(['tcp 10.0.0.1:40000', 'udp 10.0.0.1:7', 'icmp 10.0.0.9', 'udp 10.0.0.1:8'])
    top.key('s')
    expect(top.column.title).toBe('proto')
    expect(shownRows(top).map((row) => row.split(' ')[0])).toEqual(['icmp', 'tcp', 'udp', 'udp'])
    top.key('r')
    expect(shownRows(top).map((row) => row.split(' ')[0])).toEqual(['udp', 'udp', 'tcp', 'icmp'])
    top.key('<')
    expect(shownRows(top).at(0)).toBe('udp 10.0.0.1:8')
    top.key('<')
    expect(top.column.title).toBe('flags')
  })

  test('begins with the order that was asked for', () => {
    const columns = (order: Order): [string, boolean] => {
      const { column, isReverse } = new Top('eth0', order)
      return [column.title, isReverse]
    }
    expect(columns({ key: 'bytes' })).toEqual(['bytes', true]) // columns sort upwards
    expect(columns({ key: 'timeout', isReverse: true })).toEqual(['timeout', false])
    expect(columns({ key: 'age' })).toEqual(['age', false]) // but for age, where the oldest come first
    expect(columns({ key: 'age', isReverse: true })).toEqual(['age', true])
  })

  test('filters by words, and by words that must not be', () => {
    const top = watch(MIXED)
    const filter = (text: string): string[] => {
      const rubout = Array.from(top.filter.join(' '), () => 'backspace')
      for (const key of ['/', ...rubout, ...text.split(''), 'return']) top.key(key === ' ' ? 'space' : key)
      return shownRows(top)
    }
    expect(filter('UDP')).toEqual(['udp 10.0.0.1:7', 'udp 10.0.0.1:8'])
    expect(filter('!udp !icmp')).toEqual(['tcp 10.0.0.1:40000'])
    expect(filter('established 10.0.0.2:80')).toEqual(['tcp 10.0.0.1:40000'])
    expect(draw(top, SIZE)[2]).toContain('1 with: established 10.0.0.2:80')
    filter('nothing')
    expect(draw(top, SIZE).join('\n')).toContain('nothing has these words')
    top.key('escape')
    expect(shownRows(top)).toHaveLength(4)
  })

  test('while words are typed, keys are letters', () => {
    const top = watch(MIXED)
    for (const key of ['/', 'q', 'w']) expect(top.key(key)).toBeNull()
    expect(draw(top, SIZE).at(-1)).toMatch(/^\/qw_/)
    top.key('escape')
    expect([top.filter, top.key('q'), top.key('w'), top.key('ctrl-c')]).toEqual([[], 'quit', 'save', 'quit'])
  })

  test('goes back in time and forward, stays there while tracking goes on, and goes on', () => {
    const top = watch(MIXED)
    top.key('left')
    expect(shownRows(top)).toEqual(['tcp 10.0.0.1:40000', 'udp 10.0.0.1:7'])
    expect(draw(top, SIZE)[0]).toContain('1 s ago')
    top.key('left')
    expect(shownRows(top)).toEqual(['tcp 10.0.0.1:40000'])
    expect(draw(top, SIZE)[4]).toContain('SYN_RECV')
    top.key('left') // there is nothing before
    expect(shownRows(top)).toEqual(['tcp 10.0.0.1:40000'])
    top.take({ ...top.history.back(0)!.totals, time: { sec: START + 3, nsec: 999_000_000 } }, [])
    expect(shownRows(top)).toEqual(['tcp 10.0.0.1:40000'])
    for (let i = 0; i < 4; i++) top.key('right')
    expect(top.back).toBeNull()
    expect(draw(top, SIZE).join('\n')).toContain('no connections')
  })

  test('holds a table', () => {
    const top = watch(MIXED)
    top.key('space')
    const before = shownRows(top)
    top.take(top.history.back(0)!.totals, [])
    expect([shownRows(top), draw(top, SIZE)[0]?.includes('ago') ?? false]).toEqual([before, true])
    top.key('space')
    expect(shownRows(top)).not.toEqual(before)
  })

  test('chooses a row and keeps it chosen when the order changes; scrolls', () => {
    const top = watch(Array.from({ length: 100 }, (_, i) => at(0, udp({ sport: i + 1 }))))
    top.resize(15)
    for (const key of ['down', 'j', 'down', 'up']) top.key(key)
    expect(top.chosen).toBe(2)
    top.key('r')
    expect([top.chosen, top.rows[top.chosen]?.original.sourcePort]).toEqual([97, 3])
    draw(top, SIZE)
    expect(top.scroll).toBe(83)
    top.key('end')
    expect(top.chosen).toBe(99)
    for (let i = 0; i < 20; i++) top.key('pageup')
    expect([top.chosen, top.scroll]).toEqual([0, 0])
  })

  test('explains a flow: its states so far, and what was refused and why', () => {
    const top = watch([...HANDSHAKE, at(2, tcp({ from: 2, to: 1, sport: 80, dport: 40_000 }, 'R', { seq: 900_000_000 }))])
    expect(top.key('return')).toBeNull()
    const text = draw(top, { ...SIZE, width: 200 }).join('\n')
    expect(text).toContain('tcp 10.0.0.1:40000 → 10.0.0.2:80')
    expect(text).toMatch(/22:13:20\.999Z {2}SYN_RECV answered\n.*22:13:21\.999Z {2}ESTABLISHED ASSURED\n/)
    expect(text).toMatch(/INVALID {2}10\.0\.0\.2:80 → 10\.0\.0\.1:40000 {2}nf_ct_proto_6: /)
    top.key('escape')
    expect(top.page).toBe('table')
  })

  test('says when entries had to go early, and when there was no room', () => {
    const top = watch(MIXED)
    top.take({ ...top.history.back(0)!.totals, earlyDrop: 7, tableFull: 9 }, [])
    expect(draw(top, { ...SIZE, width: 160 })[1]).toMatch(/ {3}7 dropped early {3}table full: 9 packets dropped$/)
  })

  test('shows what the kernel has, where that was looked at', () => {
    const top = watch(MIXED)
    const ours = snapshot(engineOver(MIXED))
    const kernel = new Entries()
    for (const row of ours) {
      if (row.l4 === 'icmp') continue
      kernel.add(row.l4 === 'tcp' ? { ...row, state: 'SYN_RECV', assured: false, timeout: 60 } : { ...row, timeout: row.timeout! + 1 })
    }
    kernel.add({ ...ours[0]!, original: { ...ours[0]!.original, sourcePort: 1 } })
    const beside = compareWithKernel(entriesOf(engineOver(MIXED)), kernel)
    top.take(top.history.back(0)!.totals, ours, beside)
    const lines = draw(top, { ...SIZE, width: 160 })
    expect(lines[2]).toContain('beside the kernel: 2 the same, 2 not, 1 only there')
    expect(lines.slice(4, 8).map((line) => plain(line).trim().split(/ {2,}/).at(-1))).toEqual(['SYN_RECV answered 60 s', '=', 'not there', '='])
    expect(besideLines(beside)).toEqual([
      '# beside the kernel: 2 the same, 1 differ, 1 only here, 1 only there',
      '# tcp 10.0.0.1:40000 → 10.0.0.2:80: the kernel has SYN_RECV answered 60 s',
      '# icmp 10.0.0.9 → 10.0.0.2 type 8 code 0 id 77: not there',
      '# tcp 10.0.0.1:1 → 10.0.0.2:80: only there, ESTABLISHED ASSURED',
    ])
  })

  test('keeps so many tables that memory is bounded', () => {
    const top = new Top('eth0')
    const rows = snapshot(engineOver(Array.from({ length: 1000 }, (_, i) => at(0, udp({ sport: i + 1 })))))
    const { totals } = watch(HANDSHAKE).history.back(0)!
    for (let i = 0; i < 300; i++) top.history.add(totals, rows)
    expect(top.history.length).toBe(250)
    for (let i = 0; i < 1000; i++) top.history.add(totals, [])
    expect(top.history.length).toBe(600)
  })

  test('prints nothing that a terminal would take for a command', () => {
    const top = watch(MIXED)
    top.note = `bad ${ESCAPE}[2J\u0007 name`
    expect(draw(top, SIZE).at(-1)).toBe('bad [2J name')
  })

  test.each([[0, '0'], [999, '999'], [1000, '1.00k'], [12_345, '12.3k'], [999_499, '999k'], [4_560_000, '4.56M'], [999_999, '1.00M']])(
    'shortens %i to %s', (value, text) => { expect(short(value)).toBe(text) })
})

const PATIENCE = 60_000 // ms for what is built and started around the tests
const lost = missing('tmux')

describe.skipIf(lost !== null)(`in a terminal${lost === null ? '' : ` (skipped: needs ${lost})`}`, { timeout: 2 * PATIENCE }, () => {
  let folder = ''
  let namespace: Namespace
  let server: Running
  const socket = `pct-${process.pid}`
  const tmux = (...words: readonly string[]): string => execFileSync('tmux', ['-L', socket, ...words], { encoding: 'utf8', cwd: folder })

  /** Waits until the screen shows something. @returns the screen */
  async function screen(shows: RegExp): Promise<string> {
    for (;;) {
      const text = tmux('capture-pane', '-p', '-t', 't')
      if (shows.test(text)) return text
      await new Promise((resolve) => { setTimeout(resolve, 50) })
    }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pcap-conntrack-'))
    const program = buildInto(folder)
    namespace = new Namespace()
    server = namespace.start(process.execPath, join(ROOT, 'test/support/talk.js'), 'serve', '127.0.0.1')
    await server.until(({ out }) => out.includes('ready'))
    tmux('new-session', '-d', '-x', '110', '-y', '24', '-s', 't', 'sh')
    tmux('send-keys', '-t', 't', `ip netns exec ${namespace.name} ${process.execPath} ${program} live -i lo; echo ended with $?`, 'Enter')
  }, PATIENCE)

  afterAll(async () => {
    spawnSync('tmux', ['-L', socket, 'kill-server'])
    server.child.kill()
    await server.ended
    namespace.remove()
    rmSync(folder, { recursive: true })
  }, PATIENCE)

  test('it fills the screen, answers to keys, saves, and leaves the terminal as it was', async () => {
    await screen(/live: lo, through/)
    const asking = namespace.start(process.execPath, join(ROOT, 'test/support/talk.js'), 'ask', '127.0.0.1')
    const table = await screen(/tcp +ESTABLISHED .*:8080 .*ASSURED/)
    expect(table.split('\n').find((line) => line !== '')).toMatch(/^pcap-conntrack live: lo, through \w+ {3}\d{4}-/)
    tmux('send-keys', '-t', 't', '/', 'udp', 'Enter')
    expect(await screen(/1 with: udp/)).not.toContain('ESTABLISHED')
    tmux('send-keys', '-t', 't', 'Escape')
    await screen(/ESTABLISHED/)
    tmux('send-keys', '-t', 't', 'Enter')
    await screen(/Seen in the tables kept/)
    tmux('send-keys', '-t', 't', 'w')
    await screen(/saved: conntrack-.*\.txt/)
    const saved = readdirSync(folder).find((name) => name.startsWith('conntrack-'))!
    expect(readFileSync(join(folder, saved), 'utf8')).toMatch(/^ipv4 {5}2 tcp .*\n|^ipv4 {5}2 udp .*\n/)
    tmux('resize-window', '-t', 't', '-x', '60', '-y', '12')
    await screen(/^.{0,60}\n/)
    asking.child.kill()
    await asking.ended
    tmux('send-keys', '-t', 't', 'q')
    const after = await screen(/ended with 0/)
    expect(after).not.toContain('sorted by')
    expect(after).toMatch(/\d+ frames, \d+ of them IP packets/)
  })
})
