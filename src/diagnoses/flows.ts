// The flows of a capture, found by their packets, in fixed room.

import { AF_INET, AF_INET6 } from '../base/units.ts'
import type { Connection } from '../table/connection.ts'
import { foldTail } from '../table/fold.ts'
import { hashWords } from '../table/hash.ts'
import { Flow } from './flow.ts'

const FEWEST_SLOTS = 1 << 10
const SLOTS_BITS = 5 // bits of the filter for each slot, as a power of two: one in 32 is set when all flows are there

/** The addresses and ports of the packet at hand, as its sender wrote them. */
export class FlowKey {
  protocol = 0
  isIpv4 = true
  readonly from = new Int32Array(4)
  readonly to = new Int32Array(4)
  fromPort = 0
  toPort = 0

  /** The same for both directions, and for a connection's record. */
  hash(seed: number): number {
    const proto = (this.isIpv4 ? AF_INET : AF_INET6) | (this.protocol << 8)
    return hashWords(proto, (this.fromPort << 16) | this.toPort, folded(this.from), folded(this.to), seed)
  }

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
  /** The table's: a flow has the hash of its connection. To be set before the first one. */
  seed = 0
  // The chains hold numbers of flows and their hashes, not the flows: most searches end without looking at one.
  readonly #heads: Int32Array
  readonly #mask: number
  readonly #next: Int32Array
  readonly #hashes: Int32Array
  /** A bit for each hash that a flow has, by its upper bits: small enough to stay at hand. */
  readonly #filter: Int32Array
  readonly #shift: number

  constructor(most: number) {
    this.#most = most
    const bits = Math.ceil(Math.log2(Math.max(most, FEWEST_SLOTS)))
    this.#heads = new Int32Array(2 ** bits)
    this.#mask = this.#heads.length - 1
    this.#filter = new Int32Array(2 ** (bits + SLOTS_BITS - 5))
    this.#shift = 32 - bits - SLOTS_BITS
    this.#next = new Int32Array(most + 1)
    this.#hashes = new Int32Array(most + 1)
  }

  /** No further flow finds room. */
  get isFull(): boolean { return this.all.length >= this.#most }

  /** False when a connection certainly has no flow. */
  mayHold(conn: Connection): boolean {
    const bit = conn.hash >>> this.#shift
    return ((this.#filter[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0
  }

  /** The packet's flow, whichever side sent it; null when there is none. */
  find(key: FlowKey): Flow | null {
    const hash = key.hash(this.seed)
    for (let number = this.#heads[hash & this.#mask] ?? 0; number !== 0; number = this.#next[number] ?? 0) {
      if (this.#hashes[number] !== hash) continue
      const flow = this.all[number - 1]
      if (flow?.protocol === key.protocol && (isFrom(flow, key) || isTo(flow, key))) return flow
    }
    return null
  }

  /** Makes the packet's flow. Null when there is no room. */
  open(key: FlowKey, senderIsClient: boolean): Flow | null {
    if (this.isFull) return null
    const client = senderIsClient ? key.from : key.to
    const server = senderIsClient ? key.to : key.from
    const number = this.all.length + 1
    const flow = new Flow(key.protocol, key.isIpv4, listOf(client), listOf(server), senderIsClient ? key.fromPort : key.toPort,
      senderIsClient ? key.toPort : key.fromPort, number)
    const hash = key.hash(this.seed)
    const bit = hash >>> this.#shift
    this.#filter[bit >>> 5] = (this.#filter[bit >>> 5] ?? 0) | (1 << (bit & 31))
    this.#hashes[number] = hash
    this.#next[number] = this.#heads[hash & this.#mask] ?? 0
    this.#heads[hash & this.#mask] = number
    this.all.push(flow)
    return flow
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

// Taken apart by index: by iterator they cost a hundred times as much.
const listOf = (words: Int32Array): number[] => [words[0] ?? 0, words[1] ?? 0, words[2] ?? 0, words[3] ?? 0]
const folded = (words: Int32Array): number => (words[0] ?? 0) ^ foldTail(words[1] ?? 0, words[2] ?? 0, words[3] ?? 0)

function same(a: readonly number[], b: Int32Array): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3]
}
