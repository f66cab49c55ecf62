// Watches one connection through a replay, as the engine's hooks: what each packet found, what decided, what it left.
// Only a run that asks for it pays for it.

import { type ReasonName, REASONS } from '../../base/reasons.ts'
import type { Sysctl } from '../../base/sysctl.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, NSEC_PER_SEC } from '../../base/units.ts'
import { ORIGINAL, REPLY, VERDICT_INVALID, VERDICT_NAMES, VERDICT_NEW, VERDICT_RELATED } from '../../base/verdict.ts'
import type { Frame } from '../../capture/frame.ts'
import type { Conntrack } from '../../conntrack/conntrack.ts'
import type { Engine, Hooks } from '../../engine.ts'
import type { Expectation } from '../../helpers/expectations.ts'
import type { Packet } from '../../ip/packet.ts'
import { stateName } from '../../protocols/state-name.ts'
import { Connection } from '../../table/connection.ts'
import { IPS_FIXED_TIMEOUT } from '../../table/status.ts'
import { END_TIMEOUT, NOT_FOUND } from '../../table/table.ts'
import { Tuple } from '../../table/tuple.ts'
import type { Clock } from '../../timers/clock.ts'
import { endName } from '../event-row.ts'
import { rowTuple } from '../expect.ts'
import { timeText } from '../packet-row.ts'
import { readTuple } from '../packet-tuple.ts'
import type { RowTuple } from '../row.ts'
import { cellsOf } from './cells.ts'
import { flowOf, isSameTuple } from './flow.ts'
import { saidOf, silenceOf } from './meaning.ts'
import type { Bound, EntryThen, PromisedBy, Said, Step } from './step.ts'
import { TcpEye, type TcpLook } from './tcp-detail.ts'
import { timeoutRule, whyNotRefreshed } from './timeout-rule.ts'

/** What the tracker says before it comes to the window check. */
const BEFORE_WINDOW: ReadonlySet<ReasonName> = new Set([
  'TCP_STATE_INVALID', 'TCP_STATE_IGNORED', 'TCP_CHALLENGE_ACK', 'TCP_RST', 'TCP_FLAGS', 'TCP_NEW', 'BAD_CHECKSUM',
])

/** What TCP's tracker says before it looks at its table, and SCTP's and DCCP's at theirs. */
const BEFORE_TABLE: ReadonlySet<ReasonName> = new Set(['TRUNCATED', 'BAD_CHECKSUM', 'TCP_FLAGS'])
const AT_TABLE: ReadonlySet<ReasonName> = new Set(['SCTP_STATE_INVALID', 'DCCP_NEW', 'DCCP_STATE_INVALID'])

const FOLLOWS = 'it answers what was ignored before, so both sides agree: the entry follows them'

const TABLE_FULL: Said = {
  kernel: 'nf_conntrack: table full, dropping packet',
  meaning: 'The table holds as many entries as it may, and none near this one could be dropped early: the packet is dropped.',
  setting: 'a larger nf_conntrack_max',
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
  /** The connection as it is named: the way it was asked for, and from its first entry on in its original direction. */
  #named: Tuple
  #hasEntry = false
  /** Time of the first packet. */
  #firstSec = 0
  #firstNsec = 0
  /** An end met during a packet comes behind it. */
  #late: Step[] | null = null

  /** @param flow  either direction of the connection */
  constructor(flow: Tuple, sysctl: Sysctl) {
    this.#flow = flow
    this.#named = flow
    this.#sysctl = sysctl
    this.#answer.invert(flow)
  }

  /** The connection in its original direction; the way it was asked for where it never had an entry. */
  get original(): RowTuple {
    return rowTuple(this.#named)
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
    const isOwn = readTuple(packet, conntrack, this.#own) && (isSameTuple(this.#own, this.#flow) || isSameTuple(this.#own, this.#answer))
    if (isOwn || isIcmp) this.#observe(conntrack, packet, frame, isOwn)
    else {
      conntrack.receive(packet)
      conntrack.confirm(packet)
    }
    this.#notePromises(conntrack, packet, frame.number)
  }

  /** To be called for every packet, right after the engine took it: copies of one that was told are noted. */
  onPacket({ packet }: Engine, frame: Frame): void {
    if (packet.copyOf === 0) return
    for (let i = this.steps.length - 1; i >= 0; i--) {
      const step = this.steps[i]
      if (step?.kind !== 'packet' || step.frame < packet.copyOf) continue
      if (step.frame === packet.copyOf) this.steps[i] = { ...step, copies: [...step.copies, frame.number] }
      return
    }
  }

  #observe(conntrack: Conntrack, packet: Packet, frame: Frame, isOwn: boolean): void {
    const { table } = conntrack
    const found = table.find(isOwn ? this.#own : this.#flow)
    const conn = found === NOT_FOUND ? null : this.#conn?.at(found >>> 1) ?? null
    const before = conn === null ? null : this.#then(conn)
    const guessed = found === NOT_FOUND ? ORIGINAL : found & 1
    const mark = conn === null ? null : { deadline: conn.deadline, packets: conn.packets(guessed) }
    if (conn === null && isOwn) this.#eye.forget()
    const look = isOwn && packet.protocol === IPPROTO_TCP ? this.#eye.look(packet, conn, guessed) : null
    const other = isOwn ? cellsOf(packet, conn, guessed) : null
    const standing = before === null ? conntrack.helpers?.expectations.list() ?? [] : []
    const { tableFull } = table.stats

    const late: Step[] = []
    this.#late = late
    conntrack.receive(packet)
    conntrack.confirm(packet)
    this.#late = null

    const isError = !isOwn && packet.verdict === VERDICT_RELATED && packet.connection >= 0 && packet.connection === this.#index
    if (!isOwn && !isError) return
    const isReopened = late.some((step) => step.kind === 'end' && step.reason === 'reopened')
    const isGone = late.length > 0 && !isReopened
    if (isOwn && packet.connection >= 0) {
      this.#index = isGone ? -1 : packet.connection
      if (!this.#hasEntry) this.#named = flowOf(packet, conntrack) ?? this.#named
      this.#hasEntry = true
    }
    if (this.steps.length === 0) {
      this.#firstSec = frame.sec
      this.#firstNsec = frame.nsec
    }
    if (isReopened) this.steps.push(...late)
    if (isReopened) this.#eye.forget()
    const { segment = null } = (isReopened ? this.#eye.look(packet, null, ORIGINAL) : look) ?? {}
    const bounds = isReopened || !reachedWindow(packet) ? [] : look?.bounds ?? []
    const now = packet.connection < 0 ? table.find(this.#flow) : packet.connection * 2
    const left = isGone || now === NOT_FOUND ? null : this.#conn?.at(now >>> 1) ?? null
    const after = left?.confirmed === true ? this.#then(left) : null
    const unheld = isSameTuple(this.#own, this.#named) ? ORIGINAL : REPLY
    const direction = packet.verdict >= VERDICT_NEW ? packet.direction : found === NOT_FOUND ? unheld : guessed
    const isRefreshed = left !== null && (mark === null || isReopened || left.deadline !== mark.deadline ||
      (left.packets(guessed) > mark.packets && (left.status & IPS_FIXED_TIMEOUT) === 0))
    const cells = !metTable(packet) ? [] : look === null ? other?.cells ?? [] : [look.cell]
    const isSynAgain = segment?.flags === 'SYN' && before?.state === 'SYN_SENT'
    this.steps.push({
      kind: 'packet', frame: frame.number, time: timeText(frame), since: this.#since(frame.sec, frame.nsec),
      verdict: VERDICT_NAMES[packet.verdict] ?? '-', direction: direction === REPLY ? 'reply' : 'original', isError,
      segment, content: other?.kind ?? null, before, after,
      decided: [
        ...(isError ? ['an ICMP error that quotes a packet of the connection: it is RELATED, and changes nothing'] : []),
        ...cells,
        ...(cells.at(-1)?.endsWith(': ignored') === true && packet.reasonCount === 0 ? [FOLLOWS] : []),
        ...(isReopened ? ['a SYN after the end: the entry goes, and the SYN opens a new one'] : []),
        ...this.#boundsRule(packet, look, bounds),
        ...(before === null && after === null && packet.verdict === VERDICT_INVALID ? ['no entry is made'] : []),
        ...(left === null || after === null || isError ? []
          : [isRefreshed ? timeoutRule(left, after, this.#sysctl, this.#eye) : whyNotRefreshed(packet, isSynAgain)]),
        ...(before?.assured === false && after?.assured === true ? ['the entry is ASSURED from now on'] : []),
      ],
      bounds,
      said: [
        ...saidOf(packet),
        ...(packet.verdict === VERDICT_INVALID && packet.reasonCount === 0 ? [silenceOf(packet, this.#sysctl)] : []),
        ...(table.stats.tableFull > tableFull ? [TABLE_FULL] : []),
      ],
      copies: [],
      promise: packet.verdict === VERDICT_INVALID || left === null || before !== null || left.master === 0 ? null
        : this.#promiseOf(left, standing, conntrack),
    })
    if (!isReopened) this.steps.push(...late)
  }

  /** What bounds that do not hold did, or why they did no harm. */
  #boundsRule(packet: Packet, look: TcpLook | null, bounds: readonly Bound[]): string[] {
    const crossed = bounds.filter(({ holds }) => !holds).map(({ name }) => name)
    if (crossed.length === 0) return []
    if (packet.reasonCount > 0) {
      const which = `${crossed.length > 1 ? 'bounds' : 'bound'} ${crossed.join(' and ')} of the window check`
      return [`${which} ${crossed.length > 1 ? 'do' : 'does'} not hold: ` +
        (packet.verdict === VERDICT_INVALID ? 'the segment is refused' : 'the segment is let through, and leaves no trace')]
    }
    return [this.#sysctl.tcp_be_liberal !== 0 ? 'the bounds are not enforced: nf_conntrack_tcp_be_liberal=1'
      : look?.isLiberal === true ? 'the bounds are not enforced: picked up in mid-stream, so the window scale is unknown'
        : 'the bounds do not judge this segment: it ends what is over, or answers a segment let through before']
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

/** False where something before the state table had decided: a header that is wrong, a tag. */
function metTable(packet: Packet): boolean {
  if (packet.verdict !== VERDICT_INVALID) return true
  const first = REASONS[packet.reasons[0] ?? 0]?.[0] ?? 'NONE'
  if (packet.protocol === IPPROTO_TCP) return packet.reasonCount === 0 || !BEFORE_TABLE.has(first)
  return packet.reasonCount > 0 && AT_TABLE.has(first)
}

/** False where something before the window check had decided. */
function reachedWindow(packet: Packet): boolean {
  for (let i = 0; i < packet.reasonCount; i++) if (BEFORE_WINDOW.has(REASONS[packet.reasons[i] ?? 0]?.[0] ?? 'NONE')) return false
  return true
}
