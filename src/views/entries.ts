// Entries of a table in little room: 144 bytes each, so that two tables of a million entries fit where as many rows would not.
// Rows go in and come out; what few entries have (a helper, a label, words nobody knows) stands beside the array.

import { formatIpv4, formatIpv6Full, parseIpv4, parseIpv6 } from '../base/address.ts'
import {
  AF_INET, AF_INET6, IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../base/units.ts'
import type { Engine } from '../engine.ts'
import { stateName } from '../protocols/state-name.ts'
import { Connection } from '../table/connection.ts'
import type { Row, RowCounters, RowTuple } from './row.ts'
import { l4Name, rowOf } from './snapshot.ts'

// Words of an entry.
export const PROTO = 0    // protocol | flags << 8
export const STATE = 1    // number of the state's name | zone << 16
export const TIMEOUT = 2  // seconds
export const PORTS = 3    // two words, original and reply: source << 16 | destination; ICMP: id << 16 | type << 8 | code; GRE: keys
export const MARK = 5
export const AGE = 6      // seconds
export const USE = 7
export const ADDRESSES = 8 // original source, destination, reply source, destination: four words each
export const ID = 24
const WORDS = 28

// Flags, as they stand in PROTO.
export const IS_IPV6 = 1 << 8
export const SEEN_REPLY = 1 << 9
export const ASSURED = 1 << 10
export const OFFLOAD = 1 << 11
export const HW_OFFLOAD = 1 << 12
export const STATUS_UNKNOWN = 1 << 13
export const HAS_TIMEOUT = 1 << 14
export const HAS_COUNTERS = 1 << 15
export const HAS_AGE = 1 << 16
export const ZONE_ORIGINAL = 1 << 17
export const ZONE_REPLY = 1 << 18
export const HAS_PORTS = 1 << 19
export const HAS_ID = 1 << 20

/** What few entries have. */
export type Extra = Pick<Row, 'greTimeouts' | 'helper' | 'master' | 'secctx' | 'labels' | 'rest'>

/** Counters of an entry: packets and bytes of the original direction, of the reply. */
const COUNTERS = 4
const FIRST = 64 // entries there is room for at first
const NO_STATE = ''

export class Entries {
  #length = 0
  words: Int32Array
  counters: Float64Array
  /** Entries whose room may not be all zeros any more. */
  #used = 0
  readonly #extras = new Map<number, Extra>()
  readonly #states: string[] = [NO_STATE]
  readonly #stateNumbers = new Map<string, number>([[NO_STATE, 0]])

  /** @param room  entries that are expected: what is not used costs address space only */
  constructor(room = FIRST) {
    this.words = new Int32Array(room * WORDS)
    this.counters = new Float64Array(room * COUNTERS)
  }

  get length(): number { return this.#length }

  /** Makes room for one more entry, all zeros. @returns its first word in `words` */
  begin(): number {
    if ((this.length + 1) * WORDS > this.words.length) this.#grow()
    const base = this.length * WORDS
    if (this.length < this.#used) {
      this.words.fill(0, base, base + WORDS)
      this.counters.fill(0, this.length * COUNTERS, (this.length + 1) * COUNTERS)
    }
    this.#used = Math.max(this.#used, this.length + 1)
    return base
  }

  /** Keeps the entry begun last. */
  keep(extra?: Extra): void {
    if (extra !== undefined) this.#extras.set(this.length, extra)
    this.#length++
  }

  /** Forgets all entries, and keeps the room. */
  clear(): void {
    this.#length = 0
    this.#extras.clear()
  }

  /** The number of a state's name; 0 for none. */
  stateNumber(name: string): number {
    let number = this.#stateNumbers.get(name)
    if (number === undefined) {
      number = this.#states.push(name) - 1
      this.#stateNumbers.set(name, number)
    }
    return number
  }

  /** The state's name; null for none. */
  stateName(index: number): string | null {
    const number = (this.words[index * WORDS + STATE] ?? 0) & 0xffff
    return number === 0 ? null : this.#states[number] ?? null
  }

  flags(index: number): number { return this.words[index * WORDS + PROTO] ?? 0 }
  word(index: number, at: number): number { return this.words[index * WORDS + at] ?? 0 }
  replyWord(index: number, at: number): number { return this.words[index * WORDS + ADDRESSES + 8 + at] ?? 0 }
  replyPorts(index: number): number { return this.words[index * WORDS + PORTS + 1] ?? 0 }
  counter(index: number, at: number): number { return this.counters[index * COUNTERS + at] ?? 0 }

  /** The zone that the original direction is looked up in. */
  zone(index: number): number {
    return (this.flags(index) & ZONE_REPLY) !== 0 ? 0 : this.word(index, STATE) >>> 16
  }

  /** Adds a connection of a running engine. `now` in ticks, `hz` ticks a second. */
  addConnection(conn: Connection, now: number, hz: number): void {
    if (conn.helper !== 0 || conn.master !== 0 || conn.protocol === IPPROTO_GRE) {
      this.add(rowOf(conn, now, hz))
      return
    }
    const base = this.begin()
    const { words } = this
    const protocol = conn.protocol
    words[base + PROTO] = protocol | HAS_TIMEOUT | HAS_COUNTERS | HAS_AGE | (conn.l3num === AF_INET ? 0 : IS_IPV6) |
      (conn.seenReply ? SEEN_REPLY : 0) | (conn.assured ? ASSURED : 0) | (selectorOf(protocol) === null ? 0 : HAS_PORTS)
    words[base + STATE] = this.stateNumber(stateName(conn) ?? NO_STATE) | (conn.zone << 16)
    words[base + TIMEOUT] = Math.floor((conn.deadline - now) / hz)
    words[base + MARK] = conn.mark
    words[base + AGE] = Math.floor((now - conn.created) / hz)
    words[base + USE] = 2
    const last = conn.l3num === AF_INET ? 1 : 4
    for (let dir = 0; dir < 2; dir++) {
      words[base + PORTS + dir] = (conn.sourcePort(dir) << 16) | conn.destinationPort(dir)
      for (let i = 0; i < last; i++) {
        words[base + ADDRESSES + dir * 8 + i] = conn.source(dir, i)
        words[base + ADDRESSES + dir * 8 + 4 + i] = conn.destination(dir, i)
      }
      this.counters[this.length * COUNTERS + dir * 2] = conn.packets(dir)
      this.counters[this.length * COUNTERS + dir * 2 + 1] = conn.bytes(dir)
    }
    this.keep()
  }

  /** Adds a row. @throws RangeError where an address is none, or a number is too large for its field */
  add(row: Row): void {
    const base = this.begin()
    const { words } = this
    const isIpv4 = row.l3 === 'ipv4'
    let flags = isIpv4 ? 0 : IS_IPV6
    flags |= putTuple(words, base, 0, row.original, isIpv4) | putTuple(words, base, 1, row.reply, isIpv4)
    if (row.seenReply) flags |= SEEN_REPLY
    if (row.assured) flags |= ASSURED
    if (row.offload !== undefined) flags |= row.offload === 'OFFLOAD' ? OFFLOAD : HW_OFFLOAD
    if (row.statusUnknown === true) flags |= STATUS_UNKNOWN
    if (row.timeout !== null) flags |= HAS_TIMEOUT
    if (row.originalCounters !== null && row.replyCounters !== null) {
      flags |= HAS_COUNTERS
      this.counters.set([
        row.originalCounters.packets, row.originalCounters.bytes, row.replyCounters.packets, row.replyCounters.bytes,
      ], this.length * COUNTERS)
    }
    if (row.age !== null) flags |= HAS_AGE
    if (row.zoneDirection !== undefined) flags |= row.zoneDirection === 'original' ? ZONE_ORIGINAL : ZONE_REPLY
    if (row.id !== undefined) flags |= HAS_ID
    words[base + PROTO] = row.l4num | flags
    words[base + STATE] = this.stateNumber(row.state ?? NO_STATE) | (sixteen(row.zone) << 16)
    words[base + TIMEOUT] = row.timeout ?? 0
    words[base + MARK] = row.mark
    words[base + AGE] = row.age ?? 0
    words[base + USE] = row.use
    words[base + ID] = row.id ?? 0
    this.keep(extraOf(row))
  }

  /** One entry as a row. */
  row(index: number): Row {
    const base = index * WORDS
    const { words } = this
    const word = (at: number): number => words[base + at] ?? 0
    const flags = word(PROTO)
    const has = (flag: number): boolean => (flags & flag) !== 0
    const l4num = flags & 255
    const row: Row = {
      l3: has(IS_IPV6) ? 'ipv6' : 'ipv4',
      l3num: has(IS_IPV6) ? AF_INET6 : AF_INET,
      l4: l4Name(l4num),
      l4num,
      timeout: has(HAS_TIMEOUT) ? word(TIMEOUT) >>> 0 : null,
      state: this.stateName(index),
      original: this.tuple(index, 0),
      reply: this.tuple(index, 1),
      originalCounters: this.#counters(index, 0),
      replyCounters: this.#counters(index, 1),
      seenReply: has(SEEN_REPLY),
      assured: has(ASSURED),
      mark: word(MARK) >>> 0,
      zone: word(STATE) >>> 16,
      age: has(HAS_AGE) ? word(AGE) >>> 0 : null,
      use: word(USE) >>> 0,
    }
    if (has(OFFLOAD)) row.offload = 'OFFLOAD'
    if (has(HW_OFFLOAD)) row.offload = 'HW_OFFLOAD'
    if (has(ZONE_ORIGINAL)) row.zoneDirection = 'original'
    if (has(ZONE_REPLY)) row.zoneDirection = 'reply'
    if (has(HAS_ID)) row.id = word(ID) >>> 0
    if (has(STATUS_UNKNOWN)) row.statusUnknown = true
    return Object.assign(row, this.#extras.get(index))
  }

  /** All entries as rows, one after another. */
  * rows(): Generator<Row, void> {
    for (let i = 0; i < this.length; i++) yield this.row(i)
  }

  /** One direction of an entry. */
  tuple(index: number, dir: number): RowTuple {
    const base = index * WORDS
    const { words } = this
    const flags = words[base + PROTO] ?? 0
    const at = base + ADDRESSES + dir * 8
    const address = (from: number): string => {
      const [a = 0, b = 0, c = 0, d = 0] = words.subarray(from, from + 4)
      return (flags & IS_IPV6) === 0 ? formatIpv4(a) : formatIpv6Full(a, b, c, d)
    }
    const tuple: RowTuple = { source: address(at), destination: address(at + 4) }
    if ((flags & HAS_PORTS) === 0) return tuple
    const ports = words[base + PORTS + dir] ?? 0
    const high = ports >>> 16
    const low = ports & 0xffff
    switch (selectorOf(flags & 255)) {
      case 'ports': return Object.assign(tuple, { sourcePort: high, destinationPort: low })
      case 'icmp': return Object.assign(tuple, { type: low >>> 8, code: low & 255, id: high })
      case 'keys': return Object.assign(tuple, { sourceKey: high, destinationKey: low })
      case null: return tuple
    }
  }

  #counters(index: number, dir: number): RowCounters | null {
    if ((this.flags(index) & HAS_COUNTERS) === 0) return null
    return { packets: this.counter(index, dir * 2), bytes: this.counter(index, dir * 2 + 1) }
  }

  #grow(): void {
    const room = Math.ceil(this.length * 1.5) + 1
    const words = new Int32Array(room * WORDS)
    words.set(this.words)
    this.words = words
    const counters = new Float64Array(room * COUNTERS)
    counters.set(this.counters)
    this.counters = counters
  }
}

/** The visible table of a running engine, in the order of creation. */
export function entriesOf({ table, clock }: Engine): Entries {
  const entries = new Entries()
  const conn = new Connection(table.records)
  for (const index of table.visible()) entries.addConnection(conn.at(index), clock.now, clock.hz)
  return entries
}

/** What stands behind the addresses of a protocol's tuples. */
export function selectorOf(protocol: number): 'ports' | 'icmp' | 'keys' | null {
  switch (protocol) {
    case IPPROTO_TCP: case IPPROTO_UDP: case IPPROTO_UDPLITE: case IPPROTO_SCTP: case IPPROTO_DCCP: return 'ports'
    case IPPROTO_ICMP: case IPPROTO_ICMPV6: return 'icmp'
    case IPPROTO_GRE: return 'keys'
    default: return null
  }
}

/** Writes one direction. @returns HAS_PORTS, or 0 */
function putTuple(words: Int32Array, base: number, dir: number, tuple: RowTuple, isIpv4: boolean): number {
  putAddress(words, base + ADDRESSES + dir * 8, tuple.source, isIpv4)
  putAddress(words, base + ADDRESSES + dir * 8 + 4, tuple.destination, isIpv4)
  const { sourcePort, destinationPort = 0, type, code = 0, id = 0, sourceKey, destinationKey = 0 } = tuple
  if (sourcePort !== undefined) words[base + PORTS + dir] = (sixteen(sourcePort) << 16) | sixteen(destinationPort)
  else if (type !== undefined) words[base + PORTS + dir] = (sixteen(id) << 16) | (sixteen(type, 255) << 8) | sixteen(code, 255)
  else if (sourceKey !== undefined) words[base + PORTS + dir] = (sixteen(sourceKey) << 16) | sixteen(destinationKey)
  else return 0
  return HAS_PORTS
}

/** Checks a number of 16 bits, or fewer. @throws RangeError */
function sixteen(value: number, most = 0xffff): number {
  if (value >= 0 && value <= most) return value
  throw new RangeError(`has a number that cannot be: ${String(value)}`)
}

function putAddress(words: Int32Array, at: number, text: string, isIpv4: boolean): void {
  if (isIpv4) {
    const word = parseIpv4(text)
    if (word === null) throw new RangeError(`has an address that is none: ${text}`)
    words[at] = word
    return
  }
  const parsed = parseIpv6(text)
  if (parsed === null) throw new RangeError(`has an address that is none: ${text}`)
  words.set(parsed, at)
}

/** The rare fields of a row; undefined for nearly all. */
function extraOf(row: Row): Extra | undefined {
  const { greTimeouts, helper, master, secctx, labels, rest } = row
  const extra: Extra = {}
  if (greTimeouts !== undefined) extra.greTimeouts = greTimeouts
  if (helper !== undefined) extra.helper = helper
  if (master !== undefined) extra.master = master
  if (secctx !== undefined) extra.secctx = secctx
  if (labels !== undefined) extra.labels = labels
  if (rest !== undefined) extra.rest = rest
  return Object.keys(extra).length === 0 ? undefined : extra
}
