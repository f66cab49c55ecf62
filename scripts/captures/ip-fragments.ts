// Fragments in every order and of every kind that the kernel treats in its own way, for IPv4 and IPv6 alike.

import {
  IPPROTO_AH, IPPROTO_DSTOPTS, IPPROTO_FRAGMENT, IPPROTO_HOPOPTS, IPPROTO_ICMPV6, IPPROTO_NONE, IPPROTO_ROUTING, IPPROTO_TCP, IPPROTO_UDP,
} from '../../src/base/units.ts'
import { concat, extension, filler, fragment6, ipv4, ipv6, udp } from '../../test/support/ip-packets.ts'
import { Capture } from './capture.ts'

const LENGTH = 64 // bytes of the datagram that is cut up

interface Options {
  readonly id?: number
  readonly from?: number
  readonly protocol?: number
  /** The two bits of ECN */
  readonly ecn?: number
}

/** Cuts the piece from `start` to `end` out of a datagram. `more` where it is not to be the truth. */
type Cutter = (start: number, end: number, more?: boolean, options?: Options) => Uint8Array

/** Another datagram each time: own identification, own source port. */
class Datagrams {
  readonly #isIpv6: boolean
  #last = 0

  constructor(isIpv6: boolean) {
    this.#isIpv6 = isIpv6
  }

  next(length = LENGTH): Cutter {
    const id = ++this.#last
    const payload = concat(udp(filler(length - 8), 1000 + id), filler(80, 9)) // and something behind its end
    return (start, end, more = end < length, options = {}) => {
      const { from = 1, protocol = IPPROTO_UDP, ecn = 0 } = options
      const data = payload.subarray(start, end)
      const fields = { id: options.id ?? id, offset: start, more }
      return this.#isIpv6
        ? ipv6(IPPROTO_FRAGMENT, fragment6(protocol, data, fields), { from, trafficClass: ecn })
        : ipv4(data, { ...fields, from, protocol, tos: ecn })
    }
  }
}

/** What both versions are tried with. Cases stand apart by 10 ms. */
function addCommon(capture: Capture, isIpv6: boolean): void {
  const name = isIpv6 ? 'IPv6' : 'IPv4'
  const datagrams = new Datagrams(isIpv6)
  const one = (text: string, make: (f: Cutter) => readonly Uint8Array[], length = LENGTH) => {
    capture.note(`${name}: ${text}`).add(...make(datagrams.next(length))).wait(10)
  }

  one('in order', (f) => [f(0, 16), f(16, 48), f(48, 64)])
  one('backwards', (f) => [f(48, 64), f(16, 48), f(0, 16)])
  one('the middle last', (f) => [f(0, 16), f(48, 64), f(16, 48)])
  one('the first twice', (f) => [f(0, 16), f(0, 16), f(16, 64)])
  one('the last twice', (f) => [f(48, 64), f(48, 64), f(0, 48)])
  one('all twice, the second time when it is whole', (f) => [f(0, 32), f(32, 64), f(0, 32), f(32, 64)])
  one('a part of one that is there', (f) => [f(0, 32), f(8, 16), f(16, 32), f(0, 8), f(32, 64)])
  one('two in one, where they follow each other', (f) => [f(0, 16), f(16, 32), f(0, 32), f(8, 24), f(32, 64)])
  one('two in one, where they came backwards', (f) => [f(32, 48), f(16, 32), f(16, 48), f(0, 16), f(48, 64)])
  one('two in one, where a gap was filled', (f) => [f(0, 16), f(32, 48), f(16, 32), f(0, 48), f(48, 64), f(0, 64)])
  one('over the end of the one before', (f) => [f(0, 16), f(8, 24), f(16, 64), f(0, 16)])
  one('over the start of the one behind', (f) => [f(16, 32), f(8, 24), f(0, 16), f(32, 64)])
  one('over one on both sides', (f) => [f(16, 24), f(8, 32), f(0, 16), f(24, 64)])
  one('over the last one and beyond', (f) => [f(0, 16), f(16, 40), f(32, 64), f(0, 32), f(32, 64)])
  one('over two with a gap', (f) => [f(0, 8), f(16, 24), f(0, 24), f(8, 16), f(24, 64)])
  one('the same bytes as a part, but the last one there', (f) => [f(0, 64, true), f(48, 64), f(8, 16), f(0, 64)])
  one('the same bytes, once as the last', (f) => [f(0, 64, true), f(0, 64), f(48, 64), f(0, 8)])
  one('a last one that ends before what is there', (f) => [f(0, 48), f(16, 32, false), f(48, 64)])
  one('two last ones, the second shorter', (f) => [f(48, 64), f(40, 56, false), f(0, 48)])
  one('two last ones, the second longer', (f) => [f(48, 64), f(64, 80, false), f(0, 48)])
  one('two last ones of one end', (f) => [f(48, 64), f(56, 64), f(0, 48)])
  one('one behind the last', (f) => [f(48, 64), f(64, 80, true), f(0, 48)])
  one('one over the last', (f) => [f(48, 64), f(56, 72, true), f(0, 48)])
  one('not a multiple of 8 bytes', (f) => [f(0, 13), f(8, 64), f(13, 64)])
  one('not a multiple of 8 bytes, behind others', (f) => [f(0, 16), f(16, 39), f(32, 64), f(39, 64)])
  one('less than 8 bytes', (f) => [f(0, 16), f(16, 23), f(16, 64), f(0, 16)])
  one('no byte', (f) => [f(0, 16), f(16, 16), f(16, 64), f(0, 16)])
  one('no byte, at the start', (f) => [f(0, 0), f(0, 16), f(16, 64)])
  one('no byte, as the last', (f) => [f(0, 64, true), f(64, 64), f(8, 64), f(0, 8)])
  one('a last one of 3 bytes', (f) => [f(0, 56), f(56, 59)], 59)
  one('pieces of 8 bytes, every second one first', (f) => [0, 16, 32, 48, 8, 24, 40, 56].map((at) => f(at, at + 8)))
  one('two sources with one identification', (f) => [
    f(0, 16, true, { id: 999 }), f(16, 64, false, { id: 999, from: 3 }),
    f(16, 64, false, { id: 999 }), f(0, 16, true, { id: 999, from: 3 }),
  ])
  one('two protocols with one identification', (f) => [
    f(0, 16), f(16, 64, false, { protocol: 99 }), f(16, 64), f(0, 16, true, { protocol: 99 }),
  ])
  for (let first = 0; first < 4; first++) {
    for (let last = 0; last < 4; last++) {
      one(`ECN ${String(first)} and ${String(last)}`, (f) => [f(0, 16, true, { ecn: first }), f(16, 64, false, { ecn: last })])
    }
  }
  one('ECN 2, 1 and 3', (f) => [f(0, 16, true, { ecn: 2 }), f(16, 32, true, { ecn: 1 }), f(32, 64, false, { ecn: 3 })])
  one('ECN of a duplicate does not count', (f) => [f(0, 16), f(0, 16, true, { ecn: 3 }), f(16, 64)])
}

/** What has no counterpart in IPv6. */
function addIpv4(capture: Capture): void {
  const payload = udp(filler(56), 3000)
  const piece = (start: number, end: number, fields: Parameters<typeof ipv4>[1]) =>
    ipv4(payload.subarray(start, end), { offset: start, more: end < LENGTH, ...fields })
  const router = Uint8Array.of(0x94, 4, 0, 0)

  capture.note('IPv4: options in the first').add(piece(0, 16, { id: 2001, options: router }), piece(16, 64, { id: 2001 })).wait(10)
  capture.note('IPv4: options in the last').add(piece(0, 16, { id: 2002 }), piece(16, 64, { id: 2002, options: router })).wait(10)
  capture.note('IPv4: 40 bytes of options in the last, which comes first')
    .add(piece(16, 64, { id: 2003, options: new Uint8Array(40).fill(1) }), piece(0, 16, { id: 2003 })).wait(10)

  // Long ones are cut by the snap length: zeros to both.
  const long = (id: number, total: number, headers = 20) => {
    const half = 32_760
    capture.addCut(ipv4(new Uint8Array(half), { id, more: true, options: new Uint8Array(headers - 20) }), 80)
    capture.addCut(ipv4(new Uint8Array(total - headers - half), { id, offset: half }), 80).wait(10)
  }
  capture.note('IPv4: 65535 bytes together')
  long(2010, 65_535)
  capture.note('IPv4: 65536 bytes together')
  long(2011, 65_536)
  capture.note('IPv4: 65536 bytes together, four of them options of the first')
  long(2012, 65_536, 24)
  capture.note('IPv4: beyond any datagram').add(
    ipv4(filler(16), { id: 2013, offset: 65_528 }), ipv4(filler(16), { id: 2013, more: true }),
    ipv4(filler(8), { id: 2014, offset: 65_512 }), ipv4(filler(16), { id: 2014, more: true }),
  ).wait(10)

  const others = (count: number, id: number) => {
    for (let i = 0; i < count; i++) capture.add(ipv4(filler(8), { id: id + i, more: true, from: 5 }))
  }
  for (const between of [63, 64, 65]) {
    const id = 3000 + between * 100
    capture.note(`IPv4: ${String(between)} others of its source between two`).wait(40_000)
    capture.add(piece(0, 16, { id, from: 5 }))
    others(between, id + 1)
    capture.add(piece(16, 64, { id, from: 5 }), piece(0, 16, { id, from: 5 }), piece(16, 64, { id, from: 5 }))
  }
}

/** What has no counterpart in IPv4. */
function addIpv6(capture: Capture): void {
  let id = 5000
  const one = (text: string, make: (id: number) => readonly Uint8Array[]) => {
    capture.note(`IPv6: ${text}`).add(...make(++id)).wait(10)
  }
  const whole = (port: number) => udp(filler(56), port)
  const packet = (next: number, data: Uint8Array, fields: Parameters<typeof fragment6>[2], headers: readonly number[] = []) => {
    const chain = headers.map((type, i) => extension(type, headers[i + 1] ?? IPPROTO_FRAGMENT))
    return ipv6(headers[0] ?? IPPROTO_FRAGMENT, concat(...chain, fragment6(next, data, fields)))
  }

  /** A datagram cut in two at `cut`. */
  const two = (n: number, next: number, data: Uint8Array, cut: number, first: readonly number[] = [], last = first) =>
    [packet(next, data.subarray(0, cut), { id: n, more: true }, first), packet(next, data.subarray(cut), { id: n, offset: cut }, last)]

  one('atomic', (n) => [packet(IPPROTO_UDP, whole(n), { id: n })])
  one('atomic, with reserved bits', (n) => [packet(IPPROTO_UDP, whole(n), { id: n, offset: 6 })])
  one('atomic, while a datagram of its identification waits', (n) => {
    const [first, last] = two(n, IPPROTO_UDP, whole(n), 16)
    return [first!, packet(IPPROTO_UDP, whole(n), { id: n }), last!]
  })
  one('atomic, without a byte', (n) => [packet(IPPROTO_UDP, new Uint8Array(0), { id: n }), packet(99, new Uint8Array(0), { id: n })])
  const chains = [
    [IPPROTO_HOPOPTS], [IPPROTO_ROUTING], [IPPROTO_AH], [IPPROTO_DSTOPTS, IPPROTO_ROUTING], [IPPROTO_HOPOPTS, IPPROTO_DSTOPTS],
  ]
  for (const chain of chains) {
    const name = `behind headers ${chain.join(' ')}`
    one(name, (n) => two(n, IPPROTO_UDP, whole(n), 16, chain))
    one(`${name}, the first alone`, (n) => two(n, IPPROTO_UDP, whole(n), 16, chain, []))
    one(`${name}, the last alone, which comes first`, (n) => two(n, IPPROTO_UDP, whole(n), 16, [], chain).reverse())
  }
  one('the last says another next header', (n) =>
    [packet(IPPROTO_UDP, whole(n).subarray(0, 16), { id: n, more: true }), packet(99, whole(n).subarray(16), { id: n, offset: 16 })])
  one('destination options inside', (n) => two(n, IPPROTO_DSTOPTS, concat(extension(IPPROTO_DSTOPTS, IPPROTO_UDP), whole(n)), 24))
  one('hop-by-hop options inside', (n) => two(n, IPPROTO_HOPOPTS, concat(extension(IPPROTO_HOPOPTS, IPPROTO_UDP), whole(n)), 24))
  one('broken hop-by-hop options inside', (n) =>
    two(n, IPPROTO_HOPOPTS, concat(extension(IPPROTO_HOPOPTS, IPPROTO_UDP, [1, 9]), whole(n)), 24))
  one('fragments of fragments', (n) => two(n, IPPROTO_FRAGMENT, fragment6(IPPROTO_UDP, whole(n), { id: n + 500 }), 24))
  one('No Next Header inside', (n) => two(n, IPPROTO_NONE, concat(filler(16), filler(16)), 16))
  for (const [next, least] of [[IPPROTO_TCP, 20], [IPPROTO_UDP, 8], [IPPROTO_ICMPV6, 8], [99, 1]] as const) {
    for (const length of [least - 1, least, 8, 16, 24]) {
      one(`a first of ${String(length)} bytes, next header ${String(next)}`, (n) => {
        const data = concat([1, n & 255, 0, 9, 0, 48, 0, 0], filler(40))
        const first = packet(next, data.subarray(0, length), { id: n, more: length % 8 === 0 })
        return [first, packet(next, data.subarray(length), { id: n, offset: length & ~7 })]
      })
    }
  }
  const short = (n: number, length: number, offset: number) =>
    ipv6(IPPROTO_FRAGMENT, fragment6(99, filler(1), { id: n, offset }).subarray(0, length))
  one('a fragment header cut short', (n) => [4, 6, 7].map((length) => short(n, length, 8)))
  one('a first fragment header cut short', (n) => [0, 1, 2, 3, 4, 6, 7].map((length) => short(n, length, 0)))
  one('beyond any datagram', (n) => [
    packet(99, filler(16), { id: n, offset: 65_520 }), packet(99, filler(8), { id: n, offset: 65_528 }),
    packet(99, filler(16), { id: n, more: true }),
  ])
  one('no payload at all', () => [ipv6(IPPROTO_FRAGMENT, new Uint8Array(0))])

  const long = (n: number, payload: number, headers: readonly number[]) => {
    const half = 32_760
    capture.addCut(packet(IPPROTO_UDP, concat(udp(new Uint8Array(8)), new Uint8Array(half - 16)), { id: n, more: true }, headers), 120)
    capture.addCut(packet(IPPROTO_UDP, new Uint8Array(payload - half - headers.length * 8), { id: n, offset: half }), 120).wait(10)
  }
  capture.note('IPv6: a payload of 65535 bytes together')
  long(6001, 65_535, [IPPROTO_DSTOPTS])
  capture.note('IPv6: a payload of 65536 bytes together')
  long(6002, 65_536, [IPPROTO_DSTOPTS])
}

/** Moments at which a datagram is still waiting, or not any more. */
function addTimes(capture: Capture): void {
  let from = 10
  let at = 0
  const gaps4 = [29_999, 30_000, 30_100, 30_247, 30_248, 30_511, 30_512, 30_513]
  const gaps6 = [59_999, 60_000, 62_000, 63_527, 63_528, 64_095, 64_096, 64_097]
  for (const start of [0, 123, 248, 999]) {
    for (const isIpv6 of [false, true]) {
      for (const gap of isIpv6 ? gaps6 : gaps4) {
        const f = new Datagrams(isIpv6).next()
        capture.note(`${isIpv6 ? 'IPv6' : 'IPv4'}: the second comes after ${String(gap)} ms, the first at ${String(start)}`)
        capture.goTo(at + start).add(f(0, 16, true, { from })).wait(gap).add(f(16, 64, false, { from }))
        from = from % 250 + 1
        at += 200_000
      }
    }
  }
}

/** More fragments than memory is for; each time another length, and a complete datagram in two fragments after each. */
function addFlood(capture: Capture): void {
  let id = 1
  for (const isIpv6 of [false, true]) {
    for (const length of [8, 400, 1480, 3600, 4096, 9000, 30_000]) {
      capture.note(`${isIpv6 ? 'IPv6' : 'IPv4'}: fragments of ${String(length)} bytes`)
      for (let i = 0; i < Math.min(120, 80_000 / length + 8); i++) {
        const payload = udp(filler(8), 1000 + i)
        const piece = (data: Uint8Array, offset: number, more: boolean) => {
          const fields = { id, offset, more, from: id & 255, to: id >>> 8 }
          return isIpv6 ? ipv6(IPPROTO_FRAGMENT, fragment6(IPPROTO_UDP, data, fields), fields) : ipv4(data, fields)
        }
        const big = piece(new Uint8Array(length), 0, true)
        id++
        capture.addCut(big, 80).add(piece(payload.subarray(0, 8), 0, true), piece(payload.subarray(8), 8, false)).wait(1)
        id++
      }
      capture.wait(100_000)
    }
  }
}

/** By name of their folder. */
export function makeCaptures(): Record<string, Capture> {
  const fragments = new Capture()
  addCommon(fragments, false)
  addIpv4(fragments)
  addCommon(fragments, true)
  addIpv6(fragments)

  const times = new Capture()
  addTimes(times)

  const flood = new Capture([
    'net.ipv4.ipfrag_low_thresh=10000', 'net.ipv4.ipfrag_high_thresh=65536',
    'net.netfilter.nf_conntrack_frag6_low_thresh=10000', 'net.netfilter.nf_conntrack_frag6_high_thresh=65536',
  ])
  addFlood(flood)
  return { 'ip-fragments': fragments, 'ip-fragment-times': times, 'ip-fragment-flood': flood }
}
