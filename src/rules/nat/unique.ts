// How a new connection is translated: the address and the port it gets, so that its answers belong to it alone.
// Kernel: get_unique_tuple(), nf_nat_l4proto_unique_tuple(), nf_nat_used_tuple_harder() in nf_nat_core.c (v6.12).
// @differs  where the kernel draws a port, a free one is taken in turn; the caller is told

import { seqAfter } from '../../base/seq.ts'
import {
  IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../../base/units.ts'
import { SYN_SENT, TIME_WAIT } from '../../protocols/tcp/states.ts'
import { TcpShared, TcpSide } from '../../protocols/tcp/words.ts'
import { Connection } from '../../table/connection.ts'
import { IPS_DYING, IPS_FIXED_TIMEOUT, IPS_SRC_NAT } from '../../table/status.ts'
import { END_KILLED, NOT_FOUND, type Table } from '../../table/table.ts'
import { Tuple } from '../../table/tuple.ts'
import { type BySource, NONE } from './by-source.ts'
import type { NatRange } from './range.ts'
import { destinationWords, sourceWords, spread } from './spread.ts'

const MOST_ATTEMPTS = 128
const HARDER = 32 // attempts left from which on a connection in TIME_WAIT gives its port up

/** What a connection is asked to become, and what it came to. */
export interface Wish {
  readonly conn: Connection
  readonly range: NatRange
  readonly isSource: boolean
}

export class UniqueTuples {
  /** The last one holds a port that the kernel would have drawn. */
  isGuess = false
  /** Where to look for the next port in place of one that is drawn. */
  #drawn = 0
  readonly #table: Table
  readonly #bySource: BySource
  readonly #answer = new Tuple()
  readonly #other: Connection
  readonly #otherTcp = new TcpShared()
  readonly #otherSide = new TcpSide()
  readonly #tcp = new TcpShared()
  readonly #side = new TcpSide()

  constructor(table: Table, bySource: BySource) {
    this.#table = table
    this.#bySource = bySource
    this.#other = new Connection(table.records)
  }

  /** Do answers to this tuple belong to a connection already? */
  isUsed(tuple: Tuple): boolean {
    return this.#answer.invert(tuple) && this.#table.find(this.#answer) !== NOT_FOUND
  }

  /** Changes `tuple`, the original as it is so far, into what the wish makes of it. */
  settle(tuple: Tuple, wish: Wish): void {
    const { range, isSource, conn } = wish
    this.isGuess = false
    if (isSource && !range.isRandom) {
      if (isWithin(tuple, range)) {
        if (!this.isUsed(tuple)) return
      } else if (this.#asBefore(tuple, range)) return
    }
    if (range.addresses !== null) setAddress(tuple, isSource, addressOf(range.addresses, range.isPersistent, tuple, conn.zone))
    if (!range.isRandom) {
      const { ports } = range
      if (ports === null ? !this.isUsed(tuple)
        : range.basePort === null && portFits(tuple, isSource, ports) && (ports.from === ports.to || !this.isUsed(tuple))) return
    }
    this.#findPort(tuple, wish)
  }

  /** The client has an address and a port already: they serve here too where answers stay told apart. */
  #asBefore(tuple: Tuple, range: NatRange): boolean {
    const before = new Tuple()
    const found = new Tuple()
    for (let index = this.#bySource.latestOf(tuple); index !== NONE; index = this.#bySource.before(index)) {
      const { words, base } = this.#other.at(index)
      before.load(words, base, 1)
      if (!found.invert(before)) continue
      setDestination(found, tuple)
      if (!isWithin(found, range)) continue
      if (this.isUsed(found)) return false
      copyTuple(found, tuple)
      return true
    }
    return false
  }

  #findPort(tuple: Tuple, wish: Wish): void {
    const { range, isSource, conn } = wish
    const window = portsOf(tuple, range, isSource, conn.master !== 0)
    if (window === null) return
    const { from, count } = window
    this.isGuess = range.basePort === null && (range.isRandom || isSource) && count > 1
    // In place of a drawn port: the one it has, where that will do; else one behind the last that was drawn.
    if (this.isGuess && portFits(tuple, isSource, { from, to: from + count - 1 }) && !this.isUsed(tuple)) return
    const start = range.basePort !== null ? portOf(tuple, isSource) - range.basePort : this.isGuess ? this.#drawn : 0
    const attempts = Math.min(count, MOST_ATTEMPTS)
    for (let i = 0; i < attempts; i++) {
      setPort(tuple, isSource, from + ((start + i) & 0xffff) % count)
      if (this.#isTaken(tuple, conn, attempts - i)) continue
      if (this.isGuess) this.#drawn = start + i + 1
      return
    }
    if (attempts < count) this.isGuess = true
  }

  /** As `isUsed`; but at the last attempts a connection that is over gives way to a SYN that comes after it. */
  #isTaken(tuple: Tuple, conn: Connection, left: number): boolean {
    if (left > HARDER || tuple.protocol !== IPPROTO_TCP || this.#tcp.at(conn).state !== SYN_SENT) return this.isUsed(tuple)
    this.#answer.invert(tuple)
    const found = this.#table.find(this.#answer)
    if (found === NOT_FOUND) return false
    if ((found & 1) === 0) return true
    const other = this.#other.at(found >>> 1)
    const isOver = this.#otherTcp.at(other).state >= TIME_WAIT &&
      (other.status & (IPS_FIXED_TIMEOUT | IPS_DYING | IPS_SRC_NAT)) === IPS_SRC_NAT
    if (!isOver || !seqAfter(this.#side.at(conn, 0).end, this.#otherSide.at(other, 0).end)) return true
    this.#table.end(other.index, END_KILLED)
    return false
  }
}

/** Ports that may be tried; null where the protocol's stay as they are. */
function portsOf(tuple: Tuple, { ports }: NatRange, isSource: boolean, isPromised: boolean): { from: number, count: number } | null {
  const asked = ports === null ? null : { from: ports.from, count: ports.to - ports.from + 1 }
  switch (tuple.protocol) {
    case IPPROTO_ICMP: case IPPROTO_ICMPV6: return asked ?? { from: 0, count: 65_536 }
    case IPPROTO_GRE: return isPromised ? asked ?? { from: 1, count: 65_535 } : null
    case IPPROTO_TCP: case IPPROTO_UDP: case IPPROTO_UDPLITE: case IPPROTO_SCTP: case IPPROTO_DCCP: break
    default: return null
  }
  if (asked !== null) return asked
  if (!isSource) return null
  const port = tuple.sourcePort
  return port < 512 ? { from: 1, count: 511 } : port < 1024 ? { from: 600, count: 424 } : { from: 1024, count: 64_512 }
}

function addressOf(range: NonNullable<NatRange['addresses']>, isPersistent: boolean, tuple: Tuple, zone: number): readonly number[] {
  return range.from.every((word, i) => word === range.to[i]) ? range.from : spread(range, isPersistent, tuple, zone)
}

/** Is the source already what the range asks for? */
function isWithin(tuple: Tuple, { addresses, ports }: NatRange): boolean {
  if (addresses !== null) {
    const words = sourceWords(tuple)
    if (compare(words, addresses.from) < 0 || compare(words, addresses.to) > 0) return false
  }
  return ports === null || portFits(tuple, true, ports)
}

function compare(words: readonly number[], others: readonly number[]): number {
  for (const [i, word] of words.entries()) {
    const difference = (word >>> 0) - ((others[i] ?? 0) >>> 0)
    if (difference !== 0) return difference
  }
  return 0
}

function portFits(tuple: Tuple, isSource: boolean, { from, to }: { readonly from: number, readonly to: number }): boolean {
  switch (tuple.protocol) {
    case IPPROTO_ICMP: case IPPROTO_ICMPV6: case IPPROTO_GRE: case IPPROTO_TCP: case IPPROTO_UDP: case IPPROTO_UDPLITE:
    case IPPROTO_SCTP: case IPPROTO_DCCP: {
      const port = portOf(tuple, isSource)
      return port >= from && port <= to
    }
    default: return true
  }
}

const hasId = ({ protocol }: Tuple): boolean => protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6

/** The port that is changed; of ICMP the identifier, whichever end. */
const portOf = (tuple: Tuple, isSource: boolean): number => isSource || hasId(tuple) ? tuple.sourcePort : tuple.destinationPort

function setPort(tuple: Tuple, isSource: boolean, port: number): void {
  tuple.ports = isSource || hasId(tuple) ? (port << 16) | tuple.destinationPort : (tuple.ports & ~0xffff) | port
}

function setAddress(tuple: Tuple, isSource: boolean, [a = 0, b = 0, c = 0, d = 0]: readonly number[]): void {
  if (isSource) {
    tuple.source0 = a | 0
    tuple.source1 = b | 0
    tuple.source2 = c | 0
    tuple.source3 = d | 0
  } else {
    tuple.destination0 = a | 0
    tuple.destination1 = b | 0
    tuple.destination2 = c | 0
    tuple.destination3 = d | 0
  }
  tuple.seal()
}

/** Gives one tuple the destination of another, port and all. */
function setDestination(tuple: Tuple, of: Tuple): void {
  setAddress(tuple, false, destinationWords(of))
  tuple.ports = (tuple.ports & ~0xffff) | of.destinationPort
}

function copyTuple(from: Tuple, to: Tuple): void {
  to.proto = from.proto
  to.ports = from.ports
  setAddress(to, true, sourceWords(from))
  setAddress(to, false, destinationWords(from))
}
