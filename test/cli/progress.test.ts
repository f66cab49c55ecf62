// The bar of a long run, and what SIGUSR1 prints: by a clock that the tests move.

import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { Progress } from '../../src/cli/progress.ts'
import { Replay } from '../../src/index.ts'
import { command, Folder, type Surroundings } from '../support/command.ts'
import { MemorySource, udp } from '../support/traffic.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const START = 1_700_000_000
const CLEAR = '\r\u001b[K'
const TERMINAL: Surroundings = { errorIsTerminal: true, env: { TERM: 'xterm' } }
const capture = folder.capture('some.pcap', Array.from({ length: 2000 }, (_, i) => ({ sec: START, bytes: udp({ sport: i + 1 }) })))

let now = 0
/** Milliseconds that go by between two looks at the clock. */
let pace = 0
beforeEach(() => {
  now = 0
  pace = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now += pace)
})
afterEach(() => { vi.restoreAllMocks() })

/** A bar that is asked at instants, over a source that has come so far. */
function barAt(instants: readonly number[], { position = 50, size = 100, surroundings = TERMINAL, quiet = false } = {}): string[] {
  now = 0
  const said: string[] = []
  const { env = {}, errorIsTerminal = false } = surroundings
  const progress = new Progress({
    env, errorIsTerminal, outIsTerminal: false, columns: 80, write() { /* nothing */ }, say(text) { said.push(text) },
    onSignals: () => () => { /* nothing */ },
  }, quiet)
  const source = new MemorySource([])
  const replay = new Replay(Object.assign(source, { position: position * 1e6, size: size * 1e6 }))
  replay.engine.frames = 3_000_000
  for (const instant of instants) {
    now = instant
    progress.tick(replay)
  }
  return said
}

describe('the bar', () => {
  test('says how far it is, how fast, and how long it takes yet', () => {
    expect(barAt([2000])).toEqual([
      `${CLEAR}[============            ]  50 %  3 000 000 packets, 50.0 of 100.0 MB, 1 500 000 packets/s  2 s left`,
    ])
  })

  test('comes after a second, and then five times a second', () => {
    expect(barAt([0, 500, 999])).toEqual([])
    expect(barAt([1000, 1100, 1199, 1200, 1399, 1400])).toHaveLength(3)
  })

  test('of a pipe has no share and no end', () => {
    expect(barAt([2000], { size: 0 })).toEqual([`${CLEAR}3 000 000 packets, 50.0 MB, 1 500 000 packets/s`])
  })

  test.each([
    ['standard error is no terminal', { surroundings: {} }], ['--quiet is given', { quiet: true }],
    ['the terminal is dumb', { surroundings: { ...TERMINAL, env: { TERM: 'dumb' } } }],
  ])('does not come when %s', (_, options) => {
    expect(barAt([2000, 4000], options)).toEqual([])
  })
})

describe('a run', () => {
  test('takes its bar away before it prints and when it ends', async () => {
    pace = 600
    const { code, error, out } = await command(['packets', capture], TERMINAL)
    expect([code, out.split('\n').length]).toEqual([EXIT.DONE, 2001])
    expect(error).toContain(' packets/s')
    expect(error.endsWith(CLEAR)).toBe(true)
    expect(error.replaceAll(/\r\u001b\[K[^\r]*/g, '')).toBe('') // eslint-disable-line no-control-regex -- nothing but bars
  })

  test('has none that is short', async () => {
    pace = 1
    expect(await command(['packets', capture], TERMINAL)).toMatchObject({ code: EXIT.DONE, error: '' })
  })
})
