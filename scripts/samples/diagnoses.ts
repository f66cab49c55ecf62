// What the network around a capture does to it: load balancers, floods, scans, routes that differ by direction. Pairs that look
// alike are here side by side.

import { concat, internetChecksum, sixteen } from '../../test/support/ip-packets.ts'
import { cooked2, ethernet, ipPayload } from '../lib/frames.ts'
import { address, ip, mss, other, SACK_PERMITTED, text, timestamps, windowScale } from '../lib/packets.ts'
import { encodePcap } from '../lib/pcap.ts'
import { TcpTalk } from '../lib/tcp-talk.ts'
import { Timeline } from '../lib/timeline.ts'

const GATEWAY = '02:00:00:00:00:fe'
const DIRECTOR = '02:00:00:00:00:d1'
const REAL = ['02:00:00:00:00:a1', '02:00:00:00:00:a2']
const NEXT = '02:00:00:00:00:99'
const VIP = '198.51.100.1'
const REQUEST = text('GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n')

type Flags = 'S' | 'A' | 'PA' | 'FA' | 'R'
/** What becomes of a packet of the client: as it came, and with one hop less. */
type See = (packet: (ttl: number) => Uint8Array, flags: Flags) => void

const frame = (packet: Uint8Array, from: string, to: string): Uint8Array => ethernet(ipPayload(packet), { from, to })

/** A client's side of a download whose answers go another way. */
function half(time: Timeline, talk: TcpTalk, see: See, id: number): void {
  const say = (flags: Flags, payload?: Uint8Array): void => {
    const clock = 700_000 + id * 20
    const options = flags === 'S' ? [mss(1460), SACK_PERMITTED, timestamps(clock, 0), windowScale(7)]
      : flags === 'R' ? [] : [timestamps(clock, 300_000 + id * 19)] // the answers' clock, which the client echoes
    const packet = talk.fromClient(flags, payload, { ttl: 63, id: id++, options })
    see((ttl) => withTtl(packet, ttl), flags)
  }
  say('S')
  talk.skip(0, 1)
  time.wait(20)
  say('A')
  say('PA', REQUEST)
  time.wait(20)
  talk.skip(0, 20_000)
  say('A')
  time.wait(5)
  say('FA')
  talk.skip(0, 1)
  time.wait(20)
  say('A')
}

/** The same packet with so many hops left, and its header's checksum put right. */
function withTtl(packet: Uint8Array, ttl: number): Uint8Array {
  const copy = Uint8Array.from(packet)
  copy[8] = ttl
  copy[10] = 0
  copy[11] = 0
  let sum = 0
  for (let at = 0; at < 20; at += 2) sum += (copy[at]! << 8) | copy[at + 1]!
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  copy[10] = (~sum >>> 8) & 255
  copy[11] = ~sum & 255
  return copy
}

const client = (i: number): string => `203.0.113.${String(7 + i)}`

/** Clients of one service; `see` is told which. */
function clients(number: number, see: (time: Timeline, i: number) => See, server: (i: number) => string = () => VIP): Timeline {
  const time = new Timeline()
  for (let i = 0; i < number; i++) {
    half(time, new TcpTalk({ client: client(i), server: server(i), sport: 40_100 + i, clientStart: 1_000_000 + i * 77_777 }),
      see(time, i), 1 + 100 * i)
    time.wait(50)
  }
  return time
}

/** ssh to the machine itself: there in both directions. */
function ordinary(time: Timeline): Timeline {
  const talk = new TcpTalk({ client: client(90), server: '198.51.100.2', sport: 50_000, dport: 22 })
  const from = (flags: string): void => { time.add(frame(talk.fromClient(flags), GATEWAY, DIRECTOR)) }
  const to = (flags: string): void => { time.add(frame(talk.fromServer(flags), DIRECTOR, GATEWAY)) }
  from('S')
  to('SA')
  from('A')
  return time
}

const director = (number = 6): Timeline => clients(number, (time, i) => (packet) => {
  time.add(frame(packet(63), GATEWAY, DIRECTOR), frame(packet(62), DIRECTOR, REAL[i % 2]!))
})

/** The same on `any`: stations of receivers are not there. */
const directorAny = (): Timeline => clients(3, (time) => (packet) => {
  time.add(cooked2(ipPayload(packet(63)), 0, GATEWAY), cooked2(ipPayload(packet(62)), 4, DIRECTOR))
})

/** VRRP, version 2: the director says that the virtual address is its own. */
function announce(time: Timeline): Timeline {
  const message = concat([0x21, 51, 100, 1, 0, 1, 0, 0], address(VIP), new Uint8Array(8))
  message.set(sixteen(internetChecksum(message)), 6)
  return time.add(ethernet(ipPayload(ip('198.51.100.2', '224.0.0.18', other(112, message), { ttl: 255 })), {
    from: '00:00:5e:00:01:33', to: '01:00:5e:00:00:12',
  }))
}

const incoming = (): Timeline => announce(ordinary(clients(6, (time) => (packet) => { time.add(frame(packet(63), GATEWAY, DIRECTOR)) })))

const tunnels = (): Timeline => clients(4, (time, i) => (packet) => {
  time.add(frame(packet(63), GATEWAY, DIRECTOR))
  time.add(frame(ip('198.51.100.2', `198.51.100.${String(11 + (i % 2))}`, other(4, packet(62))), DIRECTOR, REAL[i % 2]!))
})

/** A firewall on the director drops what conntrack calls INVALID there: FIN, with IPVS's default. */
const eaten = (): Timeline => clients(6, (time, i) => (packet, flags) => {
  time.add(frame(packet(63), GATEWAY, DIRECTOR))
  if (flags !== 'FA') time.add(frame(packet(62), DIRECTOR, REAL[i % 2]!))
})

const asymmetric = (): Timeline => clients(6, (time) => (packet) => {
  time.add(frame(packet(63), GATEWAY, DIRECTOR), frame(packet(62), DIRECTOR, NEXT))
}, (i) => `192.0.2.${String(20 + i * 3)}`)

/** A mirror of one direction: clients' packets to these servers, and answers of others to clients behind it. */
function oneWay(): Timeline {
  const time = clients(4, (line) => (packet) => { line.add(frame(packet(63), GATEWAY, DIRECTOR)) })
  for (let i = 0; i < 4; i++) {
    const talk = new TcpTalk({ client: `192.0.2.${String(10 + i)}`, server: client(40 + i), sport: 41_000 + i, dport: 443 }).skip(1, 0)
    for (const flags of ['SA', 'A', 'FA']) {
      time.add(frame(talk.fromServer(flags), GATEWAY, DIRECTOR)).wait(20)
      talk.skip(100, 0)
    }
  }
  return time
}

function flood(): Timeline {
  const time = new Timeline()
  for (let i = 0; i < 200; i++) {
    const talk = new TcpTalk({ client: `203.0.${String(i % 7)}.${String(1 + i)}`, server: VIP, sport: 1024 + ((i * 7919) % 60_000),
      clientStart: i * 7_654_321 })
    time.add(frame(talk.fromClient('S', undefined, { ttl: 50, id: i + 1 }), GATEWAY, DIRECTOR)).wait(1)
  }
  return time
}

/** The director, while somebody floods the same service. */
function flooded(): Timeline {
  const time = director(16)
  for (let i = 0; i < 50; i++) {
    const sport = 1024 + ((i * 7919) % 60_000)
    const talk = new TcpTalk({ client: `192.0.2.${String(1 + i)}`, server: VIP, sport, clientStart: i * 7_654_321 })
    const packet = talk.fromClient('S', undefined, { ttl: 50, id: 7000 + i })
    time.add(frame(packet, GATEWAY, DIRECTOR), frame(withTtl(packet, 49), DIRECTOR, REAL[i % 2]!)).wait(1)
  }
  return time
}

function scan(): Timeline {
  const time = new Timeline()
  for (let port = 1; port <= 40; port++) {
    const talk = new TcpTalk({ client: client(0), server: VIP, sport: 45_000, dport: port * 13, clientStart: 3_000_000 })
    time.add(frame(talk.fromClient('S', undefined, { ttl: 50, id: port }), GATEWAY, DIRECTOR)).wait(10)
    if (port % 8 === 0) time.add(frame(talk.fromClient('R', undefined, { ttl: 50 }), GATEWAY, DIRECTOR)) // it was answered elsewhere
  }
  return time
}

function backscatter(): Timeline {
  const time = new Timeline()
  for (let i = 0; i < 30; i++) {
    const talk = new TcpTalk({ client: `203.0.113.${String(i + 1)}`, server: '192.0.2.80', sport: 2000 + i * 31 }).skip(1, 0)
    time.add(frame(talk.fromServer('SA'), GATEWAY, DIRECTOR)).wait(3)
  }
  return time
}

export function makeSamples(): Record<string, Uint8Array> {
  const made = Object.fromEntries(Object.entries({
    'lvs-dr-director': director, 'lvs-dr-incoming': incoming, 'lvs-tun-director': tunnels, 'invalid-eaten': eaten,
    'asymmetric-route': asymmetric, 'one-way-capture': oneWay, 'syn-flood': flood, 'lvs-dr-flooded': flooded, 'syn-scan': scan, backscatter,
  }).map(([name, make]) => [`${name}.pcap`, encodePcap(make().frames, { micro: true })]))
  return { ...made, 'lvs-dr-any.pcap': encodePcap(directorAny().frames, { micro: true, linkType: 276 }) }
}
