// Random TCP segments: mostly what a real side would send next, the rest as near to a bound as can be.

import type { Flow } from '../../test/support/script/script.ts'
import { absolute, relative, type Seq, type TcpOption, type TcpSpec } from '../../test/support/script/tcp.ts'
import type { Random } from '../lib/random.ts'
import type { Draft, Scene, TcpView } from './scene.ts'

type Weights = readonly (readonly [flags: string, weight: number])[]

/** What each state is left by, by who sends. */
const PLAUSIBLE: Readonly<Record<string, readonly [original: Weights, reply: Weights]>> = {
  NONE: [[['S', 12], ['.', 5], ['S.', 1], ['F.', 1]], [['S', 3], ['.', 2], ['S.', 2], ['R', 1]]],
  SYN_SENT: [[['S', 4], ['.', 1], ['R', 1]], [['S.', 12], ['S', 3], ['R.', 1], ['.', 2], ['R', 1]]],
  SYN_SENT2: [[['S.', 4], ['S', 2], ['.', 1], ['R', 1]], [['S.', 4], ['S', 2], ['.', 1], ['R', 1]]],
  SYN_RECV: [[['.', 16], ['P.', 4], ['S', 2], ['F.', 2], ['S.', 2], ['R', 1]], [['S.', 3], ['.', 3], ['F.', 1], ['R', 1]]],
  ESTABLISHED: [[['.', 24], ['P.', 12], ['F.', 4], ['R', 3], ['S', 2]], [['.', 24], ['P.', 12], ['F.', 4], ['R', 3], ['S.', 2]]],
  FIN_WAIT: [[['.', 12], ['F.', 4], ['R', 1], ['S', 2]], [['.', 12], ['F.', 6], ['R', 1]]],
  CLOSE_WAIT: [[['.', 10], ['F.', 6], ['R', 1], ['S', 2]], [['.', 10], ['F.', 6], ['R', 1]]],
  LAST_ACK: [[['.', 10], ['F.', 2], ['S', 6], ['R', 1]], [['.', 10], ['F.', 2], ['S.', 4], ['R', 1]]],
  TIME_WAIT: [[['S', 12], ['.', 4], ['F.', 2], ['R', 1]], [['.', 4], ['S', 6], ['S.', 4], ['F.', 2], ['R', 1]]],
  CLOSE: [[['S', 12], ['.', 3], ['R', 1]], [['.', 2], ['S', 8], ['S.', 4], ['R', 1]]],
}

const ANY_FLAGS = [
  'S', 'S.', '.', 'P.', 'F.', 'FP.', 'R', 'R.', 'SF', '', 'F', 'SR', 'S.U', '.U', 'RU', 'S.P', 'SEW', '.E', 'F.U', 'FU.E', 'R.U', 'P',
  'U', 'SU', 'RF.', 'W.',
]

const HALF = 2 ** 31

export function tcpStep(scene: Scene, flow: Flow): Draft {
  const { random } = scene
  const dir = nextSender(scene, flow)
  const view = scene.tcp(flow, dir)
  const [own, other] = dir === 0 ? scene.variant.initial : [scene.variant.initial[1], scene.variant.initial[0]]
  const flags = flagsFor(random, view)
  const length = flags.includes('S') && random.percent(95) ? 0 : lengthFor(random)
  const { seq, length: fitted } = seqFor(random, view, flags, own, length)
  const spec: { -readonly [K in keyof TcpSpec]: TcpSpec[K] } = { protocol: 'tcp', flags, seq: onScale(seq, own), length: fitted }
  if (flags.includes('.') || random.percent(5)) spec.ack = onScale(ackFor(random, view, other), other)
  spec.win = windowFor(random, view)
  const options = optionsFor(random, view, flags, other)
  if (options.length > 0) spec.options = options
  if (random.percent(1)) spec.doff = random.below(16)
  return { flow: flow.name, dir, payload: spec }
}

/** While a connection opens, mostly the side whose turn it is. */
function nextSender(scene: Scene, flow: Flow): number {
  const { random } = scene
  const view = scene.tcp(flow, 0)
  const original = view === null || view.isOriginal ? 0 : 1 // which way the connection's first packet went
  switch (view?.state) {
    case undefined: return random.percent(85) ? 0 : 1
    case 'SYN_SENT': return random.percent(75) ? 1 - original : original
    case 'SYN_RECV': return random.percent(75) ? original : 1 - original
    default: return random.below(2)
  }
}

function flagsFor(random: Random, view: TcpView | null): string {
  if (random.percent(8)) return random.pick(ANY_FLAGS)
  const [original, reply] = PLAUSIBLE[view?.state ?? 'NONE']!
  return random.weighted(view?.isOriginal === false ? reply : original)
}

function lengthFor(random: Random): number {
  return random.weighted([[0, 50], [1, 10], [random.below(1461), 30], [random.below(20_000), 5]])
}

/** A sequence number, and a length that it may ask for. */
function seqFor(random: Random, view: TcpView | null, flags: string, own: number, length: number): { seq: number, length: number } {
  const near = random.pick([-2, -1, -1, 0, 0, 0, 1, 1, 2])
  if (view === null) {
    const base = random.weighted([[own, 90], [own + random.below(100_000), 5], [0, 3], [random.word(), 2]])
    return { seq: base + (flags.includes('S') ? 0 : 1) + (random.percent(10) ? near : 0), length }
  }
  const { sender, receiver, shared } = view
  const isNew = sender.maxWin === 0
  const next = isNew ? (flags.includes('S') ? own : own + 1) : sender.end
  if (random.percent(55)) {
    const isAnother = flags.includes('S') && !isNew && random.percent(50)
    return { seq: isAnother ? sender.end + random.below(70_000) : next, length }
  }
  const syn = flags.includes('S') || flags.includes('F') ? 1 : 0
  switch (random.below(12)) {
    case 0: return { seq: sender.maxEnd + near, length }
    case 1: { // its end at the upper bound
      const room = (sender.maxEnd - next) | 0
      return room > 0 && room < 20_000 ? { seq: next, length: Math.max(0, room + near) } : { seq: sender.maxEnd - length + near, length }
    }
    case 2: return { seq: sender.end - receiver.maxWin - 1 - length - syn + near, length } // bound II
    case 3: { // overshoot as far as the receiver's window
      const reach = (sender.maxEnd + receiver.maxWin - next) | 0
      if (reach > 0 && reach < 30_000) return { seq: next, length: reach + near > 0 ? reach + near : 0 }
      return { seq: sender.maxEnd + receiver.maxWin - length - syn + near, length }
    }
    case 4: return { seq: receiver.maxAck + near, length } // RFC 5961's exact RST
    case 5: return { seq: shared.lastEnd + near, length }
    case 6: return { seq: shared.lastSeq, length: Math.max(0, Math.min(30_000, (shared.lastEnd - shared.lastSeq - syn) | 0)) }
    case 7: return { seq: shared.lastAck + near, length }
    case 8: return { seq: 0, length: random.percent(70) ? 0 : length }
    case 9: return { seq: sender.end + HALF + near, length }
    case 10: return { seq: random.word(), length }
    default: return { seq: sender.end + near, length }
  }
}

function ackFor(random: Random, view: TcpView | null, other: number): number {
  const near = random.pick([-2, -1, -1, 0, 0, 1, 1, 2])
  if (view === null) return random.percent(90) ? other + 1 : random.word()
  const { sender, receiver, shared } = view
  const latest = receiver.maxWin === 0 ? other + 1 : receiver.end
  if (random.percent(60)) return latest
  switch (random.below(10)) {
    case 0: case 1: return latest + near
    case 2: return receiver.end - Math.max(sender.maxWin, 66_000) - 1 + near // bound IV
    case 3: return sender.maxAck + near
    case 4: return shared.lastEnd + near
    case 5: return shared.lastAck
    case 6: return 0
    case 7: return shared.lastSeq + 1
    case 8: return latest + HALF + near
    default: return random.word()
  }
}

function windowFor(random: Random, view: TcpView | null): number {
  return random.weighted([
    [view?.shared.lastWin ?? 65_535, 30], [0, 6], [1, 4], [random.below(100), 15], [random.below(3000), 25], [random.below(65_536), 15],
    [65_535, 5],
  ])
}

function optionsFor(random: Random, view: TcpView | null, flags: string, other: number): TcpOption[] {
  if (random.percent(3)) return [{ kind: 'raw', bytes: strange(random) }]
  const options: TcpOption[] = []
  if (flags.includes('S') || random.percent(3)) {
    if (random.percent(50)) options.push({ kind: 'mss', value: 1460 })
    if (random.percent(50)) options.push({ kind: 'sackOK' })
    const scale = random.weighted([[0, 2], [random.below(15), 5], [random.below(256), 1]])
    if (random.percent(50)) options.push({ kind: 'nop' }, { kind: 'wscale', value: scale })
  } else if (random.percent(12)) options.push({ kind: 'nop' }, { kind: 'nop' }, { kind: 'TS', value: random.below(1000), echo: 0 })
  if (view !== null && (!flags.includes('S') ? random.percent(15) : random.percent(3))) {
    const blocks = Array.from({ length: random.between(1, 3) }, (): [Seq, Seq] => {
      const right = view.receiver.end + random.pick([-1000, -2, -1, 0, 0, 1, 2, 1000])
      return [onScale(right - random.below(2000), other), onScale(right, other)]
    })
    options.push({ kind: 'sack', blocks })
  }
  const size = options.reduce((sum, option) => sum + sizeOf(option), 0)
  return size <= 40 ? options : []
}

function sizeOf(option: TcpOption): number {
  switch (option.kind) {
    case 'nop': case 'eol': return 1
    case 'sackOK': return 2
    case 'wscale': return 3
    case 'mss': return 4
    case 'TS': return 10
    case 'sack': return 2 + 8 * option.blocks.length
    case 'raw': return option.bytes.length
  }
}

/** Options with wrong lengths, or cut, or random. */
function strange(random: Random): Uint8Array {
  const kind = random.pick([0, 1, 2, 3, 4, 5, 8, 30, 254])
  const size = random.pick([0, 1, 2, 3, 4, 9, 10, 11, 18, 40, 255])
  const head = random.pick([[], [1], [1, 1], [1, 1, 8, 10], [2, 4, 5, 180], [0], [4, 2]])
  const tail = Array.from({ length: random.below(20) }, () => random.pick([0, 1, 2, 3, 4, 5, 7, 10, 255, random.below(256)]))
  return Uint8Array.from([...head, kind, size, ...tail].slice(0, 40))
}

/** Counted from the initial number where that is near, as people read it. */
function onScale(value: number, initial: number): Seq {
  const distance = (value - initial) | 0
  return Math.abs(distance) < HALF / 2 && (value >>> 0) !== 0 ? relative(distance) : absolute(value >>> 0)
}
