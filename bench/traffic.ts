// What the benchmarks are run on. Four captures, each made of packets that are the same on every machine:
//
//   many      TCP connections of ten packets each, 2000 open at a time, over 600 s
//   elephant  64 TCP connections that never end, frames cut at 96 bytes, over 120 s
//   mix       60 % TCP, 25 % UDP, 5 % ping, 5 % TCP over IPv6, 3 % SYN scan, 2 % fragments, over 600 s
//   crowd     as many connections as packets, UDP and TCP by turns, within 20 s: none has expired at the end

import { CaptureFile } from './capture-file.ts'
import { ACK, FIN, Frames, PSH_ACK, SYN, type Flow } from './frames.ts'
import { Random } from '../scripts/lib/random.ts'

export const KINDS = ['many', 'elephant', 'mix', 'crowd'] as const
export type Kind = (typeof KINDS)[number]

/** Packets of each kind, unless asked otherwise. */
export const PACKETS: Readonly<Record<Kind, number>> = { many: 4_000_000, elephant: 3_000_000, mix: 4_000_000, crowd: 1_000_000 }
const SECONDS: Readonly<Record<Kind, number>> = { many: 600, elephant: 120, mix: 600, crowd: 20 }

/** Writes a capture of about `packets` packets. */
export function writeTraffic(kind: Kind, path: string, packets: number = PACKETS[kind]): void {
  const file = new CaptureFile(path, kind === 'elephant' ? 96 : undefined)
  const random = new Random(0x5eed)
  const frames = new Frames(file, random, Math.max(1, Math.floor(SECONDS[kind] * 1e6 / packets)))
  const make = { many, elephant, mix, crowd }[kind]
  make(frames, new Flows(random), random, () => packets - file.packets)
  file.close()
}

type Make = (frames: Frames, flows: Flows, random: Random, left: () => number) => void

/** Flows that have not been before. */
class Flows {
  readonly #random: Random
  #count = 0

  constructor(random: Random) {
    this.#random = random
  }

  next(isIpv6 = false): Flow {
    const number = this.#count++
    const host = number % 20_000
    const round = Math.floor(number / 20_000)
    const ports = [443, 443, 443, 443, 443, 80, 80, 80, 22, 8080]
    return {
      isIpv6,
      client: 0x0a000000 + host,
      server: 0xc6336400 + this.#random.below(500) | 0,
      clientPort: 1024 + ((Math.imul(host, 40_503) >>> 8) + round) % 64_000,
      serverPort: ports[this.#random.below(10)]!,
      clientSeq: this.#random.word(),
      serverSeq: this.#random.word(),
      step: 0,
    }
  }
}

/** The next of a connection's ten packets. @returns true when it was the last */
function step(frames: Frames, flow: Flow, random: Random, longest: number): boolean {
  switch (flow.step++) {
    case 0: frames.tcp(flow, true, SYN, 0); return false
    case 1: frames.tcp(flow, false, SYN | ACK, 0); return false
    case 2: frames.tcp(flow, true, ACK, 0); return false
    case 3: case 5: frames.tcp(flow, true, PSH_ACK, 64 + random.below(400)); return false
    case 4: case 6: frames.tcp(flow, false, PSH_ACK, 64 + random.below(longest - 64)); return false
    case 7: frames.tcp(flow, true, FIN | ACK, 0); return false
    case 8: frames.tcp(flow, false, FIN | ACK, 0); return false
    default: frames.tcp(flow, true, ACK, 0); return true
  }
}

const many: Make = (frames, flows, random, left) => {
  const open = Array.from({ length: 2000 }, () => flows.next())
  while (left() > 0) {
    const at = random.below(open.length)
    if (step(frames, open[at]!, random, 964)) open[at] = flows.next()
  }
}

const elephant: Make = (frames, flows, random, left) => {
  const open = Array.from({ length: 64 }, () => flows.next())
  const unacknowledged = open.map(() => 0)
  for (const flow of open) for (let i = 0; i < 3; i++) step(frames, flow, random, 964)
  while (left() > 0) {
    const at = random.below(open.length)
    const flow = open[at]!
    const waiting = unacknowledged[at]!
    if (waiting >= 16 || (waiting >= 2 && random.below(3) === 0)) {
      frames.tcp(flow, true, ACK, 0, (waiting - 2) * 1400)
      unacknowledged[at] = waiting - 2
    } else {
      frames.tcp(flow, false, ACK, 1400)
      unacknowledged[at] = waiting + 1
    }
  }
}

const mix: Make = (frames, flows, random, left) => {
  const tcp = Array.from({ length: 2000 }, () => flows.next())
  const tcp6 = Array.from({ length: 200 }, () => flows.next(true))
  const udp = Array.from({ length: 200 }, () => flows.next())
  const pings = Array.from({ length: 100 }, () => flows.next())
  const cut = Array.from({ length: 20 }, () => flows.next())
  while (left() > 0) {
    const kind = random.below(100)
    if (kind < 60) advance(tcp, (flow) => step(frames, flow, random, 1388))
    else if (kind < 85) {
      advance(udp, (flow) => {
        frames.udp(flow, flow.step === 0, flow.step === 0 ? 40 : 40 + random.below(800))
        return flow.step++ === 1
      })
    } else if (kind < 90) {
      advance(pings, (flow) => {
        frames.ping(flow, flow.step === 0, 56)
        return flow.step++ === 1
      })
    } else if (kind < 95) advance(tcp6, (flow) => step(frames, flow, random, 1388), true)
    else if (kind < 98) {
      const scanned = flows.next()
      frames.tcp({ ...scanned, client: 0xcb007101 | 0, server: 0x0a000000 + random.below(1 << 18) }, true, SYN, 0)
    } else {
      advance(cut, (flow) => {
        frames.fragment(flow, flow.step, 16 + flow.clientPort % 1400)
        return flow.step++ === 2
      })
    }
  }

  function advance(open: Flow[], one: (flow: Flow) => boolean, isIpv6 = false): void {
    const at = random.below(open.length)
    if (one(open[at]!)) open[at] = flows.next(isIpv6)
  }
}

const crowd: Make = (frames, flows, _random, left) => {
  while (left() > 0) {
    const flow = flows.next()
    if ((left() & 1) === 0) frames.udp(flow, true, 18)
    else frames.tcp(flow, true, SYN, 0)
  }
}
