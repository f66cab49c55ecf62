// Random traffic that keeps near every bound, first as steps relative to what was said before, then as frames: with chosen
// addresses, ports and initial sequence numbers. What must not matter to the tracker is chosen in the second half.

import fc from 'fast-check'
import { defaultSysctl, type Sysctl } from '../../src/base/sysctl.ts'
import { AF_INET, IPPROTO_TCP } from '../../src/base/units.ts'
import { Frame } from '../../src/capture/frame.ts'
import { Engine, type EngineOptions } from '../../src/engine.ts'
import { TcpSide } from '../../src/protocols/tcp/words.ts'
import { Tuple } from '../../src/table/tuple.ts'
import type { Row } from '../../src/views/row.ts'
import { snapshot } from '../../src/views/snapshot.ts'
import { concat, internetChecksum, ipv4, ipv6, sixteen, udp } from './ip-packets.ts'
import { ethernet, type Seen } from './traffic.ts'

export const FLOWS = 3
const START = 1_700_000_000 // seconds

const FIN = 1
const SYN = 2
const RST = 4
const ACK = 16

/** One packet, relative to its flow. */
export interface Step {
  readonly flow: number
  readonly fromClient: boolean
  /** Since the step before. */
  readonly gapMs: number
  readonly what: Tcp | { readonly kind: 'udp', readonly length: number } | { readonly kind: 'ping' } | { readonly kind: 'unreachable' }
}

interface Tcp {
  readonly kind: 'tcp'
  readonly flags: number
  /** From the side's initial sequence number. */
  readonly seq: number
  /** From the other side's. */
  readonly ack: number
  readonly length: number
  readonly window: number
  /** Window scale of a SYN; null for none. */
  readonly scale: number | null
  /** SACK block from ack + 1000; SACK-permitted in a SYN. */
  readonly sack: boolean
}

/** What must not matter. */
export interface Dress {
  /** By flow: 32 bits each. */
  readonly client: readonly number[]
  readonly server: readonly number[]
  readonly clientPort: readonly number[]
  readonly serverPort: readonly number[]
  readonly clientStart: readonly number[]
  readonly serverStart: readonly number[]
  readonly isIpv6: boolean
}

export const PLAIN: Dress = {
  client: [0x0a000001, 0x0a000001, 0x0a000002], server: [0xc6336401 | 0, 0xc6336402 | 0, 0xc6336401 | 0],
  clientPort: [40_000, 40_001, 50_000], serverPort: [80, 80, 443],
  clientStart: [1_000_000, 2_000_000, 3_000_000], serverStart: [10_000_000, 20_000_000, 30_000_000], isIpv6: false,
}

/** How far from the truth a number is told: mostly not at all, else around the bounds of the window check. */
const slip = fc.oneof(
  { weight: 60, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.constantFrom(1, -1, 2, -2) },
  { weight: 2, arbitrary: fc.constantFrom(1000, -1000, 8192, -8192, 65_535, -65_535, 66_000, -66_001, 1_000_000, -1_000_000) },
)
const gapMs = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0, max: 40 }) },
  { weight: 2, arbitrary: fc.constantFrom(999, 1000, 2001, 10_000, 30_000, 60_001, 120_000, 300_000) },
)
const flags = fc.oneof(
  { weight: 20, arbitrary: fc.constant('next' as const) },
  { weight: 3, arbitrary: fc.constantFrom(ACK, SYN, SYN | ACK, FIN | ACK, RST, RST | ACK) },
  { weight: 1, arbitrary: fc.nat(63) },
)
const raw = fc.record({
  flow: fc.nat(FLOWS - 1), fromClient: fc.boolean(), gapMs, flags, seqSlip: slip, ackSlip: slip,
  length: fc.constantFrom(0, 0, 0, 1, 10, 1400), window: fc.constantFrom(65_535, 65_535, 8192, 1, 0),
  scale: fc.constantFrom(null, 0, 7, 14, 15), sack: fc.boolean(),
  kind: fc.oneof(
    { weight: 20, arbitrary: fc.constant('tcp' as const) }, { weight: 1, arbitrary: fc.constantFrom('udp', 'ping', 'unreachable') },
  ),
})

/** Flags, and who sends them where that is not left to chance. */
const COURSE: readonly (readonly [flags: number, fromClient?: boolean])[] = [
  [SYN, true], [SYN | ACK, false], [ACK, true], [ACK], [ACK], [FIN | ACK, true], [FIN | ACK, false], [ACK, true],
]

/** A conversation over a few flows. @param least, most  packets */
export function conversations(least = 1, most = 40): fc.Arbitrary<Step[]> {
  return fc.array(raw, { minLength: least, maxLength: most, size: 'max' }).map((raws) => {
    const flows = Array.from({ length: FLOWS }, () => ({ next: [0, 0], sent: 0 }))
    return raws.map(({ flow, fromClient, gapMs: gap, kind, ...one }) => {
      if (kind !== 'tcp') {
        return { flow, fromClient, gapMs: gap, what: kind === 'udp' ? { kind, length: one.length } : { kind } as { kind: 'ping' } }
      }
      const state = flows[flow]!
      // Of itself a conversation goes the way of most: a handshake, data, an end, and the next one.
      const [usual, usualFrom] = one.flags === 'next' ? COURSE[state.sent++ % COURSE.length]! : [one.flags, fromClient]
      const bits = usual
      const turned = usualFrom ?? fromClient
      const side = turned ? 0 : 1
      const seq = state.next[side]! + one.seqSlip
      const ack = state.next[1 - side]! + one.ackSlip
      const length = (bits & (SYN | RST)) === 0 ? one.length : 0
      if (one.seqSlip === 0) state.next[side] = seq + length + ((bits & SYN) !== 0 ? 1 : 0) + ((bits & FIN) !== 0 ? 1 : 0)
      const { window, scale, sack } = one
      return { flow, fromClient: turned, gapMs: gap, what: { kind, flags: bits, seq, ack, length, window, scale, sack } }
    })
  })
}

/** The frames of a conversation in a dress. */
export function framesOf(steps: readonly Step[], dress: Dress = PLAIN): Seen[] {
  let ms = 0
  return steps.map((step) => {
    ms += step.gapMs
    return { sec: START + Math.floor(ms / 1000), nsec: (ms % 1000) * 1_000_000, bytes: frameOf(step, dress) }
  })
}

function frameOf(step: Step, dress: Dress): Uint8Array {
  const { flow, fromClient, what } = step
  const ends = {
    from: (fromClient ? dress.client : dress.server)[flow]!, to: (fromClient ? dress.server : dress.client)[flow]!,
    sport: (fromClient ? dress.clientPort : dress.serverPort)[flow]!, dport: (fromClient ? dress.serverPort : dress.clientPort)[flow]!,
  }
  switch (what.kind) {
    case 'tcp': return ip(6, tcp(what, step, dress, ends.sport, ends.dport), ends, dress.isIpv6)
    case 'udp': return ip(17, udp(new Uint8Array(what.length), ends.sport, ends.dport), ends, dress.isIpv6)
    case 'ping': {
      const [type, protocol] = dress.isIpv6 ? [fromClient ? 128 : 129, 58] : [fromClient ? 8 : 0, 1]
      return ip(protocol, concat([type, 0, 0, 0], sixteen(77 + flow), [0, 1, 1, 2, 3, 4]), ends, dress.isIpv6)
    }
    case 'unreachable': {
      // The receiver tells the sender that what it said first could not be delivered.
      const back = { from: ends.to, to: ends.from }
      const inner = ip(6, tcp(FIRST, step, dress, ends.sport, ends.dport), ends, dress.isIpv6).subarray(14)
      const [protocol, type, code] = dress.isIpv6 ? [58, 1, 4] : [1, 3, 3]
      return ip(protocol, concat([type, code, 0, 0, 0, 0, 0, 0], inner), back, dress.isIpv6)
    }
  }
}

const FIRST: Tcp = { kind: 'tcp', flags: ACK, seq: 1, ack: 1, length: 0, window: 1, scale: null, sack: false }

function tcp(what: Tcp, { flow, fromClient }: Step, dress: Dress, sport: number, dport: number): Uint8Array {
  const own = (fromClient ? dress.clientStart : dress.serverStart)[flow]!
  const other = (fromClient ? dress.serverStart : dress.clientStart)[flow]!
  const isSyn = (what.flags & SYN) !== 0
  const ack = (what.flags & ACK) !== 0 ? other + what.ack : 0
  const options = [
    ...(isSyn && what.scale !== null ? [1, 3, 3, what.scale] : []),
    ...(isSyn && what.sack ? [1, 1, 4, 2] : []),
    ...(!isSyn && what.sack ? [1, 1, 5, 10, ...word(ack + 1000), ...word(ack + 2000)] : []),
  ]
  return concat(sixteen(sport), sixteen(dport), word(own + what.seq), word(ack), [(5 + options.length / 4) << 4, what.flags],
    sixteen(what.window), [0, 0, 0, 0], options, new Uint8Array(what.length))
}

function ip(protocol: number, payload: Uint8Array, { from, to }: { from: number, to: number }, isIpv6: boolean): Uint8Array {
  if (isIpv6) {
    const packet = ipv6(protocol, payload)
    packet.set(word(from), 20)
    packet.set(word(to), 36)
    return ethernet(0x86dd, packet)
  }
  const packet = ipv4(payload, { protocol })
  packet.set(word(from), 12)
  packet.set(word(to), 16)
  packet.set([0, 0], 10)
  packet.set(sixteen(internetChecksum(packet.subarray(0, 20))), 10)
  return ethernet(0x0800, packet)
}

const word = (n: number): number[] => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]

/**
 * A conversation without the segments that acknowledge a side conntrack has not heard: behind a SYN that has no answer yet,
 * or picked up in mid-stream. The kernel holds such a number against the zero it starts with, so that there it does matter
 * where numbers begin.
 */
export function withoutBlindAcks(steps: readonly Step[]): Step[] {
  const engine = new Engine({ seed: 1, sysctl: SMALL })
  const frame = new Frame()
  const tuple = new Tuple()
  const side = new TcpSide()
  const frames = framesOf(steps)
  let waited = 0 // of what was left out
  return steps.flatMap((step, i) => {
    aim(frame, frames[i]!, i + 1)
    engine.advance(engine.clock.tickOf(frame.sec, frame.nsec))
    if (step.what.kind === 'tcp' && (step.what.flags & ACK) !== 0) {
      const found = engine.table.find(tupleOf(step, tuple))
      if (found < 0 || side.at(engine.table.peek.at(found >>> 1), 1 - (found & 1)).maxWin === 0) {
        waited += step.gapMs
        return []
      }
    }
    engine.push(frame)
    const kept = { ...step, gapMs: step.gapMs + waited }
    waited = 0
    return [kept]
  })
}

/** The tuple of a TCP segment in plain dress. */
function tupleOf({ flow, fromClient }: Step, tuple: Tuple): Tuple {
  const { client, server, clientPort, serverPort } = PLAIN
  tuple.proto = AF_INET | (IPPROTO_TCP << 8)
  tuple.source0 = (fromClient ? client : server)[flow]!
  tuple.destination0 = (fromClient ? server : client)[flow]!
  tuple.ports = ((fromClient ? clientPort : serverPort)[flow]! << 16) | (fromClient ? serverPort : clientPort)[flow]!
  tuple.seal()
  return tuple
}

/**
 * Does a conversation, in a dress, have numbers that mean more than they say? The kernel treats a sequence or acknowledgement
 * number of 0 specially, and in one place compares the numbers of one side with those of the other.
 */
export function meetsChance(steps: readonly Step[], dress: Dress): boolean {
  return steps.some(({ flow, fromClient, what }) => {
    if (what.kind !== 'tcp') return false
    const own = (fromClient ? dress.clientStart : dress.serverStart)[flow]!
    const other = (fromClient ? dress.serverStart : dress.clientStart)[flow]!
    if (Math.abs((own - other) | 0) < 5_000_000) return true
    return ((own + what.seq) | 0) === 0 || ((what.flags & ACK) !== 0 && ((other + what.ack) | 0) === 0)
  })
}

/** What an engine says of frames: of each packet, and of the table at the end. */
export interface Said {
  /** Of each frame: verdict, direction, codes of the reasons. */
  readonly packets: string[]
  readonly rows: Row[]
}

/** Linux's settings but for the size of the table, which is more than enough and quickly made. */
const SMALL: Sysctl = { ...defaultSysctl(), max: 1000 }

/** Runs frames through an engine of their own. @param before  called before each frame, with its tick */
export function said(frames: readonly Seen[], options: EngineOptions = {}, before?: (engine: Engine, tick: number) => void): Said {
  const engine = new Engine({ seed: 1, sysctl: SMALL, ...options })
  const frame = new Frame()
  const packets = frames.map((seen, i) => {
    aim(frame, seen, i + 1)
    before?.(engine, engine.clock.tickOf(frame.sec, frame.nsec))
    engine.push(frame)
    const { verdict, direction, reasons, reasonCount } = engine.packet
    return `${verdict} ${direction} ${reasons.slice(0, reasonCount).join(',')}`
  })
  return { packets, rows: snapshot(engine) }
}

/** Aims a frame at bytes in memory. */
export function aim(frame: Frame, seen: Seen, number: number): void {
  frame.number = number
  frame.sec = seen.sec
  frame.nsec = seen.nsec ?? 0
  frame.bytes = seen.bytes
  frame.view = new DataView(seen.bytes.buffer, seen.bytes.byteOffset, seen.bytes.byteLength)
  frame.start = 0
  frame.end = seen.bytes.length
  frame.wireLen = seen.bytes.length
  frame.linkType = seen.linkType ?? 1
}
