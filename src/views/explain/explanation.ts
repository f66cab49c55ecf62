// Watches one connection through a replay, as the engine's hooks: what each packet found, what decided, what it left.
// Only a run that asks for it pays for it.

import { UsageError } from '../../base/errors.ts'
import { type AddressWords, parseIpv4, parseIpv6 } from '../../base/address.ts'
import { type ReasonName, REASONS } from '../../base/reasons.ts'
import type { Sysctl } from '../../base/sysctl.ts'
import { AF_INET, AF_INET6, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP, NSEC_PER_SEC } from '../../base/units.ts'
import { ORIGINAL, REPLY, VERDICT_INVALID, VERDICT_NAMES, VERDICT_NEW, VERDICT_RELATED } from '../../base/verdict.ts'
import type { Frame } from '../../capture/frame.ts'
import type { Conntrack } from '../../conntrack/conntrack.ts'
import type { Hooks } from '../../engine.ts'
import type { Expectation } from '../../helpers/expectations.ts'
import type { Packet } from '../../ip/packet.ts'
import { stateName } from '../../protocols/state-name.ts'
import { Connection } from '../../table/connection.ts'
import { END_TIMEOUT, NOT_FOUND } from '../../table/table.ts'
import { Tuple } from '../../table/tuple.ts'
import type { Clock } from '../../timers/clock.ts'
import { endName } from '../event-row.ts'
import { rowTuple } from '../expect.ts'
import { timeText } from '../packet-row.ts'
import { readTuple } from '../packet-tuple.ts'
import { reasonText } from '../reason-text.ts'
import type { RowTuple } from '../row.ts'
import { protocolNumber } from '../snapshot.ts'
import { meaningOf } from './meaning.ts'
import type { Bound, EntryThen, PromisedBy, Said, Step } from './step.ts'
import { TcpEye, type TcpLook } from './tcp-detail.ts'

/** What the tracker says before it comes to the window check. */
const BEFORE_WINDOW: ReadonlySet<ReasonName> = new Set([
  'TCP_STATE_INVALID', 'TCP_STATE_IGNORED', 'TCP_CHALLENGE_ACK', 'TCP_RST', 'TCP_FLAGS', 'TCP_NEW', 'BAD_CHECKSUM',
])

const same = (a: Tuple, b: Tuple): boolean =>
  a.proto === b.proto && a.ports === b.ports && a.source0 === b.source0 && a.destination0 === b.destination0 && (!a.isIpv6 ||
    (a.source1 === b.source1 && a.source2 === b.source2 && a.source3 === b.source3 &&
      a.destination1 === b.destination1 && a.destination2 === b.destination2 && a.destination3 === b.destination3))

/** Reads `tcp 10.0.0.1:40000 10.0.0.2:80`, `udp [2001:db8::1]:53 [2001:db8::2]:53`, `gre 10.0.0.1 10.0.0.2`. @throws UsageError */
export function parseFlow(text: string): Tuple {
  const [name = '', from = '', to = '', ...rest] = text.trim().split(/\s+/)
  const protocol = protocolNumber(name)
  const [source, destination] = [parseEnd(from), parseEnd(to)]
  if (protocol === null || source === null || destination?.isIpv4 !== source.isIpv4 || rest.length > 0) {
    throw new UsageError(`flow "${text}": write 'tcp 10.0.0.1:40000 10.0.0.2:80', IPv6 as [2001:db8::1]:80`)
  }
  const tuple = new Tuple()
  tuple.proto = (source.isIpv4 ? AF_INET : AF_INET6) | (protocol << 8)
  const [source0, source1, source2, source3] = source.words
  const [destination0, destination1, destination2, destination3] = destination.words
  // Words of a tuple are signed.
  Object.assign(tuple, { source0: source0 | 0, source1: source1 | 0, source2: source2 | 0, source3: source3 | 0 })
  Object.assign(tuple, {
    destination0: destination0 | 0, destination1: destination1 | 0, destination2: destination2 | 0, destination3: destination3 | 0,
  })
  tuple.ports = (source.port << 16) | destination.port
  tuple.seal()
  return tuple
}

function parseEnd(text: string): { words: AddressWords, port: number, isIpv4: boolean } | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text)
  const address = match?.[1] ?? match?.[2] ?? text // text: IPv6 without a port
  const port = Number(match?.[3] ?? 0)
  const word = parseIpv4(address)
  const words: AddressWords | null = word === null ? parseIpv6(address) : [word, 0, 0, 0]
  return words === null || port > 65_535 ? null : { words, port, isIpv4: word !== null }
}

/**
 * The connection that a packet just taken belongs to, or would have, in its original direction; null where there is nothing to tell
 * it by.
 */
export function flowOf(packet: Packet, conntrack: Conntrack): Tuple | null {
  const tuple = new Tuple()
  if (packet.connection >= 0) {
    const { words, base } = new Connection(conntrack.table.records).at(packet.connection)
    tuple.load(words, base, ORIGINAL)
    return tuple
  }
  return readTuple(packet, conntrack, tuple) ? tuple : null
}

/** One connection's life, step by step. Hand it to the engine as its hooks; the connections must expire in order (`ordered`). */
export class Explanation implements Hooks {
  readonly steps: Step[] = []
  readonly #flow: Tuple
  readonly #answer = new Tuple()
  readonly #own = new Tuple()
  readonly #sysctl: Sysctl
  readonly #eye = new TcpEye()
  /** The frame in which each expectation was first seen. */
  readonly #promises = new WeakMap<Expectation, number>()
  #conntrack: Conntrack | null = null
  #clock: Clock | null = null
  #conn: Connection | null = null
  /** The record of the connection; -1 while there is none. */
  #index = -1
  #original: RowTuple | null = null
  /** Time of the first packet. */
  #firstSec = 0
  #firstNsec = 0
  /** An end met during a packet comes behind it. */
  #late: Step[] | null = null

  /** @param flow  either direction of the connection */
  constructor(flow: Tuple, sysctl: Sysctl) {
    this.#flow = flow
    this.#sysctl = sysctl
    this.#answer.invert(flow)
  }

  /** The connection in its original direction; the way it was asked for where it never had an entry. */
  get original(): RowTuple {
    return this.#original ?? rowTuple(this.#flow)
  }

  attach(conntrack: Conntrack, clock: Clock): void {
    this.#conntrack = conntrack
    this.#clock = clock
    this.#conn = new Connection(conntrack.table.records)
    conntrack.table.listen((index, why) => { this.#ended(index, why) })
  }

  walk(packet: Packet, frame: Frame): void {
    const conntrack = this.#conntrack
    if (conntrack === null) return
    const isIcmp = packet.protocol === IPPROTO_ICMP || packet.protocol === IPPROTO_ICMPV6
    const isOwn = readTuple(packet, conntrack, this.#own) && (same(this.#own, this.#flow) || same(this.#own, this.#answer))
    if (isOwn || isIcmp) this.#observe(conntrack, packet, frame, isOwn)
    else {
      conntrack.receive(packet)
      conntrack.confirm(packet)
    }
    this.#notePromises(conntrack, packet, frame.number)
  }

  #observe(conntrack: Conntrack, packet: Packet, frame: Frame, isOwn: boolean): void {
    const { table } = conntrack
    const found = table.find(isOwn ? this.#own : this.#flow)
    const conn = found === NOT_FOUND ? null : this.#conn?.at(found >>> 1) ?? null
    const before = conn === null ? null : this.#then(conn)
    const deadline = conn?.deadline ?? -1
    const guessed = found === NOT_FOUND ? ORIGINAL : found & 1
    if (conn === null && isOwn) this.#eye.forget()
    const look = isOwn && packet.protocol === IPPROTO_TCP ? this.#eye.look(packet, conn, guessed) : null
    const standing = before === null ? conntrack.helpers?.expectations.list() ?? [] : []

    const late: Step[] = []
    this.#late = late
    conntrack.receive(packet)
    conntrack.confirm(packet)
    this.#late = null

    const isError = !isOwn && packet.verdict === VERDICT_RELATED && packet.connection >= 0 && packet.connection === this.#index
    if (!isOwn && !isError) return
    if (isOwn && packet.connection >= 0) {
      this.#index = packet.connection
      const original = flowOf(packet, conntrack)
      if (original !== null) this.#original ??= rowTuple(original)
    }
    if (this.steps.length === 0) {
      this.#firstSec = frame.sec
      this.#firstNsec = frame.nsec
    }
    const isReopened = late.some((step) => step.kind === 'end' && step.reason === 'reopened')
    const isGone = late.length > 0 && !isReopened
    if (isReopened) this.steps.push(...late)
    if (isReopened) this.#eye.forget()
    const { segment = null } = (isReopened ? this.#eye.look(packet, null, ORIGINAL) : look) ?? {}
    const bounds = isReopened || !reachedWindow(packet) ? [] : look?.bounds ?? []
    const now = packet.connection < 0 ? table.find(this.#flow) : packet.connection * 2
    const left = isGone || now === NOT_FOUND ? null : this.#conn?.at(now >>> 1) ?? null
    const after = left?.confirmed === true ? this.#then(left) : null
    const direction = packet.verdict >= VERDICT_NEW ? packet.direction : guessed
    this.steps.push({
      kind: 'packet', frame: frame.number, time: timeText(frame), since: this.#since(frame.sec, frame.nsec),
      verdict: VERDICT_NAMES[packet.verdict] ?? '-', direction: direction === REPLY ? 'reply' : 'original', isError,
      segment, before, after,
      decided: [
        ...(isError ? ['an ICMP error that quotes a packet of the connection: it is RELATED, and changes nothing'] : []),
        ...(look === null ? [] : [look.cell]),
        ...(isReopened ? ['a SYN after the end: the entry goes, and the SYN opens a new one'] : []),
        ...this.#boundsRule(packet, look, bounds),
        ...(before === null && after === null && packet.verdict === VERDICT_INVALID ? ['no entry is made'] : []),
        ...(left === null || after === null || isError ? []
          : [left.deadline === deadline ? 'the timeout is not refreshed' : this.#timeoutRule(left, after)]),
        ...(before?.assured === false && after?.assured === true ? ['the entry is ASSURED from now on'] : []),
      ],
      bounds,
      said: saidOf(packet),
      promise: packet.verdict === VERDICT_INVALID || left === null || before !== null || left.master === 0 ? null
        : this.#promiseOf(left, standing, conntrack),
    })
    if (!isReopened) this.steps.push(...late)
  }

  /** Why bounds that do not hold did no harm. */
  #boundsRule(packet: Packet, look: TcpLook | null, bounds: readonly Bound[]): string[] {
    if (packet.reasonCount > 0 || bounds.every((bound) => bound.holds)) return []
    return [this.#sysctl.tcp_be_liberal !== 0 ? 'the bounds are not enforced: nf_conntrack_tcp_be_liberal=1'
      : look?.isLiberal === true ? 'the bounds are not enforced: picked up in mid-stream, so the window scale is unknown'
        : 'the bounds do not judge this segment: it ends what is over, or answers a segment let through before']
  }

  /** Which setting the time that is left comes from. */
  #timeoutRule(conn: Connection, { state, timeout, assured }: EntryThen): string {
    const { protocol } = conn
    const knobs = this.#sysctl
    const own = protocol === IPPROTO_TCP && state !== null ? `tcp_timeout_${state.toLowerCase()}`
      : protocol === IPPROTO_UDP ? (assured || timeout === knobs.udp_timeout_stream ? 'udp_timeout_stream' : 'udp_timeout')
        : protocol === IPPROTO_ICMP ? 'icmp_timeout' : protocol === IPPROTO_ICMPV6 ? 'icmpv6_timeout' : null
    const seconds = own === null ? undefined : new Map<string, number>(Object.entries(knobs)).get(own)
    if (own !== null && seconds === timeout) return `timeout: ${String(timeout)} s, nf_conntrack_${own}`
    if (protocol === IPPROTO_TCP && (timeout === knobs.tcp_timeout_unacknowledged || timeout === knobs.tcp_timeout_max_retrans)) {
      return `timeout: ${String(timeout)} s instead of the state's own: ${this.#eye.whyShort(conn, knobs.tcp_max_retrans)}`
    }
    return `timeout: ${String(timeout)} s, the protocol's own for this state`
  }

  #promiseOf(conn: Connection, standing: readonly Expectation[], conntrack: Conntrack): PromisedBy {
    const still = new Set(conntrack.helpers?.expectations.list())
    const kept = standing.filter((one) => !still.has(one))
    const expectation = kept[0] ?? standing.find((one) => one.master === conn.master - 1)
    const master = new Tuple()
    return {
      master: conn.loadMaster(master) ? rowTuple(master) : null,
      helper: expectation?.promiser.name ?? null,
      frame: expectation === undefined ? null : this.#promises.get(expectation) ?? null,
    }
  }

  #notePromises(conntrack: Conntrack, packet: Packet, frame: number): void {
    if (conntrack.helpers === null || packet.connection < 0) return
    for (const one of conntrack.helpers.expectations.list()) if (!this.#promises.has(one)) this.#promises.set(one, frame)
  }

  #ended(index: number, why: number): void {
    if (index !== this.#index) return
    this.#index = -1
    const clock = this.#clock
    const tick = why === END_TIMEOUT ? this.#conn?.at(index).deadline ?? 0 : clock?.now ?? 0
    const hz = clock?.hz ?? 1000
    const sec = Math.floor(tick / hz)
    const step: Step = { kind: 'end', since: this.#since(sec, (tick - sec * hz) * (NSEC_PER_SEC / hz)), reason: endName(why) ?? '' }
    if (this.#late === null) this.steps.push(step)
    else this.#late.push(step)
  }

  #since(sec: number, nsec: number): number {
    return sec - this.#firstSec + (nsec - this.#firstNsec) / NSEC_PER_SEC
  }

  #then(conn: Connection): EntryThen {
    const { now = 0, hz = 1000 } = this.#clock ?? {}
    return {
      state: stateName(conn), timeout: Math.floor((conn.deadline - now) / hz), seenReply: conn.seenReply, assured: conn.assured,
    }
  }
}

/** False where something before the window check had decided. */
function reachedWindow(packet: Packet): boolean {
  for (let i = 0; i < packet.reasonCount; i++) if (BEFORE_WINDOW.has(REASONS[packet.reasons[i] ?? 0]?.[0] ?? 'NONE')) return false
  return true
}

function saidOf(packet: Packet): Said[] {
  const texts = packet.reasonCount === 0 ? [] : reasonText(packet).split('; ')
  return texts.map((kernel, i) => ({ kernel, ...meaningOf(REASONS[packet.reasons[i] ?? 0]?.[0] ?? 'NONE') }))
}
