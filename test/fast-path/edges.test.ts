// Where the fast path has to step back: tables that are full or grow, a wheel with too many gaps, records and times beyond what is
// usual, memory that is too small. And instants that lie between its frames.

import { describe, expect, test } from 'vitest'
import { Memory } from '../../src/base/memory.ts'
import { DESK_AT, DESK_WORDS, HEADS_AT, RECORDS_AT, STACKS_AT, STACKS_HIGH } from '../../src/base/memory-map.ts'
import { defaultSysctl, type Sysctl } from '../../src/base/sysctl.ts'
import { parseEvery, parseWhen } from '../../src/base/when.ts'
import { Frame } from '../../src/capture/frame.ts'
import { openCapture } from '../../src/capture/open.ts'
import { encodePcap, encodePcapng } from '../../scripts/lib/pcap.ts'
import { bothWays, Counted, differences, eagerly, fastEngine, insist, plainly, type Told, type Way } from '../support/both-ways.ts'
import { concat, sixteen } from '../support/ip-packets.ts'
import { arp, back, type Ends, handshake, pcap, type Seen, tcp, udp } from '../support/traffic.ts'

const START = 1_700_000_000
const small: Sysctl = { ...defaultSysctl(), max: 1000 }

/** Replays both ways, and once more with the fast path before each frame; all must say the same. @returns what the fast path took */
async function same(bytes: Uint8Array, way: Way = {}): Promise<{ replayed: Told, eager: Told }> {
  const all = { sysctl: small, ...way }
  const { differences: found, fast } = await bothWays(() => bytes, all)
  expect(found).toEqual([])
  const eager = await eagerly(() => bytes, all, Infinity)
  expect(differences((await plainly(() => bytes, all)).lines, eager.lines)).toEqual([])
  return { replayed: fast, eager }
}

/** The counters of the end. */
function counters(said: Told): Record<string, number> {
  return JSON.parse(said.lines[0]!) as Record<string, number>
}

/** Many that ask once, all in one millisecond. */
const askers = (count: number, sec = START): Seen[] =>
  Array.from({ length: count }, (_, i) => ({ sec, bytes: udp({ from: i & 255, sport: 1024 + (i >>> 8) }) }))

describe('a table', () => {
  test('that is full drops what is not assured', async () => {
    const frames = [...handshake(START, { sport: 1 }), ...handshake(START, { sport: 2 }), ...askers(60), ...askers(60, START + 31)]
    const { eager } = await same(pcap(frames), { sysctl: { ...small, max: 20, buckets: 1 } })
    expect(counters(eager).earlyDrop).toBeGreaterThan(5)
    expect(eager.taken).toBeGreaterThan(15)
  })

  test('that is full of what is assured drops the packet', async () => {
    const frames = Array.from({ length: 8 }, (_, i) => handshake(START + i, { sport: 1 + i })).flat()
    const { eager } = await same(pcap([...frames, ...askers(20, START + 8)]), { sysctl: { ...small, max: 8 } })
    expect(counters(eager).tableFull).toBe(20)
    expect(eager.taken).toBeGreaterThan(12)
  })

  test('without a bound takes what comes', async () => {
    expect((await same(pcap(askers(2000)), { sysctl: { ...small, max: 0 } })).eager.taken).toBeGreaterThan(1900)
  })

  test('is widened again and again, and what was in it is found', async () => {
    const frames = [...askers(5000), ...askers(5000, START + 3).map(({ sec, bytes }) => ({ sec, bytes: turned(bytes) }))]
    const { eager } = await same(pcap(frames), { sysctl: { ...small, max: 6000 } })
    expect(counters(eager).live).toBe(5000)
    expect(eager.taken).toBeGreaterThan(9900)
  })

  test('gives records again, to IPv4 and IPv6 by turns', async () => {
    const frames = Array.from({ length: 20 }, (_, i) => [...askers(5, START + i * 31), ...asked6(START + i * 31 + 15)]).flat()
    const { eager } = await same(pcap(frames), { sysctl: { ...small, max: 40 } })
    expect(counters(eager).high).toBeLessThan(20)
    expect(eager.taken).toBeGreaterThan(100)
  })
})

/** The answer to a datagram of IPv4. */
function turned(frame: Uint8Array): Uint8Array {
  return concat(frame.subarray(0, 26), frame.subarray(30, 34), frame.subarray(26, 30), frame.subarray(36, 38), frame.subarray(34, 36),
    frame.subarray(38))
}

/** Questions of three clients over IPv6, and their answers. */
function asked6(sec: number): Seen[] {
  const host = (n: number): number[] => [0x20, 1, 0xd, 0xb8, 0, n, 0, 0, 0, n, 0, 0, 0, 0, 0, n]
  return [1, 2, 3].flatMap((n) => [[n, 9], [9, n]].map(([from, to]) => ({
    sec,
    bytes: concat([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 8, 17, 64], host(from!), host(to!),
      sixteen(from! * 100), sixteen(to! * 100), [0, 8, 0, 0]),
  })))
}

describe('the wheel', () => {
  /** So many connections, a second between two of them; then some say goodbye at once, at seconds of their own. */
  function farewells(count: number): Seen[] {
    const ends = (i: number): Ends => ({ sport: 1000 + i, dport: 80 })
    const opened = Array.from({ length: count }, (_, i) => handshake(START + i, ends(i))).flat()
    const say = (sec: number, i: number, flags: string): Seen => ({ sec, bytes: tcp(ends(i), flags, { seq: 1001, ack: 5001 }) })
    const closed = Array.from({ length: 40 }, (_, i) => say(START + count, i, 'FA'))
    return [...opened, ...closed, ...Array.from({ length: 30 }, (_, i) => say(START + count + i * 10, 99, 'A'))]
  }

  test('grows when a deadline that comes nearer needs more room than there is', async () => {
    let taken = 0
    for (let count = 182; count < 196; count++) taken += (await same(pcap(farewells(count)))).eager.taken
    expect(taken).toBeGreaterThan(4000)
  })

  test('leaves a connection where it is whose slot comes up in time', async () => {
    const [syn, answer, last] = handshake(START, ENDS) as [Seen, Seen, Seen]
    for (const [sec, nsec] of [[59, 999_000_000], [60, 0], [60, 1_000_000]] as const) {
      // Of the SYN, 120.5 s; of its answer, 119.999 s, 120 s, 120.001 s: the slot comes up at 120 s.
      const before: Seen = { sec: START + sec, nsec, bytes: udp() } // the first of a second is for the long way
      const times = [{ ...syn, nsec: 500_000_000 }, before, { ...answer, sec: START + sec, nsec }, { ...last, sec: START + 61 }]
      const { eager } = await same(pcap([{ sec: START, bytes: udp() }, ...times]))
      expect(counters(eager).gaps).toBe(sec === 59 ? 1 : 0)
    }
  })

  test('uses room again', async () => {
    const frames = Array.from({ length: 300 }, (_, i) => Array.from({ length: i % 2 === 0 ? 200 : 20 }, (_asker, from) => (
      { sec: START + i, bytes: udp({ from, to: i % 40, sport: 1024 }) }))).flat()
    const source = new Counted(await openCapture(rawPcap(raw(frames))))
    const { engine, fastPath } = fastEngine({ sysctl: { ...small, max: 5000 } })
    const frame = new Frame()
    do {
      do {
        do insist(fastPath, source)
        while (fastPath.taken > 0)
      } while (source.next(frame) && engine.push(frame) >= 0)
    } while (await source.fill())
    const { shared } = fastPath.memory
    expect(new Int32Array(shared!, DESK_AT, DESK_WORDS)[STACKS_HIGH]).toBeLessThan(10_000)
    expect(source.taken).toBeGreaterThan(30_000)
  })

  test('is tidied when it has more gaps than records', async () => {
    // Streams that may be silent for less long than a question: each leaves a gap behind when it becomes one.
    const sysctl = { ...small, max: 4000, udp_timeout: 10_000, udp_timeout_stream: 1 }
    const groups = Array.from({ length: 70 }, (_, group) => [0, 0.001, 3].map((at) => ({ group, at }))).flat()
    const records = groups.flatMap(({ group, at }) => Array.from({ length: 1000 }, (_, i) => {
      const [sport, dport] = at === 0.001 ? [53, 1024 + i] : [1024 + i, 53]
      return { sec: START + group * 4 + Math.floor(at), usec: at === 0.001 ? 1000 : 0, bytes: datagram(group, at === 0.001, sport, dport) }
    }))
    const { eager } = await same(rawPcap(records), { sysctl })
    expect(counters(eager).gaps).toBeLessThan(10_000)
    expect(eager.taken).toBeGreaterThan(209_000)
  }, 60_000)
})

/** A datagram between 10.1.0.x and 10.2.0.1, all its frame. */
function datagram(host: number, isReply: boolean, sport: number, dport: number): Uint8Array {
  const [from, to] = isReply ? [[10, 2, 0, 1], [10, 1, 0, host]] : [[10, 1, 0, host], [10, 2, 0, 1]]
  return Uint8Array.of(2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, ...from, ...to,
    sport >>> 8, sport & 255, dport >>> 8, dport & 255, 0, 8, 0, 0)
}

interface RawRecord {
  readonly sec: number
  readonly usec: number
  readonly bytes: Uint8Array
  /** What the header says of its length, where that is not the truth. */
  readonly captured?: number
}

/** A file whose records say what they are told to. */
function rawPcap(records: readonly RawRecord[], { snap = 262_144, magic = 0xa1b2c3d4 } = {}): Uint8Array {
  const header = magic === 0xa1b2cd34 ? 24 : 16
  const file = new Uint8Array(24 + records.reduce((sum, { bytes }) => sum + header + bytes.length, 0))
  const view = new DataView(file.buffer)
  view.setUint32(0, magic, true)
  view.setUint32(16, snap, true)
  view.setUint32(20, 1, true)
  let at = 24
  for (const { sec, usec, bytes, captured = bytes.length } of records) {
    for (const [i, word] of [sec, usec, captured, bytes.length].entries()) view.setUint32(at + i * 4, word, true)
    file.set(bytes, at + header)
    at += header + bytes.length
  }
  return file
}

const ENDS = { sport: 40_000, dport: 80 }
const raw = (frames: readonly Seen[]): RawRecord[] => frames.map(({ sec, nsec = 0, bytes }) => ({ sec, usec: nsec / 1000, bytes }))

describe('a record', () => {
  const before = raw(handshake(START, ENDS))
  const after = raw(Array.from({ length: 40 }, (_, i) => ({ sec: START + 1, bytes: udp({ sport: i % 9 }) })))
  /** A datagram in a frame of so many bytes. */
  const padded = (length: number): Uint8Array => concat(udp(), new Uint8Array(length - udp().length))

  test.each([262_143, 262_144, 262_145, 1_000_000])('of %d bytes is taken or left, and the next are found', async (length) => {
    const records = [...before, { sec: START, usec: 3000, bytes: padded(length) }, ...after]
    for (const bufferSize of [64, 300_000]) {
      const { eager } = await same(rawPcap(records, { snap: 2_000_000 }), { bufferSize })
      expect(counters(eager).frames).toBe(44)
      expect(eager.taken).toBeGreaterThan(length > 262_144 ? 30 : 41)
    }
  })

  test('longer than a file allows ends it', async () => {
    const { replayed } = await same(rawPcap([...before, { sec: START, usec: 3000, bytes: padded(262_145) }, ...after]))
    expect(replayed.lines.at(-1)).toContain('cannot be')
  })

  test('for which the buffer outgrows the shared memory leaves what follows to the long way', async () => {
    const records = [...before, { sec: START, usec: 3000, bytes: padded(5 << 20) }, ...after]
    const { eager } = await same(rawPcap(records, { snap: 8 << 20 }))
    expect(counters(eager).frames).toBe(44)
    expect(eager.taken).toBe(2)
  })

  test('of no bytes is a frame, unless all of it is zero', async () => {
    const nothing = { sec: START, usec: 3000, bytes: new Uint8Array(0) }
    expect(counters((await same(rawPcap([...before, nothing, ...after]))).eager).frames).toBe(44)
    const { replayed } = await same(rawPcap([...before, { ...nothing, sec: 0, usec: 0 }, ...after]))
    expect(replayed.lines.at(-1)).toContain('zero bytes')
  })

  test('cut anywhere is the same', async () => {
    for (let length = 14; length <= 60; length += length < 38 ? 4 : 1) {
      const bytes = [...before, ...after].map((record) => ({ ...record, bytes: record.bytes.subarray(0, length) }))
      const file = rawPcap(bytes)
      const view = new DataView(file.buffer)
      for (let at = 24; at < file.length; at += 16 + view.getUint32(at + 8, true)) view.setUint32(at + 12, 60, true)
      await same(file)
    }
  })
})

describe('files of another make', () => {
  const others: Seen[] = Array.from({ length: 50 }, () => ({ sec: START + 1, bytes: arp() }))
  const seen = [...handshake(START, ENDS), ...askers(50, START + 1), ...others]
  const captured = seen.map(({ sec, nsec = 0, bytes }) => ({ ns: BigInt(sec) * 1_000_000_000n + BigInt(nsec) + 999n, bytes }))
  const bare = captured.map((one) => ({ ...one, bytes: one.bytes.subarray(14) }))
  const byTurns = captured.map((one, i) => ({ ...one, iface: (i >> 2) & 1 }))
  test.each<[string, Uint8Array, boolean]>([
    ['microseconds', encodePcap(captured, { micro: true }), true],
    ['nanoseconds', encodePcap(captured), true],
    ['big-endian', encodePcap(captured, { bigEndian: true }), false],
    ['with longer headers', rawPcap(raw(seen), { magic: 0xa1b2cd34 }), false],
    ['pcapng', encodePcapng(captured), true],
    ['pcapng, in microseconds', encodePcapng(captured, [{ resolution: 6 }]), true],
    ['pcapng, in seconds', encodePcapng(captured, [{ resolution: 0 }]), true],
    ['pcapng, in units of its own', encodePcapng(captured, [{ resolution: 0x80 | 20 }]), false],
    ['pcapng, finer than nanoseconds', encodePcapng(captured, [{ resolution: 11 }]), false],
    ['pcapng, of another link type', encodePcapng(bare, [{ linkType: 101 }]), false],
    ['pcapng, from two interfaces', encodePcapng(byTurns, [{}, { resolution: 6 }]), true],
  ])('give the same: %s', async (_, bytes, isTaken) => {
    const { eager } = await same(bytes, { copies: 'auto' })
    expect(eager.taken > 0).toBe(isTaken)
    expect(counters(eager).packets).toBe(53)
  })
})

describe('time', () => {
  test.each([0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 3])('from second %d on is told as it is', async (start) => {
    const { eager } = await same(pcap([...handshake(start, ENDS), ...askers(50, start + 1), ...askers(50, start + 2)]), { copies: 'auto' })
    expect(eager.taken).toBeGreaterThan(90)
  })

  test('that a record carries into another second is told as it is', async () => {
    const bytes = udp()
    const times = [[5, 0], [5, 999_999], [5, 1_000_000], [6, 0], [3, 4_000_000], [7, 1]]
    await same(rawPcap(times.map(([sec, usec]) => ({ sec: sec!, usec: usec!, bytes }))))
  })

  test('that a record carries beyond 32 bits makes all that follows old', async () => {
    const bytes = udp()
    const records = [[7, 5000], [2 ** 32 - 1, 11_000_000], [10, 0], [10, 200], [9, 0], [10, 300], [2 ** 32 - 1, 11_000_300], [10, 0]]
      .map(([sec, usec]) => ({ sec: sec!, usec: usec!, bytes }))
    const { eager } = await same(rawPcap(records))
    expect(counters(eager).backwards).toBe(5)
  })

  test('that runs back is counted', async () => {
    const frames = Array.from({ length: 60 }, (_, i) => ({ sec: START - i % 7, nsec: i * 1_000_000, bytes: udp({ sport: 1 + i % 3 }) }))
    const { eager } = await same(pcap(frames))
    expect(counters(eager).backwards).toBeGreaterThan(40)
  })
})

describe('an instant', () => {
  const frames = [...handshake(START, ENDS), ...Array.from({ length: 400 }, (_, i) => ({
    sec: START + Math.floor(i / 20), nsec: i % 20 * 50_000_000, bytes: i % 50 === 49 ? arp() : udp({ sport: 1 + i % 30 }),
  }))]
  const bytes = pcap(frames)

  test('of time lies between the frames that it lies between', async () => {
    const at = Array.from({ length: 60 }, (_, i) => parseWhen(`+${i * 333 + 1}ms`))
    const { replayed } = await same(bytes, { at: [...at, parseWhen('+12h'), parseWhen('end')] })
    expect(replayed.taken).toBeGreaterThan(100)
  })

  test('of each frame is right behind it', async () => {
    await same(bytes, { at: frames.map((_, i) => parseWhen(`frame:${i + 1}`)) })
    await same(bytes, { at: ['frame:3', 'frame:4', 'frame:120', 'frame:5000'].map(parseWhen) })
  })

  test.each(['1pkts', '2pkts', '33pkts', '50ms', '49ms', '1s', '7s'])('comes at equal distances: %s', async (every) => {
    await same(bytes, { every: parseEvery(every), hz: 250 })
  })
})

describe('a segment', () => {
  const repeated = (count: number, ack: number): Seen[] =>
    Array.from({ length: count }, (_, i) => ({ sec: START + 1, nsec: i * 1000, bytes: tcp(ENDS, 'A', { seq: 1001, ack }) }))

  test('that says the same again is counted to 255, and from 0 on', async () => {
    const { eager } = await same(pcap([...handshake(START, ENDS), ...repeated(600, 5001)]), { every: parseEvery('29pkts') })
    expect(eager.taken).toBeGreaterThan(590)
  })

  test('in mid-stream that nobody answers keeps its connection as long as data that nobody acknowledges', async () => {
    expect((await same(pcap(repeated(3, 0)))).eager.taken).toBe(2)
  })
})

describe('captures of little', () => {
  test('or nothing give the same', async () => {
    const some = [...askers(3), { sec: START, bytes: arp() }]
    for (let count = 0; count <= some.length; count++) await same(pcap(some.slice(0, count)))
    for (let count = 0; count <= some.length; count++) await same(pcap(some.toReversed().slice(0, count)))
    await same(new Uint8Array(0))
    await same(Uint8Array.of(1, 2, 3, 4, 5))
  })

  test('that begin with an answer, or the middle of a conversation, give the same', async () => {
    const later = Array.from({ length: 30 }, (_, i) => {
      return { sec: START, nsec: i * 1000, bytes: tcp(i % 2 === 0 ? ENDS : back(ENDS), 'A', { seq: i >>> 1, ack: i >>> 1 }) }
    })
    await same(pcap(later))
    await same(pcap([...handshake(START, ENDS).slice(1), ...later]))
  })
})

describe('memory', () => {
  const shared = new ArrayBuffer(RECORDS_AT + 4096)

  test('gives an array its place, and one that is too large another', () => {
    const memory = new Memory(shared)
    expect(memory.words(DESK_AT, DESK_WORDS).buffer).toBe(shared)
    expect(memory.words(HEADS_AT, 1024).byteOffset).toBe(HEADS_AT)
    expect(memory.words(RECORDS_AT, 1024).buffer).toBe(shared)
    expect(memory.words(STACKS_AT, (RECORDS_AT - STACKS_AT) / 4).buffer).toBe(shared)
    expect(memory.outgrown).toBe(false)
    expect(memory.words(RECORDS_AT, 1025).buffer).not.toBe(shared)
    expect(memory.outgrown).toBe(true)
  })

  test.each([[HEADS_AT, STACKS_AT], [STACKS_AT, RECORDS_AT]])('from %d on ends where the next array begins', (place, end) => {
    const memory = new Memory(shared)
    memory.words(place, (end - place) / 4)
    expect(memory.outgrown).toBe(false)
    memory.words(place, (end - place) / 4 + 1)
    expect(memory.outgrown).toBe(true)
  })

  test('that was outgrown is left alone from then on', async () => {
    const source = new Counted(await openCapture(pcap(askers(100))))
    const { engine, fastPath } = fastEngine({ sysctl: small })
    const frame = new Frame()
    while (!source.next(frame)) await source.fill()
    engine.push(frame)
    insist(fastPath, source, 40)
    expect(fastPath.taken).toBe(40)
    expect(engine.frames).toBe(41)
    fastPath.memory.outgrown = true
    insist(fastPath, source)
    expect(fastPath.taken).toBe(0)
    expect(source.next(frame)).toBe(true)
    expect(frame.number).toBe(42)
  })
})
