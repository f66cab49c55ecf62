// Random captures for whoever reads pcap files by itself: conversations close to every bound (scripts/fuzz), many at a time, and what
// the world does to frames: other links, fewer hops, snap lengths, padding, tags, time that leaps.

import { generate, someKnobs } from '../../scripts/fuzz/generate.ts'
import { type Captured, encodePcap } from '../../scripts/lib/pcap.ts'
import { ip, tcp, udp } from '../../scripts/lib/packets.ts'
import { Random } from '../../scripts/lib/random.ts'
import { defaultSysctl, type Sysctl } from '../../src/base/sysctl.ts'
import { assignKnob } from '../../src/base/sysctl-text.ts'
import { concat, sixteen } from './ip-packets.ts'
import { compileScript } from './script/compile.ts'

export interface Mixed {
  readonly bytes: Uint8Array
  readonly packets: number
  readonly sysctl: Sysctl
}

/** An IP packet and when it was sent, seconds from the start. */
interface Sent {
  readonly at: number
  readonly bytes: Uint8Array
}

const START = 1_700_000_000_000 // milliseconds

/** A capture of a few hundred packets or more, as the seed says. */
export function mixedTraffic(seed: number): Mixed {
  const random = new Random(seed)
  const sysctl = someSysctl(random)
  const isTimed = random.percent(50)
  const sent = Array.from({ length: random.between(1, 6) }, (_, net) => conversation(random, seed * 8 + net, net, isTimed)).flat()
  if (random.percent(40)) sent.push(...crowd(random))
  for (let i = random.between(0, 4); i > 0; i--) sent.push(...download(random, i))
  sent.sort((a, b) => a.at - b.at)
  const frames = captured(random, sent)
  const micro = random.percent(60)
  return { bytes: encodePcap(frames, { micro, bigEndian: random.percent(3) }), packets: frames.length, sysctl }
}

function someSysctl(random: Random): Sysctl {
  const sysctl = defaultSysctl()
  sysctl.max = random.weighted([[20_000, 12], [100, 2], [12, 1], [3, 1]])
  sysctl.buckets = random.pick([1, 16, 1024, 4096])
  for (const knob of someKnobs(random)) if (!knob.includes('checksum') || random.percent(5)) assignKnob(sysctl, knob)
  if (random.percent(10)) sysctl.udp_timeout = random.pick([0, 1, 2, 200])
  if (random.percent(10)) sysctl.tcp_timeout_established = random.pick([1, 10, 20_000, 2_000_000])
  if (random.percent(5)) sysctl.tcp_timeout_max_retrans = random.pick([1, 100_000])
  return sysctl
}

/** A script of the fuzzer. */
function conversation(random: Random, seed: number, net: number, isTimed: boolean): Sent[] {
  const { script, variant } = generate(seed, net, { length: random.pick([20, 60, 150]), isTimed, withDccp: true, knobs: [] })
  const begin = random.percent(50) ? 0 : random.below(60_000) / 1000
  return compileScript(script, variant).map(({ at, bytes }, i) => ({ at: begin + (isTimed ? at : i * 0.003), bytes }))
}

/** Many that say little, all at once or a few a second. */
function crowd(random: Random): Sent[] {
  const count = random.pick([40, 300, 1500])
  const gap = random.pick([0, 0.0005, 0.02, 1])
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = random.percent(80) ? [`10.9.${i >>> 8}.${i & 255}`, '10.10.0.1'] : [`2001:db8:9::${i.toString(16)}`, '2001:db8::1']
    const question = random.percent(50) ? udp({ sport: 1024 + i, dport: 53 }) : tcp({ sport: 1024 + i, dport: 80, flags: 'S', seq: i })
    const sent = [{ at: i * gap, bytes: ip(from, to, question) }]
    if (random.percent(30)) {
      const answer = random.percent(70) ? udp({ sport: 53, dport: 1024 + i }) : tcp({ sport: 80, dport: 1024 + i, flags: 'SA', ack: i + 1 })
      sent.push({ at: i * gap + random.pick([0.001, 3]), bytes: ip(to, from, answer) })
    }
    return sent
  }).flat()
}

/** One connection that says much, and what is lost on the way said again. */
function download(random: Random, number: number): Sent[] {
  const isIpv6 = random.percent(30)
  const [client, server] = isIpv6 ? [`2001:db8::a:${number}`, '2001:db8::b'] : [`10.8.0.${number}`, '10.8.1.2']
  const sent: Sent[] = []
  let at = random.below(3000) / 1000
  let id = 0
  const say = (isClient: boolean, fields: Parameters<typeof tcp>[0]): void => {
    const [from, to, sport, dport] = isClient ? [client, server, 55_555, 443] : [server, client, 443, 55_555]
    sent.push({ at, bytes: ip(from, to, tcp({ sport, dport, window: 500, ...fields }), { id: id++ & 0xffff }) })
    at += random.below(20) / 1000
  }
  const scale = random.percent(70) ? [[3, 3, random.below(9)], [4, 2]] : []
  const stamp = random.percent(50) ? [[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]] : []
  let [mine, theirs] = [random.word(), random.word()]
  say(true, { flags: 'S', seq: mine++, options: scale })
  say(false, { flags: 'SA', seq: theirs++, ack: mine, options: scale })
  say(true, { flags: 'A', seq: mine, ack: theirs })
  for (let i = random.pick([20, 100, 400]); i > 0; i--) {
    const payload = new Uint8Array(random.pick([0, 1, 100, 1400]))
    const isClient = random.percent(30)
    const [seq, ack] = isClient ? [mine, theirs] : [theirs, mine]
    const twice = random.percent(4) ? 2 : 1
    for (let j = 0; j < twice; j++) say(isClient, { flags: 'PA', seq, ack, payload, options: stamp })
    if (isClient) mine = (mine + payload.length) | 0
    else theirs = (theirs + payload.length) | 0
    if (random.percent(40)) say(!isClient, { flags: 'A', seq: isClient ? theirs : mine, ack: isClient ? mine : theirs, options: stamp })
  }
  if (random.percent(80)) {
    say(true, { flags: 'FA', seq: mine++, ack: theirs })
    say(false, { flags: 'FA', seq: theirs++, ack: mine })
    say(true, { flags: 'A', seq: mine, ack: theirs })
    if (random.percent(50)) say(true, { flags: 'S', seq: mine + 100_000, options: scale })
  }
  return sent
}

/** The frames that were captured of packets. */
function captured(random: Random, sent: readonly Sent[]): Captured[] {
  const snap = random.weighted([[262_144, 8], [random.between(40, 160), 2]])
  const copies = random.weighted([[0, 5], [10, 3], [50, 2]])
  const isWild = random.percent(40)
  const frames: { readonly order: number, readonly frame: Captured }[] = []
  let leapt = 0
  for (const { at, bytes } of sent) {
    if (isWild && random.percent(1)) leapt += random.weighted([[random.below(500_000), 20], [20_000_000, 1], [500_000_000, 1]])
    const back = isWild && random.percent(2) ? random.pick([1, 400, 1000, 5000, 3_000_000]) : 0
    const order = START + at * 1000 + leapt
    const add = (later: number, whole: Uint8Array): void => {
      frames.push({ order: order + later, frame: cut(order + later - back, whole, snap) })
    }
    const frame = framed(random, bytes)
    add(0, frame)
    if (random.percent(copies)) add(random.pick([0, 0, 1, 49, 50, 51, 60]), passedOn(random, frame))
    if (isWild && random.percent(1)) add(0, concat(STATIONS, [8, 6], new Uint8Array(28)))
  }
  return frames.sort((a, b) => a.order - b.order).map(({ frame }) => frame)
}

const STATIONS = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]

function framed(random: Random, packet: Uint8Array): Uint8Array {
  const type = sixteen(packet.length > 0 && packet[0]! >>> 4 === 6 ? 0x86dd : 0x0800)
  const tag = random.percent(1) ? [0x81, 0, 0, 7] : []
  const padding = packet.length < 46 && random.percent(50) ? new Uint8Array(46 - packet.length) : []
  return concat(STATIONS, tag, type, packet, padding)
}

/** The same on another link, with a hop less, or simply once more. */
function passedOn(random: Random, frame: Uint8Array): Uint8Array {
  const copy = frame.slice()
  if (random.percent(60)) copy[11] = 9
  const at = copy[14]! >>> 4 === 6 ? 21 : 22
  if (at < copy.length) copy[at] = copy[at]! - random.pick([0, 0, 1, 1, 2, 8, 9, -1])
  return copy
}

function cut(ms: number, frame: Uint8Array, snap: number): Captured {
  return { ns: BigInt(Math.round(ms * 1000)) * 1000n, bytes: frame.subarray(0, snap), wireLen: frame.length }
}
