// The flows of a capture, found by their packets, in fixed room.

import { Flow } from './flow.ts'

const SLOTS = 1 << 14

/** The addresses and ports of the packet at hand, as its sender wrote them. */
export class FlowKey {
  protocol = 0
  isIpv4 = true
  readonly from = new Int32Array(4)
  readonly to = new Int32Array(4)
  fromPort = 0
  toPort = 0

  /** Reads addresses and ports. False when the ports were not captured. */
  read(view: DataView, ip: number, version: number, protocol: number, l4: number, end: number): boolean {
    if (end - l4 < 4) return false
    this.protocol = protocol
    this.isIpv4 = version === 4
    const words = this.isIpv4 ? 1 : 4
    const first = ip + (this.isIpv4 ? 12 : 8)
    for (let i = 0; i < words; i++) {
      this.from[i] = view.getInt32(first + 4 * i)
      this.to[i] = view.getInt32(first + 4 * (words + i))
    }
    for (let i = words; i < 4; i++) this.from[i] = this.to[i] = 0
    this.fromPort = view.getUint16(l4)
    this.toPort = view.getUint16(l4 + 2)
    return true
  }
}

export class Flows {
  readonly all: Flow[] = []
  readonly #most: number
  readonly #seed: number
  // The chains hold numbers of flows and their hashes, not the flows: most searches end without looking at one.
  readonly #heads = new Int32Array(SLOTS)
  readonly #next: Int32Array
  readonly #hashes: Int32Array

  constructor(most: number, seed: number) {
    this.#most = most
    this.#seed = seed | 0
    this.#next = new Int32Array(most + 1)
    this.#hashes = new Int32Array(most + 1)
  }

  /** The packet's flow, whichever side sent it; null when there is none. */
  find(key: FlowKey): Flow | null {
    const hash = this.#hash(key)
    for (let number = this.#heads[hash & (SLOTS - 1)] ?? 0; number !== 0; number = this.#next[number] ?? 0) {
      if (this.#hashes[number] !== hash) continue
      const flow = this.all[number - 1]
      if (flow?.protocol === key.protocol && (isFrom(flow, key) || isTo(flow, key))) return flow
    }
    return null
  }

  /** Makes the packet's flow. Null when there is no room. */
  open(key: FlowKey, senderIsClient: boolean): Flow | null {
    if (this.all.length >= this.#most) return null
    const [client, server] = senderIsClient ? [key.from, key.to] : [key.to, key.from]
    const number = this.all.length + 1
    const flow = new Flow(key.protocol, key.isIpv4, [...client], [...server], senderIsClient ? key.fromPort : key.toPort,
      senderIsClient ? key.toPort : key.fromPort, number)
    const hash = this.#hash(key)
    this.#hashes[number] = hash
    this.#next[number] = this.#heads[hash & (SLOTS - 1)] ?? 0
    this.#heads[hash & (SLOTS - 1)] = number
    this.all.push(flow)
    return flow
  }

  /** The same for both directions. */
  #hash({ from, to, fromPort, toPort, protocol, isIpv4 }: FlowKey): number {
    let hash = this.#seed ^ protocol
    for (let i = 0; i < (isIpv4 ? 1 : 4); i++) {
      hash = Math.imul(hash ^ (Math.imul(from[i] ?? 0, 0x9e3779b1) + Math.imul(to[i] ?? 0, 0x9e3779b1)), 0x85ebca6b)
    }
    hash = Math.imul(hash ^ (hash >>> 15) ^ (Math.imul(fromPort, 0xc2b2ae35) + Math.imul(toPort, 0xc2b2ae35)), 0x27d4eb2f)
    return hash ^ (hash >>> 16)
  }
}

/** The client of the flow sent the packet. */
export function isFrom(flow: Flow, key: FlowKey): boolean {
  return flow.clientPort === key.fromPort && flow.serverPort === key.toPort && same(flow.clientWords,
    key.from) && same(flow.serverWords, key.to)
}

function isTo(flow: Flow, key: FlowKey): boolean {
  return flow.clientPort === key.toPort && flow.serverPort === key.fromPort && same(flow.clientWords,
    key.to) && same(flow.serverWords, key.from)
}

function same(a: readonly number[], b: Int32Array): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3]
}
