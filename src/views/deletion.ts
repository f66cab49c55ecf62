// Entries deleted by hand: what `conntrack -D` and `conntrack -F` do to the table.
// Kernel: ctnetlink_del_conntrack() (v6.12).

import { UsageError } from '../base/errors.ts'
import type { Engine } from '../engine.ts'
import { Connection } from '../table/connection.ts'
import { END_DELETED } from '../table/table.ts'
import { type FilterTexts, rowFilter } from './filter.ts'
import type { Row } from './row.ts'
import { rowOf } from './snapshot.ts'

/** What each word of a deletion asks of an entry. */
const FIELDS: Readonly<Record<string, keyof FilterTexts>> = {
  family: 'family', proto: 'protocol', src: 'source', dst: 'destination', 'reply-src': 'replySource', 'reply-dst': 'replyDestination',
  sport: 'sourcePort', dport: 'destinationPort', state: 'state', status: 'status',
}

/** Which entries go. */
export type Deletion = (row: Row) => boolean

/** All of them: `conntrack -F`. */
export const FLUSH: Deletion = () => true

/**
 * Reads which entries to delete: `src=1.2.3.4,dport=80`; all that is asked must hold.
 * @throws  UsageError
 */
export function parseDeletion(text: string): Deletion {
  const texts: Partial<Record<keyof FilterTexts, string>> = {}
  for (const part of text.split(',')) {
    const [word = '', value] = part.split('=')
    const field = FIELDS[word]
    if (field === undefined || value === undefined || value === '') {
      throw new UsageError(`"${part}" says not which entries to delete: write ${Object.keys(FIELDS).join('=…, ')}=…, with commas`)
    }
    texts[field] = value
  }
  return rowFilter(texts) ?? FLUSH
}

/** One moment at which entries were deleted. */
export interface DeletionMoment {
  /** As it was asked for: `+2.5s`, `frame:12`, … */
  readonly at: string
  /** Entries there were, and how many of them were deleted. */
  readonly entries: number
  readonly deleted: number
}

/** For people, a line. */
export function deletionText({ at, entries, deleted }: DeletionMoment): string {
  return `At ${at}: ${String(deleted)} of ${String(entries)} entries deleted.\n`
}

/** Deletes entries at the engine's present instant. @returns how many there were */
export function deleteEntries(engine: Engine, deletions: readonly Deletion[]): number {
  const { table, clock, conntrack: { helpers } } = engine
  const conn = new Connection(table.records)
  let count = 0
  for (const index of table.visible()) {
    if (conn.at(index).l3num === 0) continue // it went with one that was deleted before
    const row = rowOf(conn, clock.now, clock.hz)
    if (!deletions.some((isWanted) => isWanted(row))) continue
    table.end(index, END_DELETED)
    helpers?.settle()
    count++
  }
  return count
}
