import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { tables } from '../../src/library.ts'
import { ChainCount } from '../../src/sizing/chains.ts'
import { kernelDefaults, parseBytes, recommend, tableBytes } from '../../src/sizing/kernel-memory.ts'
import { MOST_SLOTS, Series } from '../../src/sizing/series.ts'
import type { SizeReport } from '../../src/sizing/size-report.ts'
import { Tuple } from '../../src/table/tuple.ts'
import { command, Folder } from '../support/command.ts'
import { back, echo, handshake, type Seen, tcp, udp } from '../support/traffic.ts'

const folder = new Folder()
afterAll(() => { folder.remove() })

const START = 1_700_000_000

async function size(path: string, ...args: string[]): Promise<SizeReport> {
  const { code, out, error } = await command(['size', path, '-o', 'json', ...args])
  expect({ code, error }).toEqual({ code: 0, error: '' })
  return JSON.parse(out) as SizeReport
}

/** Clients that each send one datagram, `gap` seconds apart. */
const datagrams = (count: number, gap: number): Seen[] => Array.from({ length: count }, (_, i) => ({
  sec: START + i * gap, bytes: udp({ from: 1 + i % 200, sport: 1000 + i }),
}))

/** Packets of few connections of several protocols, now and then with a long pause between. */
const traffic = fc.array(fc.record({
  pause: fc.constantFrom(0, 1, 5, 29, 30, 31, 119, 121, 500),
  what: fc.nat(4), from: fc.integer({ min: 1, max: 4 }), sport: fc.integer({ min: 1, max: 4 }),
}), { minLength: 1, maxLength: 40 }).map((steps) => {
  let sec = START
  return steps.map(({ pause, what, from, sport }): Seen => {
    sec += pause
    const ends = { from, to: 9, sport, dport: 80 }
    const frames = [udp(ends), udp(back(ends)), tcp(ends, 'S'), tcp(back(ends), 'R', { ack: 1 }), echo({ from, to: 9 }, sport)]
    return { sec, bytes: frames[what] ?? udp(ends) }
  })
})

describe('the peak', () => {
  test('is the largest of the tables after each packet, with the same states and holders', async () => {
    await fc.assert(fc.asyncProperty(traffic, async (frames) => {
      const path = folder.capture('peak.pcap', frames)
      const report = await size(path)
      let most = 0
      let at = 0
      let kinds: Record<string, number> = {}
      let sources: Record<string, number> = {}
      for await (const { entries, frame } of tables(path, { every: '1pkts' })) {
        if (entries.length <= most) continue
        most = entries.length
        at = frame
        kinds = {}
        sources = {}
        for (const { l4, state, assured, seenReply, original } of entries) {
          const name = `${l4} ${state ?? (l4 !== 'udp' ? '' : assured ? 'ASSURED' : seenReply ? 'REPLIED' : 'UNREPLIED')}`
          kinds[name] = (kinds[name] ?? 0) + 1
          sources[original.source] = (sources[original.source] ?? 0) + 1
        }
      }
      expect(report.peak?.entries ?? 0).toBe(most)
      expect(report.peak?.frame ?? 0).toBe(at)
      expect(Object.fromEntries((report.peak?.kinds ?? []).map((kind) => [`${kind.protocol} ${kind.state}`, kind.entries]))).toEqual(kinds)
      expect(Object.fromEntries(report.holders.sources.map(({ name, entries }) => [name, entries]))).toEqual(sources)
      expect(Math.max(0, ...report.series.map((point) => point.peak))).toBe(most)
    }), { numRuns: 60 })
  })

  test('counts what is alive together, not what there ever was', async () => {
    // A datagram that nobody answers is remembered for 30 s: at ten seconds' distance three are alive, and a fourth is just due.
    const report = await size(folder.capture('sparse.pcap', datagrams(40, 10)))
    expect(report.created).toBe(40)
    expect(report.peak?.entries).toBe(3)
    expect(report.peak?.frame).toBe(3)
  })
})

describe('a table that is too small', () => {
  test('loses none while there are unassured entries to drop early', async () => {
    const report = await size(folder.capture('many.pcap', datagrams(50, 0)), '--max', '20')
    expect(report.tableFull + report.earlyDrops).toBeGreaterThan(0)
    expect(report.peak?.entries).toBe(20)
    expect(report.created + report.tableFull).toBe(50)
  })

  test('loses the first connection beyond its assured ones, and names its frame', async () => {
    const assured = [1, 2, 3].flatMap((from) => handshake(START + from, { from, to: 9 }))
    const frames = [...assured,
      { sec: START + 4, bytes: tcp({ from: 4, to: 9 }, 'S') }, { sec: START + 5, bytes: tcp({ from: 5, to: 9 }, 'S') }]
    const path = folder.capture('full.pcap', frames)
    expect(await size(path, '--max', '3')).toMatchObject({ tableFull: 2, earlyDrops: 0, firstLost: { frame: 10 } })
    // The fourth is not assured: whether it goes depends on whether its chain is near, and that on the hash.
    const four = await size(path, '--max', '4')
    expect(four.tableFull + four.earlyDrops).toBe(1)
    expect((four.firstLost ?? four.firstEarlyDrop)?.frame).toBe(11)
    expect(await size(path, '--max', '0')).toMatchObject({ tableFull: 0, earlyDrops: 0, peak: { entries: 5 } })
  })

  test('is reached ten times sooner by ten times the traffic', async () => {
    const assured = [1, 2, 3].flatMap((from) => handshake(START + from, { from, to: 9 }))
    const path = folder.capture('ten.pcap', [...assured, { sec: START + 4, bytes: tcp({ from: 4, to: 9 }, 'S') }])
    expect(await size(path, '--max', '30', '--scale', '10'))
      .toMatchObject({ tableFull: 10, firstLost: { frame: 10 }, peak: { entries: 30 } })
    expect(await size(path, '--max', '40', '--scale', '10'))
      .toMatchObject({ tableFull: 0, firstLost: null, peak: { entries: 40 } })
  })
})

describe('counts over time', () => {
  test('keep the largest and the last of each piece, however long it runs', () => {
    const series = new Series(1)
    const counts = new Int32Array(1)
    series.start(0)
    const truth: number[] = []
    for (let tick = 0; tick < 5 * MOST_SLOTS + 3; tick++) {
      series.reach(tick, counts, counts[0] ?? 0)
      counts[0] = (tick * 7919) % 101
      series.note(counts[0])
      truth.push(counts[0])
    }
    series.finish(counts, counts[0] ?? 0)
    expect(series.width).toBe(8)
    for (let i = 0; i < series.length; i++) {
      const during = truth.slice(Math.max(0, i * 8 - 1), (i + 1) * 8) // what was there when the piece began counts too
      expect(series.peaks[i]).toBe(Math.max(...during))
      expect(series.counts[i]).toBe(during.at(-1))
    }
  })
})

describe('chains', () => {
  test('hold each entry twice', () => {
    const count = new ChainCount(512)
    const tuple = new Tuple()
    for (let i = 0; i < 1000; i++) {
      Object.assign(tuple, { proto: 2 | 17 << 8, ports: i << 16 | 53, source0: 1, destination0: 2 })
      tuple.seal()
      count.add(tuple, 1)
    }
    const { lengths, tuples, longest } = count.result()
    expect(tuples).toBe(2000)
    expect(lengths.reduce((sum, chains) => sum + chains, 0)).toBe(512)
    expect(lengths.reduce((sum, chains, length) => sum + chains * length, 0)).toBe(2000)
    expect(longest).toBeLessThan(20) // 3.9 on average: beyond 20 the hash would not spread
  })
})

describe('the kernel', () => {
  test.each([
    ['16G', 262_144], ['4097M', 262_144], ['4G', 65_536], ['1025M', 65_536], ['1G', 8192], ['512M', 4096], ['64M', 1024],
  ])('with %s of memory chooses %i entries', (text, max) => {
    expect(kernelDefaults(parseBytes(text))).toEqual({ max, buckets: max })
  })

  test('is told of twice the peak, rounded up to a power of two', () => {
    expect(recommend(1)).toEqual({ max: 1024, buckets: 1024 })
    expect(recommend(512)).toEqual({ max: 1024, buckets: 1024 })
    expect(recommend(513)).toEqual({ max: 2048, buckets: 2048 })
  })

  test('pays for entries, their extensions and heads of chains', () => {
    expect(tableBytes(1000, 1024)).toBe(1000 * 384 + 1024 * 8)
    expect(tableBytes(0, 1)).toBe(4096)
  })
})

describe('the command', () => {
  test('says what it wants when an option makes no sense', async () => {
    for (const args of [['--max', 'x'], ['--scale', '0'], ['--ram', 'much'], ['--buckets', '0'], ['-o', 'xml']]) {
      expect((await command(['size', 'x.pcap', ...args])).code).toBe(2)
    }
  })

  test('prints CSV whose rows add up', async () => {
    const path = folder.capture('csv.pcap', [...datagrams(9, 3), ...handshake(START + 40, { from: 3 })])
    const { out } = await command(['size', path, '-o', 'csv'])
    const [head, ...lines] = out.trim().split('\n').map((line) => line.split(','))
    expect(head?.slice(0, 3)).toEqual(['start', 'peak', 'entries'])
    for (const line of lines) expect(line.slice(3).reduce((sum, cell) => sum + Number(cell), 0)).toBe(Number(line[2]))
    expect(Math.max(...lines.map((line) => Number(line[1])))).toBe(9)
  })
})
