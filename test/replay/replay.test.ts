import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseEvery, parseWhen } from '../../src/base/when.ts'
import { Replay, type ReplayOptions } from '../../src/replay.ts'
import { printProc } from '../../src/views/procfs.ts'
import { snapshot } from '../../src/views/snapshot.ts'
import { arp, back, echo, handshake, MemorySource, type Seen, tcp, udp } from '../support/traffic.ts'

const START = 1_700_000_000
const lines = (replay: Replay): string[] => snapshot(replay.engine).map((row) => printProc(row, { counters: true }))

/** What a replay shows: each instant's text, time and table. */
async function shown(frames: readonly Seen[], options: Omit<ReplayOptions, 'at'> & { at?: string[] }, batch?: number) {
  const { at, ...rest } = options
  const replay = new Replay(new MemorySource(frames, batch), { ...rest, ...(at === undefined ? {} : { at: at.map(parseWhen) }) })
  const moments: { text: string, frame: number, sec: number, nsec: number, lines: string[] }[] = []
  for await (const { text, frame, time } of replay.moments()) moments.push({ text, frame, ...time, lines: lines(replay) })
  return { replay, moments }
}

/** One line's seconds left. */
const timeout = (line: string | undefined): number => Number(/^\S+\s+\d+ \S+\s+\d+ (\d+)/.exec(line ?? '')?.[1])

const two: Seen[] = [
  { sec: START, bytes: udp({ sport: 1 }) },
  { sec: START + 10, nsec: 500_000_000, bytes: udp({ sport: 2 }) },
]

describe('the end', () => {
  test('is right after the last packet', async () => {
    const { moments } = await shown(two, {})
    expect(moments).toHaveLength(1)
    expect(moments[0]).toMatchObject({ text: 'end', frame: 2, sec: START + 10, nsec: 500_000_000 })
    expect(moments[0]?.lines.map(timeout)).toEqual([19, 30])
  })

  test('is not put off by frames without IP', async () => {
    const { moments } = await shown([...two, { sec: START + 20, bytes: arp() }], {})
    expect(moments[0]).toMatchObject({ sec: START + 10, nsec: 500_000_000, frame: 3 })
    expect(moments[0]?.lines.map(timeout)).toEqual([19, 30])
  })

  test('of a capture without packets is an empty table', async () => {
    const { moments } = await shown([], { at: ['end', '+5s', 'end+1s'] })
    expect(moments.map(({ text }) => text).sort()).toEqual(['+5s', 'end', 'end+1s'])
    expect(moments.every((moment) => moment.lines.length === 0)).toBe(true)
  })
})

describe('an instant', () => {
  test('shows the table at its own time, not at the packet before it', async () => {
    const { moments } = await shown(two, { at: ['+5s', 'end+9.5s', 'end+19.499s', 'end+19.5s'] })
    expect(moments.map((moment) => moment.lines.map(timeout))).toEqual([[25], [10, 20], [0, 10], [10]])
  })

  test('includes the frames of its own millisecond', async () => {
    const frames = [
      ...two,
      { sec: START + 10, nsec: 500_999_999, bytes: udp({ sport: 3 }) },
      { sec: START + 10, nsec: 501_000_000, bytes: udp({ sport: 4 }) },
    ]
    const { moments } = await shown(frames, { at: ['+10.5s', '+10.499s'] })
    expect(moments.map(({ text, lines: { length } }) => [text, length])).toEqual([['+10.499s', 1], ['+10.5s', 3]])
  })

  test('of a frame lies right after it; one without IP does not move the clock', async () => {
    const frames = [two[0]!, { sec: START + 5, bytes: arp() }, two[1]!]
    const { moments } = await shown(frames, { at: ['frame:1', 'frame:2', 'frame:3'] })
    const timeouts = moments.map((moment) => [moment.text, ...moment.lines.map(timeout)])
    expect(timeouts).toEqual([['frame:1', 30], ['frame:2', 30], ['frame:3', 19, 30]])
  })

  test('comes in the order of time, whatever order it is asked in', async () => {
    const { moments } = await shown(two, { at: ['end+5s', 'frame:2', '+1s', 'end', String(START)] })
    expect(moments.map(({ text }) => text)).toEqual([String(START), '+1s', 'frame:2', 'end', 'end+5s'])
  })

  test('before the capture has an empty table', async () => {
    const { moments } = await shown(two, { at: ['1970-01-01', 'end'] })
    expect(moments.map(({ lines: { length } }) => length)).toEqual([0, 2])
  })

  test('of a frame that never came is told of', async () => {
    const { replay, moments } = await shown(two, { at: ['frame:3', 'frame:1'] })
    expect(moments.map(({ text }) => text)).toEqual(['frame:1'])
    expect(replay.missed.map(({ text }) => text)).toEqual(['frame:3'])
  })
})

describe('equal distances', () => {
  test('of time run from the first frame, and the end is shown too', async () => {
    const { moments } = await shown(two, { every: parseEvery('4s') })
    expect(moments.map(({ text, lines: all }) => [text, ...all.map(timeout)])).toEqual([['+4s', 26], ['+8s', 22], ['end', 19, 30]])
  })

  test('of packets count packets, not frames', async () => {
    const frames = [two[0]!, { sec: START + 1, bytes: arp() }, two[1]!, { sec: START + 11, bytes: udp({ sport: 3 }) }]
    const { moments } = await shown(frames, { every: parseEvery('2pkts') })
    expect(moments.map(({ text }) => text)).toEqual(['frame:3', 'end'])
  })

  test('pass over the time in which the table is empty', async () => {
    const frames = [{ sec: 1, bytes: udp() }, { sec: 4_000_000_000, bytes: udp() }]
    const { moments } = await shown(frames, { every: parseEvery('10s') })
    expect(moments.map(({ text }) => text)).toEqual(['+10s', '+20s', '+30s', 'end'])
  })
})

describe('time', () => {
  test('does not run backwards', async () => {
    const frames = [{ sec: START + 10, bytes: udp({ sport: 1 }) }, { sec: START, bytes: udp({ sport: 2 }) }]
    const { replay, moments } = await shown(frames, { at: ['end', 'end+1s', 'end+11s'] })
    expect(replay.engine.clock.backwards).toBe(1)
    // end+… counts from the last frame's own time.
    expect(moments.map((moment) => moment.lines.map(timeout))).toEqual([[30, 30], [30, 30], [29, 29]])
  })
})

describe('a link type that nothing reads', () => {
  test('is told of once, and the other frames are taken', async () => {
    const other = { sec: START, bytes: new Uint8Array(60), linkType: 147 }
    const { replay, moments } = await shown([other, two[0]!, other, two[1]!], {})
    expect(replay.damage.map(({ code, message }) => [code, message.includes('147')])).toEqual([['UNSUPPORTED_LINKTYPE', true]])
    expect(moments[0]?.lines).toHaveLength(2)
  })
})

describe('a replay', () => {
  test('that is stopped shows what there is', async () => {
    const frames = Array.from({ length: 10 }, (_, i) => ({ sec: START + i, bytes: udp({ sport: i + 1 }) }))
    let fills = 0
    const { replay, moments } = await shown(frames, { at: ['end', 'end+5s'], between: () => ++fills < 4 }, 2)
    expect(replay.stopped).toBe(true)
    expect(moments.map(({ text, frame, lines: { length } }) => [text, frame, length])).toEqual([['end', 6, 6]])
  })

  test('that waits for input can be stopped', async () => {
    const source = new MemorySource(two, 1)
    const fill = source.fill.bind(source)
    let fills = 0
    const wait = (): Promise<boolean> => {
      setImmediate(() => { replay.stop() })
      return new Promise(() => { /* for ever */ })
    }
    Object.assign(source, { fill: () => (++fills < 3 ? fill() : wait()) })
    const replay = new Replay(source)
    const texts: string[] = []
    for await (const { text } of replay.moments()) texts.push(text)
    expect(texts).toEqual(['end'])
    expect(replay.stopped).toBe(true)
  })

  const ends = fc.record({
    from: fc.constantFrom(1, 2), to: fc.constantFrom(1, 2, 3), sport: fc.constantFrom(1, 2), dport: fc.constantFrom(2, 3),
  })
  const packet = fc.oneof(
    ends.map((e) => udp(e)), ends.map((e) => udp(back(e))), ends.map((e) => echo(e, 7)), ends.map((e) => echo(back(e), 7, true)),
    fc.tuple(ends, fc.constantFrom('S', 'SA', 'A', 'FA', 'R')).map(([e, flags]) => tcp(e, flags, { seq: 1000, ack: 5001 })),
    fc.constant(arp()),
  )
  const captures = fc.array(fc.record({ gap: fc.nat(40_000), bytes: packet }), { minLength: 1, maxLength: 40 }).map((steps) => {
    let ms = START * 1000
    return steps.map(({ gap, bytes }) => {
      ms += gap
      return { sec: Math.floor(ms / 1000), nsec: ms % 1000 * 1_000_000, bytes }
    })
  })
  const instants = fc.oneof(
    fc.nat(700).map((s) => `+${String(s / 2)}s`), fc.nat(600).map((s) => `end+${String(s / 2)}s`), fc.constant('end'),
    fc.integer({ min: 1, max: 40 }).map((n) => `frame:${String(n)}`),
  )

  test('with many instants shows what as many replays show', async () => {
    const several = fc.uniqueArray(instants, { maxLength: 8 })
    await fc.assert(fc.asyncProperty(captures, several, fc.integer({ min: 1, max: 5 }), async (frames, at, batch) => {
      const { moments } = await shown(frames, { at }, batch)
      const alone = new Map<string, string[]>()
      for (const text of at) for (const moment of (await shown(frames, { at: [text] })).moments) alone.set(text, moment.lines)
      expect(new Map(moments.map((moment) => [moment.text, moment.lines]))).toEqual(alone)
    }), { numRuns: 50 })
  })

  test('watched shows what a replay unwatched shows', async () => {
    await fc.assert(fc.asyncProperty(captures, async (frames) => {
      let seen = 0
      const watched = await shown(frames, { onPacket: () => { seen++ } })
      expect(watched.moments).toEqual((await shown(frames, {})).moments)
      expect(seen).toBe(watched.replay.engine.packets)
    }), { numRuns: 50 })
  })

  test.each(['1pkts', '1s'])('at a thousand instants, --every %s, goes once through the capture and shows each table', async (every) => {
    // A connection a second, each 30 s long.
    const frames = Array.from({ length: 1000 }, (_, i) => ({ sec: START + i, bytes: udp({ sport: i + 1 }) }))
    const { replay, moments } = await shown(frames, { every: parseEvery(every) }, 100)
    expect([replay.engine.frames, replay.source.position]).toEqual([1000, 1000])
    expect(moments.length).toBeGreaterThanOrEqual(every === '1s' ? 999 : 1000)
    for (const { frame, sec, lines: table } of moments) {
      const isEarly = sec === START + frame // time has gone on to the next packet's second, and that packet is still to come
      const count = Math.min(frame, isEarly ? 29 : 30)
      expect(table.map(timeout)).toEqual(Array.from({ length: count }, (_, i) => 30 - count + i + (isEarly ? 0 : 1)))
    }
    for (const i of [0, 28, 29, 500, moments.length - 1]) {
      const { text, lines: table } = moments[i]!
      expect((await shown(frames, { at: [text] })).moments[0]?.lines).toEqual(table)
    }
  })

  test.each([[[]], [[parseWhen('+1s')]]])('tells of frames without IP, whatever instants are asked for: %o', async (at) => {
    const others: number[] = []
    const source = new MemorySource([{ sec: START, bytes: arp() }, { sec: START, bytes: udp() }, { sec: START + 2, bytes: arp() }])
    await new Replay(source, { at, onOther: ({ number }) => { others.push(number) } }).run()
    expect(others).toEqual([1, 3])
  })

  test('counts a handshake as one connection', async () => {
    const { moments } = await shown(handshake(START, {}), {})
    expect(moments[0]?.lines).toEqual([
      'ipv4     2 tcp      6 432000 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=80 packets=2 bytes=80 ' +
      'src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40000 packets=1 bytes=40 [ASSURED] mark=0 zone=0 use=2',
    ])
  })
})
