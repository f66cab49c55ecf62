// One event, as a plain object.

import { type ConntrackEvent, EVENT_DESTROY } from '../conntrack/events.ts'
import { IPCT_ASSURED, IPCT_HELPER, IPCT_MARK, IPCT_NEW, IPCT_PROTOINFO, IPCT_RELATED, IPCT_REPLY } from '../table/status.ts'
import { END_DELETED, END_EARLY_DROP, END_KILLED, END_REOPENED, END_TIMEOUT } from '../table/table.ts'
import type { Row } from './row.ts'
import { rowOf } from './snapshot.ts'

export const EVENT_NAMES = ['NEW', 'UPDATE', 'DESTROY'] as const
export type EventName = (typeof EVENT_NAMES)[number]

const ENDS = {
  [END_TIMEOUT]: 'timeout', [END_KILLED]: 'killed', [END_REOPENED]: 'reopened', [END_EARLY_DROP]: 'early-drop', [END_DELETED]: 'deleted',
} as const

/**
 * Why a connection is gone: its time was up; a packet ended it (a reset that was the only answer); a SYN opened it anew; it made
 * room in a full table; someone deleted it.
 */
export type EndName = (typeof ENDS)[keyof typeof ENDS]

/** The name of an END_…, undefined for 0. */
export const endName = (why: number): EndName | undefined => (ENDS as Readonly<Record<number, EndName>>)[why]

const CHANGES = [
  [IPCT_NEW, 'new'], [IPCT_RELATED, 'related'], [IPCT_REPLY, 'reply'], [IPCT_ASSURED, 'assured'], [IPCT_PROTOINFO, 'state'],
  [IPCT_HELPER, 'helper'], [IPCT_MARK, 'mark'],
] as const

export interface EventRow {
  event: EventName
  /** Nanoseconds since the epoch, as decimal digits. */
  time: string
  /** Number of the frame that caused it; null where time alone did. */
  frame: number | null
  /** What about the connection is told: `new`, `related`, `reply`, `assured`, `state`, `helper`, `mark`; of what is gone, nothing. */
  changes: string[]
  /** Why it is gone; null while it is not. */
  reason: EndName | null
  /** The connection as it is then. */
  entry: Row
}

/** Copies an event. @param hz ticks a second */
export function eventRowOf(event: ConntrackEvent, hz: number): EventRow {
  return {
    event: EVENT_NAMES[event.type] ?? 'UPDATE',
    time: event.sec === 0 ? String(event.nsec) : `${String(event.sec)}${String(event.nsec).padStart(9, '0')}`,
    frame: event.frame === 0 ? null : event.frame,
    changes: event.type === EVENT_DESTROY ? [] : CHANGES.filter(([bit]) => (event.bits & bit) !== 0).map(([, name]) => name),
    reason: endName(event.why) ?? null,
    entry: rowOf(event.conn, event.tick, hz),
  }
}
