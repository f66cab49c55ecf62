// Entries of a running engine's table in an order that is asked for, and the first of them.

import { ORIGINAL, REPLY } from '../base/verdict.ts'
import type { Engine } from '../engine.ts'
import { Connection } from '../table/connection.ts'
import type { Row } from './row.ts'
import { rowOf } from './snapshot.ts'

/** What entries can be sorted by: packets and bytes of both directions, time left, time since they were made. */
export const SORT_KEYS = ['packets', 'bytes', 'timeout', 'age'] as const
export type SortKey = (typeof SORT_KEYS)[number]

/** An order of entries. The largest come first; of equals, the one that was made first. */
export interface Order {
  readonly key: SortKey
  /** The smallest come first. */
  readonly isReverse?: boolean | undefined
  /** How many of them are wanted; default: all. */
  readonly most?: number | undefined
}

/**
 * The connections that are visible now, in an order. Time is compared by ticks: finer than the seconds that are shown.
 *
 * @param where  which are wanted; default: all
 * @returns      numbers of their records
 */
export function ordered(engine: Engine, { key, isReverse = false, most = Infinity }: Order, where?: (row: Row) => boolean): Uint32Array {
  const { now, hz } = engine.clock
  const conn = new Connection(engine.table.records)
  const visible = engine.table.visible()
  const values = new Float64Array(visible.length)
  let count = 0
  for (const index of visible) {
    conn.at(index)
    if (where !== undefined && !where(rowOf(conn, now, hz))) continue
    visible[count] = index
    values[count++] = valueOf(conn, key, now)
  }
  const sign = isReverse ? 1 : -1
  const places = Uint32Array.from({ length: count }, (_, place) => place)
  places.sort((a, b) => sign * ((values[a] ?? 0) - (values[b] ?? 0)) || a - b)
  return places.subarray(0, Math.min(count, most)).map((place) => visible[place] ?? 0)
}

/** The same as rows. */
export function orderedRows(engine: Engine, order: Order, where?: (row: Row) => boolean): Row[] {
  const { now, hz } = engine.clock
  const conn = new Connection(engine.table.records)
  return Array.from(ordered(engine, order, where), (index) => rowOf(conn.at(index), now, hz))
}

function valueOf(conn: Connection, key: SortKey, now: number): number {
  switch (key) {
    case 'packets': return conn.packets(ORIGINAL) + conn.packets(REPLY)
    case 'bytes': return conn.bytes(ORIGINAL) + conn.bytes(REPLY)
    case 'timeout': return conn.deadline - now
    case 'age': return now - conn.created
  }
}
