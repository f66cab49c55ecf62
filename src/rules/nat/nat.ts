// Translation of addresses: set up with a connection's first packet, then done to each of its packets.
// Kernel: nf_nat_inet_fn(), nf_nat_setup_info(), nf_nat_packet() in nf_nat_core.c, nf_nat_icmp_reply_translation() and its IPv6
// likeness in nf_nat_proto.c, nf_nat_masquerade.c, nf_nat_redirect.c (v6.12). Not here: the NAT helpers of FTP, SIP and others.

import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../../base/units.ts'
import { ORIGINAL, VERDICT_NEW, VERDICT_RELATED } from '../../base/verdict.ts'
import { checksumFails } from '../../ip/checksum.ts'
import { innerTransport, transport } from '../../ip/inner.ts'
import {
  IPS_CONFIRMED, IPS_DST_NAT, IPS_DST_NAT_DONE, IPS_SRC_NAT, IPS_SRC_NAT_DONE,
} from '../../table/status.ts'
import { NOT_FOUND, type Table } from '../../table/table.ts'
import { Tuple } from '../../table/tuple.ts'
import { NO_PORT, type Facts } from '../facts.ts'
import type { Place } from '../place.ts'
import { ACCEPT, DROP } from '../target.ts'
import { BySource } from './by-source.ts'
import { ANY_RANGE, type NatKind, type NatRange, type NatSetup } from './range.ts'
import { UniqueTuples } from './unique.ts'

const NAT_BITS = IPS_SRC_NAT | IPS_DST_NAT
const DONE_BITS = IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE
const ICMP_REDIRECT = 5
const ICMPV6_REDIRECT = 137
const LOOPBACK4 = [0x7f000001, 0, 0, 0] as const
const LOOPBACK6 = [0, 0, 0, 1] as const

export class Nat implements NatSetup {
  /** Connections with a port in place of one that the kernel drew, and that nothing has shown. */
  guesses = 0
  /** Those of them that are in the table, or may come to be: records whose source's port is a guess. */
  readonly #guessed = new Set<number>()
  readonly #table: Table
  readonly #place: Place
  readonly #facts: Facts
  readonly #bySource = new BySource()
  readonly #unique: UniqueTuples
  readonly #before = new Tuple()
  readonly #now = new Tuple()
  readonly #answer = new Tuple()
  /** The hook. */
  #isSource = false
  #isOutput = false

  constructor(table: Table, place: Place, facts: Facts) {
    this.#table = table
    this.#place = place
    this.#facts = facts
    this.#unique = new UniqueTuples(table, this.#bySource)
    table.listen((index) => {
      this.#bySource.remove(index)
      this.#guessed.delete(index)
    })
  }

  /**
   * Comes to a hook: what is said from now on is said there.
   * @param isSource  it changes sources, else destinations
   * @param isOutput  it is OUTPUT
   */
  enter(isSource: boolean, isOutput: boolean): void {
    this.#isSource = isSource
    this.#isOutput = isOutput
  }

  /** Is it still open what becomes of the connection at this hook? */
  get isOpen(): boolean {
    const { packet, connection } = this.#facts
    return (packet.verdict === VERDICT_NEW || packet.verdict === VERDICT_RELATED) && !this.isError &&
      (connection.status & (this.#isSource ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE)) === 0
  }

  /** The packet is an ICMP error about its connection. */
  get isError(): boolean {
    const { packet, isIpv6 } = this.#facts
    return packet.verdict === VERDICT_RELATED && packet.protocol === (isIpv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)
  }

  setUp(kind: NatKind, range: NatRange): number {
    if (kind === 'SNAT' || kind === 'DNAT') return this.#settle(range)
    const { connection, isIpv6, outIface, inIface } = this.#facts
    if (kind === 'MASQUERADE' && !isIpv6 && connection.source(ORIGINAL) === 0) return ACCEPT
    const own = kind === 'REDIRECT' && this.#isOutput ? (isIpv6 ? LOOPBACK6 : LOOPBACK4)
      : this.#place.ownAddress(kind === 'MASQUERADE' ? outIface : inIface, isIpv6)
    return own === null ? DROP : this.#settle({ ...range, addresses: { from: own, to: own } })
  }

  /** No rule has said anything: the address stays, and the port where answers stay told apart. */
  bindNull(): void {
    const { connection, isIpv6 } = this.#facts
    const word = (i: number): number =>
      (this.#isSource ? connection.destination(1, i) : connection.source(1, i)) >>> 0
    const own = isIpv6 ? [word(0), word(1), word(2), word(3)] : [word(0), 0, 0, 0]
    this.#settle({ ...ANY_RANGE, addresses: { from: own, to: own } })
  }

  #settle(range: NatRange): number {
    const { connection: conn } = this.#facts
    const isSource = this.#isSource
    if ((conn.status & IPS_CONFIRMED) !== 0) return ACCEPT
    this.#answer.load(conn.words, conn.base, 1)
    if (!this.#before.invert(this.#answer) || !this.#now.invert(this.#answer)) return ACCEPT
    this.#unique.settle(this.#now, { conn, range, isSource })
    if (this.#unique.isGuess) {
      this.guesses++
      if (isSource) this.#guessed.add(conn.index)
    }
    if (!sameEnds(this.#now, this.#before)) {
      this.#answer.invert(this.#now)
      this.#table.setReply(conn.index, this.#answer)
      conn.status |= isSource ? IPS_SRC_NAT : IPS_DST_NAT
    }
    if (isSource) this.#bySource.add(conn)
    conn.status |= isSource ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE
    return ACCEPT
  }

  /** The packet as it goes on from this hook. @returns  false when it is dropped */
  rewrite(): boolean {
    const facts = this.#facts
    const isSource = this.#isSource
    const { connection: conn, packet } = facts
    const dir = packet.direction
    if (this.isError && !this.#isTranslatable()) return false
    const bit = isSource === (dir === ORIGINAL) ? IPS_SRC_NAT : IPS_DST_NAT
    if ((conn.status & bit) === 0) return true
    if (this.isError && !this.#innerIsWhole()) return false
    facts.isTranslated = true
    const other = 1 - dir
    if (isSource) {
      facts.source0 = conn.destination(other)
      if (facts.isIpv6) {
        facts.source1 = conn.destination(other, 1)
        facts.source2 = conn.destination(other, 2)
        facts.source3 = conn.destination(other, 3)
      }
      if (facts.sport !== NO_PORT) facts.sport = conn.destinationPort(other)
    } else {
      facts.destination0 = conn.source(other)
      if (facts.isIpv6) {
        facts.destination1 = conn.source(other, 1)
        facts.destination2 = conn.source(other, 2)
        facts.destination3 = conn.source(other, 3)
      }
      if (facts.dport !== NO_PORT) facts.dport = conn.sourcePort(other)
    }
    return true
  }

  /** An ICMP error with a wrong checksum is dropped, and a redirect about a connection that is translated. */
  #isTranslatable(): boolean {
    const { connection, packet } = this.#facts
    if (checksumFails(packet, packet.protocol)) return false
    const isRedirect = packet.view.getUint8(packet.l4) === (packet.version === 6 ? ICMPV6_REDIRECT : ICMP_REDIRECT)
    return !isRedirect || ((connection.status & DONE_BITS) === DONE_BITS && (connection.status & NAT_BITS) === 0)
  }

  /** The quoted header must hold what is changed in it. */
  #innerIsWhole(): boolean {
    const { view, l4, end, version } = this.#facts.packet
    return innerTransport(view, l4 + 8, end, version) && end - transport.l4 >= 8
  }

  /** Somebody else's answers are these already: the connection cannot enter the table. */
  clashes(): boolean {
    const { connection: conn } = this.#facts
    if ((conn.status & IPS_CONFIRMED) !== 0) return false
    this.#answer.load(conn.words, conn.base, 1)
    this.#before.invert(this.#answer)
    return this.#unique.isUsed(this.#before)
  }

  /** Does the packet leave with a guess for its source's port? */
  get isGuessed(): boolean {
    const { connection, packet } = this.#facts
    return this.#guessed.size > 0 && packet.direction === ORIGINAL && this.#guessed.has(connection.index)
  }

  /** The port that the kernel drew has been seen. @param index  of the connection's record */
  learn(index: number, port: number): void {
    if (!this.#guessed.delete(index)) return
    const { words, base } = this.#table.peek.at(index)
    this.#answer.load(words, base, 1)
    this.#answer.ports = isIcmp(this.#answer) ? (port << 16) | (this.#answer.ports & 0xffff) : (this.#answer.ports & ~0xffff) | port
    if (this.#table.find(this.#answer) === NOT_FOUND) this.#table.setReply(index, this.#answer)
    this.guesses--
  }

  /** The packet was dropped: a connection that it would have opened is not to be. Its record may have been given back already. */
  forget(): void {
    const { connection: { status, index } } = this.#facts
    if ((status & IPS_CONFIRMED) !== 0) return
    this.#guessed.delete(index)
    this.#bySource.remove(index)
  }
}

const isIcmp = ({ protocol }: Tuple): boolean => protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6

function sameEnds(a: Tuple, b: Tuple): boolean {
  return a.ports === b.ports && a.source0 === b.source0 && a.destination0 === b.destination0 && (!a.isIpv6 || (
    a.source1 === b.source1 && a.source2 === b.source2 && a.source3 === b.source3 &&
    a.destination1 === b.destination1 && a.destination2 === b.destination2 && a.destination3 === b.destination3))
}
