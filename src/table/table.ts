// All connections: one chained, seeded hash over every record, the wheel of their deadlines, the
// counters. Knows nothing of protocols.

import { type Desk, Memory } from '../base/memory.ts'
import { CREATED, HEADS_AT, LAST_TICK_F64, MASK, NEXT_TURN_F64, NOW_F64, ROOMY, SEED, SERIAL as LAST_SERIAL } from '../base/memory-map.ts'
import { AF_INET, AF_INET6 } from '../base/units.ts'
import { Connection } from './connection.ts'
import { GreKeys } from './gre-keys.ts'
import { hashRecord, hashTuple } from './hash.ts'
import { ADDR, ADDR6, CREATED_F64, DEADLINE_F64, HASH, NEXT, PORTS, PROTO, RECORD_WORDS, SERIAL, STATUS } from './layout.ts'
import { Records } from './records.ts'
import { Stats } from './stats.ts'
import { IPS_ASSURED, IPS_CONFIRMED, IPS_DYING } from './status.ts'
import type { Tuple } from './tuple.ts'
import { Wheel } from './wheel.ts'

/** No such connection. */
export const NOT_FOUND = -1

/** Why a connection left the table. */
export const END_TIMEOUT = 1
export const END_KILLED = 2 // by a packet: a reset nobody had answered, an ICMP reply of the 2.4 profile
export const END_REOPENED = 3 // by the SYN that opens it anew
export const END_EARLY_DROP = 4
export const END_DELETED = 5 // by the user: conntrack -D, -F

/** Called with each connection that leaves the table, while its record can still be read. */
export type OnEnd = (index: number, why: number) => void

const FEWEST_HEADS = 1024
const FEW_GAPS = 16 // of the connections created since, to each that is still there
const ONE_ENTRY = -1 // where the link behind the answer's entry would stand
const EVICTION_RANGE = 8 // buckets that early drop looks at; NF_CT_EVICTION_RANGE

export class Table {
  readonly records: Records
  readonly stats = new Stats()
  readonly wheel: Wheel
  /** A cursor for whoever needs a second one for a moment. */
  readonly peek: Connection
  /** The keys that GRE packets do not carry. */
  readonly greKeys = new GreKeys()
  /** Now, in ticks. */
  now = 0
  /** Told of each connection that ends. */
  #onEnd: OnEnd | null = null
  /** Of the hash. */
  readonly seed: number
  /** nf_conntrack_buckets, as a power of two: the hash may be wider, and then several heads stand for a bucket. */
  readonly #buckets: number
  #heads: Int32Array
  readonly #memory: Memory
  #mask: number
  /** As many entries have room in the hash: half as many as heads, which halves the steps along chains; of a wide one, as many. */
  #roomy: number
  #serial = 0
  /** There have been records in two chains: something changed addresses on their way. */
  #hasTwice = false

  /**
   * @param most     nf_conntrack_max, 0 for no bound
   * @param buckets  nf_conntrack_buckets: what early drop looks at
   * @param hz       ticks a second
   * @param ordered  connections expire in the order of their deadlines (for events)
   * @param seed     of the hash: 32 bits
   * @param memory   where it all lies
   */
  constructor(most: number, buckets: number, hz: number, ordered: boolean, seed: number, memory = new Memory()) {
    this.#memory = memory
    this.records = new Records(most, memory)
    this.peek = new Connection(this.records)
    this.wheel = new Wheel(this.records, hz, ordered, memory, (index) => { this.end(index, END_TIMEOUT) })
    this.seed = seed | 0
    this.#buckets = 2 ** Math.ceil(Math.log2(Math.max(buckets, FEWEST_HEADS)))
    this.#heads = memory.words(HEADS_AT, FEWEST_HEADS)
    this.#mask = FEWEST_HEADS - 1
    this.#roomy = FEWEST_HEADS / 2
  }

  /** Has a function told of each connection that ends, after those that asked before it. */
  listen(listener: OnEnd): void {
    const before = this.#onEnd
    this.#onEnd = before === null ? listener : (index, why) => {
      before(index, why)
      listener(index, why)
    }
  }

  /** Moves time on and ends what has expired. */
  advance(now: number): void {
    if (this.now === 0) this.wheel.start(now)
    this.now = now
    this.wheel.advance(now)
  }

  /** Lays down how things stand. False when the fast path cannot work on the table. */
  lend(desk: Desk): boolean {
    desk.words[ROOMY] = this.#roomy
    desk.words[MASK] = this.#mask
    desk.words[SEED] = this.seed
    desk.words[LAST_SERIAL] = this.#serial
    desk.words[CREATED] = this.stats.created
    this.records.lend(desk)
    const isLent = this.wheel.lend(desk)
    // Whoever is told of ends is told here.
    const isToEndHere = this.#hasTwice || this.#onEnd !== null
    if (isToEndHere) desk.setDouble(LAST_TICK_F64, Math.min(desk.double(LAST_TICK_F64), desk.double(NEXT_TURN_F64) - 1))
    return isLent
  }

  takeBack(desk: Desk): void {
    this.now = desk.double(NOW_F64)
    this.#serial = desk.words[LAST_SERIAL]!
    this.stats.created = desk.words[CREATED]! >>> 0
    this.records.takeBack(desk)
    this.wheel.takeBack(desk)
  }

  /**
   * Finds the connection a tuple belongs to, in either direction; a tuple that is its own answer is found as the answer, as
   * the kernel does.
   * @returns  connection * 2 + direction, or NOT_FOUND
   * @kernel   nf_conntrack_find_get() — v6.12
   */
  find(tuple: Tuple): number {
    const { words, doubles } = this.records
    const { proto, ports, source0, destination0 } = tuple
    let link = this.#heads[hashTuple(tuple, this.seed) & this.#mask]!
    while (link !== 0) {
      const index = (link - 1) >>> 1
      const base = index * RECORD_WORDS
      if (words[base + PROTO] === proto && doubles[(base + DEADLINE_F64) >>> 1]! > this.now) {
        if (
          words[base + PORTS + 1] === ports && words[base + ADDR + 2] === source0 && words[base + ADDR + 3] === destination0 &&
          ((proto & 255) !== AF_INET6 || this.#sameTail(base + ADDR6 + 6, tuple))
        ) return (index << 1) | 1
        if (
          words[base + PORTS] === ports && words[base + ADDR] === source0 && words[base + ADDR + 1] === destination0 &&
          ((proto & 255) !== AF_INET6 || this.#sameTail(base + ADDR6, tuple))
        ) return index << 1
      }
      link = words[base + NEXT + ((link - 1) & 1)]!
    }
    return NOT_FOUND
  }

  #sameTail(at: number, tuple: Tuple): boolean {
    const words = this.records.words
    return words[at] === tuple.source1 && words[at + 1] === tuple.source2 && words[at + 2] === tuple.source3 &&
      words[at + 3] === tuple.destination1 && words[at + 4] === tuple.destination2 && words[at + 5] === tuple.destination3
  }

  /** Makes a record with both tuples, not yet in the hash. @returns its number */
  open(original: Tuple, reply: Tuple): number {
    const index = this.records.take()
    const words = this.records.words
    const base = index * RECORD_WORDS
    words[base + PROTO] = original.proto
    original.store(words, base, 0)
    reply.store(words, base, 1)
    return index
  }

  /** Gives a record another answer's tuple: addresses are translated. Kernel: nf_conntrack_alter_reply(), before confirmation. */
  setReply(index: number, reply: Tuple): void {
    const { words } = this.records
    const base = index * RECORD_WORDS
    const isLinked = (words[base + STATUS]! & IPS_CONFIRMED) !== 0
    if (isLinked) this.#unlinkBoth(index)
    reply.store(words, base, 1)
    if (isLinked) this.#linkBoth(index)
  }

  /** Frees a record that was never confirmed. */
  discard(index: number): void {
    this.records.release(index)
  }

  /** Puts a record into the hash and onto the wheel: the kernel's confirmation. Its deadline must be set. */
  confirm(index: number): void {
    if (this.records.live > this.#roomy) this.#widen()
    const words = this.records.words
    const base = index * RECORD_WORDS
    words[base + STATUS] = words[base + STATUS]! | IPS_CONFIRMED
    words[base + SERIAL] = ++this.#serial
    this.records.doubles[(base + CREATED_F64) >>> 1] = this.now
    this.#linkBoth(index)
    this.wheel.place(index)
    this.stats.created++
  }

  /** Gives a confirmed connection `timeout` ticks from now. */
  setTimeout(conn: Connection, timeout: number): void {
    const tick = this.now + timeout
    const earlier = tick < conn.deadline
    conn.deadline = tick
    if (earlier) this.wheel.hasten(conn.index)
  }

  /** Takes a confirmed connection out of the table. */
  end(index: number, why: number): void {
    const base = index * RECORD_WORDS
    const words = this.records.words
    words[base + STATUS] = words[base + STATUS]! | IPS_DYING
    if (this.#onEnd !== null) this.#onEnd(index, why)
    this.#unlinkBoth(index)
    this.wheel.remove(index)
    this.records.release(index)
  }

  /**
   * Makes room by ending connections that are not ASSURED, in the chains near a tuple's own.
   * @returns  true when at least one went
   * @kernel   early_drop(), early_drop_list() — v6.12
   * @differs  which chains are near depends on the hash, and ours is not the kernel's
   */
  earlyDrop(tuple: Tuple): boolean {
    const start = hashTuple(tuple, this.seed)
    const buckets = Math.min(this.#buckets, this.#heads.length)
    for (let i = 0; i < EVICTION_RANGE; i++) {
      let drops = 0
      for (let head = (start + i) & (buckets - 1); head < this.#heads.length; head += buckets) drops += this.#dropChain(head)
      if (drops > 0) {
        this.stats.earlyDrop += drops
        return true
      }
    }
    return false
  }

  /** Ends what is not ASSURED in one chain. @returns how many, without those that had expired */
  #dropChain(head: number): number {
    const words = this.records.words
    let drops = 0
    let link = this.#heads[head]!
    while (link !== 0) {
      const index = (link - 1) >>> 1
      const base = index * RECORD_WORDS
      const dir = (link - 1) & 1
      link = words[base + NEXT + dir]!
      // The answer's own entry may stand further down this very chain: step over it before it goes.
      while (link !== 0 && (link - 1) >>> 1 === index) link = words[base + NEXT + ((link - 1) & 1)]!
      if (this.records.doubles[(base + DEADLINE_F64) >>> 1]! <= this.now) {
        this.end(index, END_TIMEOUT)
      } else if ((words[base + STATUS]! & IPS_ASSURED) === 0) {
        this.end(index, END_EARLY_DROP)
        drops++
      }
    }
    return drops
  }

  /** Calls a function with the number of each connection that is visible now, in no order. */
  forEachVisible(look: (index: number) => void): void {
    const { words, doubles, high } = this.records
    for (let index = 0; index < high; index++) {
      const base = index * RECORD_WORDS
      if (words[base + PROTO] !== 0 && doubles[(base + DEADLINE_F64) >>> 1]! > this.now) look(index)
    }
  }

  /** Numbers of all connections that are visible now, in the order of their creation. */
  visible(): Uint32Array {
    const { words, doubles, high } = this.records
    const found = new Uint32Array(this.records.live)
    let count = 0
    let oldest = 0
    for (let index = 0; index < high; index++) {
      const base = index * RECORD_WORDS
      if (words[base + PROTO] === 0 || doubles[(base + DEADLINE_F64) >>> 1]! <= this.now) continue
      found[count++] = index
      const age = this.#ageOf(index)
      if (age > oldest) oldest = age
    }
    return oldest < count * FEW_GAPS ? this.#placed(found, count, oldest) : this.#sorted(found, count, oldest)
  }

  /** How many connections were created since: on the circle of 32 bits. */
  #ageOf(index: number): number {
    return (this.#serial - this.records.words[index * RECORD_WORDS + SERIAL]!) >>> 0
  }

  /** In order, each put where its age says: quick where few of those created between the oldest and now are gone. */
  #placed(found: Uint32Array, count: number, oldest: number): Uint32Array {
    const places = new Uint32Array(oldest + 1) // record + 1
    for (let i = 0; i < count; i++) places[oldest - this.#ageOf(found[i]!)] = found[i]! + 1
    let next = 0
    for (let place = 0; place <= oldest; place++) if (places[place] !== 0) found[next++] = places[place]! - 1
    return found.slice(0, count)
  }

  #sorted(found: Uint32Array, count: number, oldest: number): Uint32Array {
    const { high } = this.records
    const keys = new Float64Array(count)
    for (let i = 0; i < count; i++) keys[i] = (oldest - this.#ageOf(found[i]!)) * high + found[i]!
    keys.sort()
    for (let i = 0; i < count; i++) found[i] = keys[i]! % high
    return found.slice(0, count)
  }

  /** Puts a record into its chain; into two, when the answer's tuple has another hash. */
  #linkBoth(index: number): void {
    const { words } = this.records
    const base = index * RECORD_WORDS
    const hash = hashRecord(words, base, 0, this.seed)
    words[base + HASH] = hash
    this.#link(index, 0, hash & this.#mask)
    const answers = isAnswered(words, base) ? hash : hashRecord(words, base, 1, this.seed)
    if (answers === hash) words[base + NEXT + 1] = ONE_ENTRY
    else {
      this.#link(index, 1, answers & this.#mask)
      this.#hasTwice = true
    }
  }

  #link(index: number, dir: number, head: number): void {
    this.records.words[index * RECORD_WORDS + NEXT + dir] = this.#heads[head]!
    this.#heads[head] = index * 2 + dir + 1
  }

  #unlinkBoth(index: number): void {
    const { words } = this.records
    const base = index * RECORD_WORDS
    this.#unlink(index, 0, words[base + HASH]! & this.#mask)
    if (words[base + NEXT + 1] !== ONE_ENTRY) this.#unlink(index, 1, hashRecord(words, base, 1, this.seed) & this.#mask)
  }

  #unlink(index: number, dir: number, head: number): void {
    const { words } = this.records
    const self = index * 2 + dir + 1
    const next = words[index * RECORD_WORDS + NEXT + dir]!
    let link = this.#heads[head]!
    if (link === self) {
      this.#heads[head] = next
      return
    }
    while (link !== 0) {
      const at = ((link - 1) >>> 1) * RECORD_WORDS + NEXT + ((link - 1) & 1)
      link = words[at]!
      if (link === self) {
        words[at] = next
        return
      }
    }
  }

  #widen(): void {
    const words = this.records.words
    this.#heads = this.#memory.words(HEADS_AT, (this.#mask + 1) * 2).fill(0)
    this.#mask = this.#heads.length - 1
    this.#roomy = this.#heads.length > this.#buckets ? this.#heads.length : this.#heads.length / 2
    for (let index = 0; index < this.records.high; index++) {
      if ((words[index * RECORD_WORDS + STATUS]! & IPS_CONFIRMED) === 0 || words[index * RECORD_WORDS + PROTO] === 0) continue
      this.#linkBoth(index)
    }
  }
}

/** The answer's tuple of an IPv4 record is its original's turned round: their hash is one. Not of ICMP, whose types differ. */
function isAnswered(words: Int32Array, base: number): boolean {
  const ports = words[base + PORTS]!
  return (words[base + PROTO]! & 255) === AF_INET && words[base + ADDR + 2] === words[base + ADDR + 1] &&
    words[base + ADDR + 3] === words[base + ADDR] && words[base + PORTS + 1] === ((ports << 16) | (ports >>> 16))
}
