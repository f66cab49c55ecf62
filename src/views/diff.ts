// What became of the entries between two tables: appeared, gone, changed. Entries are the same when their original tuple and zone are.

import {
  AGE, ASSURED, type Entries, HAS_AGE, HAS_COUNTERS, HAS_TIMEOUT, HW_OFFLOAD, MARK, OFFLOAD, SEEN_REPLY, STATUS_UNKNOWN, TIMEOUT,
} from './entries.ts'
import { EntryIndex } from './entry-index.ts'
import type { Row } from './row.ts'

/** What of an entry is compared. */
export const DIFF_ASPECTS = ['state', 'flags', 'timeout', 'counters', 'reply', 'mark'] as const
export type DiffAspect = (typeof DIFF_ASPECTS)[number]

export interface DiffOptions {
  /** What does not count as a change. */
  readonly ignore?: readonly DiffAspect[]
  /** Seconds between the tables. Default: told by the tables themselves, see `elapsedBetween`. */
  readonly elapsed?: number | null
  /** Which entries count: those it holds for in one of the tables. Default: all. */
  readonly where?: ((row: Row) => boolean) | undefined
}

/** One difference between the two states of an entry. */
export interface FieldChange {
  readonly aspect: DiffAspect
  /** As the JSON form calls it: `state`, `assured`, `timeout`, `original.packets`, … */
  readonly field: string
  readonly before: string | number | boolean | null
  readonly after: string | number | boolean | null
  /** A timeout that nothing had refreshed would be this now. */
  readonly due?: number
}

/** One entry that differs. Rows are made when they are asked for. */
export type Difference = Gone | Appeared | Changed

export interface Gone {
  readonly kind: 'gone'
  readonly before: Row
  /** Its number in the first table. */
  readonly index: number
}

export interface Appeared {
  readonly kind: 'appeared'
  readonly after: Row
}

export interface Changed {
  readonly kind: 'changed'
  readonly before: Row
  readonly after: Row
  /** Its number in the first table. */
  readonly index: number
  readonly fields: readonly FieldChange[]
  /** The same tuple, but another connection: the first one ended. */
  readonly isReopened: boolean
}

/**
 * Compares two tables. First what is gone and what changed, in the order of the first table, then what appeared, in that of the second.
 * What one of the tables does not tell (Open vSwitch's shows no flags, /proc without nf_conntrack_acct no counters) is not compared.
 *
 * @param isReopened  tells of an entry of the first table that its connection ended and another took its tuple; default: counters
 *                    that went down, or an age that did
 * @returns           how many entries are the same
 */
export function* diffEntries(
  before: Entries, after: Entries, options: DiffOptions = {}, isReopened?: (index: number) => boolean,
): Generator<Difference, number> {
  const { where } = options
  const elapsed = options.elapsed ?? elapsedBetween(before, after)
  const ignored = new Set<DiffAspect>(options.ignore ?? [])
  const index = new EntryIndex(after)
  const isMatched = new Uint8Array(after.length)
  let same = 0
  for (let i = 0; i < before.length; i++) {
    const j = index.take(before, i)
    if (j < 0) {
      const row = before.row(i)
      if (where === undefined || where(row)) yield { kind: 'gone', before: row, index: i }
      continue
    }
    isMatched[j] = 1
    const reopened = isReopened === undefined ? wentBack(before, i, after, j) : isReopened(i)
    const mayDiffer = reopened || differs(before, i, after, j, elapsed)
    const fields = mayDiffer ? changesOf(before, i, after, j, elapsed).filter(({ aspect }) => !ignored.has(aspect)) : []
    if (where !== undefined && !where(before.row(i)) && !where(after.row(j))) continue
    if (fields.length === 0 && !reopened) same++
    else yield { kind: 'changed', before: before.row(i), after: after.row(j), fields, index: i, isReopened: reopened }
  }
  for (let j = 0; j < after.length; j++) {
    if (isMatched[j] !== 0) continue
    const row = after.row(j)
    if (where === undefined || where(row)) yield { kind: 'appeared', after: row }
  }
  return same
}

const TOLERANCE = 1 // seconds: both tables show whole seconds

/** Counters, or the age, are lower than they were: it is another connection. */
function wentBack(a: Entries, i: number, b: Entries, j: number): boolean {
  const flags = a.flags(i) & b.flags(j)
  if ((flags & HAS_AGE) !== 0 && b.word(j, AGE) >>> 0 < a.word(i, AGE) >>> 0) return true
  if ((flags & HAS_COUNTERS) === 0) return false
  for (let at = 0; at < 4; at++) if (b.counter(j, at) < a.counter(i, at)) return true
  return false
}

/** A quick look without a row: most entries of two large tables differ in nothing, or in their timeouts as time passed. */
function differs(a: Entries, i: number, b: Entries, j: number, elapsed: number | null): boolean {
  const first = a.flags(i)
  const second = b.flags(j)
  if (((first ^ second) & (SEEN_REPLY | ASSURED | OFFLOAD | HW_OFFLOAD | STATUS_UNKNOWN)) !== 0) return true
  if (a.stateName(i) !== b.stateName(j) || a.word(i, MARK) !== b.word(j, MARK) || !hasSameReply(a, i, b, j)) return true
  const both = first & second
  if ((both & HAS_COUNTERS) !== 0) for (let at = 0; at < 4; at++) if (a.counter(i, at) !== b.counter(j, at)) return true
  return (both & HAS_TIMEOUT) !== 0 && isRefreshed(a.word(i, TIMEOUT) >>> 0, b.word(j, TIMEOUT) >>> 0, elapsed)
}

function isRefreshed(before: number, after: number, elapsed: number | null): boolean {
  return elapsed !== null && Math.abs(before - elapsed - after) > TOLERANCE
}

function hasSameReply(a: Entries, i: number, b: Entries, j: number): boolean {
  for (let at = 0; at < 8; at++) if (a.replyWord(i, at) !== b.replyWord(j, at)) return false
  return a.replyPorts(i) === b.replyPorts(j)
}

/** Every difference between two states of an entry. @param elapsed  seconds from the first to the second; null: not known */
export function changesOf(a: Entries, i: number, b: Entries, j: number, elapsed: number | null): FieldChange[] {
  const before = a.row(i)
  const after = b.row(j)
  const changes: FieldChange[] = []
  const compare = (aspect: DiffAspect, field: string, from: FieldChange['before'], to: FieldChange['after']): void => {
    if (from !== to) changes.push({ aspect, field, before: from, after: to })
  }
  if (before.state !== null && after.state !== null) compare('state', 'state', before.state, after.state)
  if (before.statusUnknown !== true && after.statusUnknown !== true) {
    compare('flags', 'seenReply', before.seenReply, after.seenReply)
    if (before.offload === undefined && after.offload === undefined) compare('flags', 'assured', before.assured, after.assured)
    compare('flags', 'offload', before.offload ?? null, after.offload ?? null)
  }
  if (!hasSameReply(a, i, b, j)) compare('reply', 'reply', endsOf(before), endsOf(after))
  if (before.timeout !== null && after.timeout !== null && isRefreshed(before.timeout, after.timeout, elapsed)) {
    const due = Math.max(0, before.timeout - Math.round(elapsed ?? 0))
    changes.push({ aspect: 'timeout', field: 'timeout', before: before.timeout, after: after.timeout, due })
  }
  for (const direction of ['original', 'reply'] as const) {
    const from = before[`${direction}Counters`]
    const to = after[`${direction}Counters`]
    if (from === null || to === null) continue
    compare('counters', `${direction}.packets`, from.packets, to.packets)
    compare('counters', `${direction}.bytes`, from.bytes, to.bytes)
  }
  compare('mark', 'mark', before.mark, after.mark)
  return changes
}

/** The reply tuple in the words of /proc. */
function endsOf({ reply }: Row): string {
  const ports = reply.sourcePort === undefined ? '' : ` sport=${String(reply.sourcePort)} dport=${String(reply.destinationPort)}`
  return `src=${reply.source} dst=${reply.destination}${ports}`
}

const MOST_VALUES = 4096 // different lengths of time that are counted
const ROUNDING = 2 // seconds that two ages of one entry may be off together

/**
 * Seconds between two tables by what they say: how far the timeouts of entries in both ran down, and how much older those became. What
 * most entries say counts; where many were refreshed, timeouts mislead, so ages say about where to look (about: /proc and
 * conntrack(8) round them differently). Null where no entry stands in both, or none says anything.
 */
export function elapsedBetween(before: Entries, after: Entries): number | null {
  const index = new EntryIndex(after)
  const byAge = new Map<number, number>()
  const byTimeout = new Map<number, number>()
  const count = (counts: Map<number, number>, value: number): void => {
    if (value >= 0 && (counts.size < MOST_VALUES || counts.has(value))) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  for (let i = 0; i < before.length; i++) {
    const j = index.take(before, i)
    if (j < 0) continue
    const both = before.flags(i) & after.flags(j)
    if ((both & HAS_AGE) !== 0) count(byAge, (after.word(j, AGE) >>> 0) - (before.word(i, AGE) >>> 0))
    if ((both & HAS_TIMEOUT) !== 0) count(byTimeout, (before.word(i, TIMEOUT) >>> 0) - (after.word(j, TIMEOUT) >>> 0))
  }
  const age = mostFrequent(byAge)
  if (age === null) return mostFrequent(byTimeout)
  return mostFrequent(new Map([...byTimeout].filter(([value]) => Math.abs(value - age) <= ROUNDING))) ?? age
}

/** The value that stands most often; of several the lowest. */
function mostFrequent(counts: ReadonlyMap<number, number>): number | null {
  let best: number | null = null
  let most = 0
  for (const [value, times] of counts) {
    if (times > most || (times === most && best !== null && value < best)) {
      best = value
      most = times
    }
  }
  return best
}
