// Entries of two tables that saw the same packets: which only one of them has, and which stand in other states.

import { ORIGINAL } from '../base/verdict.ts'
import type { Engine } from '../engine.ts'
import { Connection } from '../table/connection.ts'
import { IPS_ASSURED, IPS_SEEN_REPLY } from '../table/status.ts'
import { Tuple } from '../table/tuple.ts'
import { flowName } from '../views/endpoint.ts'
import { rowOf } from '../views/snapshot.ts'
import { kindOf } from './kinds.ts'

const MOST = 1000 // named of each sort
const ANSWERED = IPS_SEEN_REPLY | IPS_ASSURED

/** An entry that both have, in other states. */
export interface ChangedEntry {
  readonly entry: string
  readonly base: string
  readonly other: string
}

/** Names by sort, up to a thousand of each, in the order of creation; and how many there are. */
export interface EntryDifferences {
  readonly gone: readonly string[]
  readonly goneCount: number
  readonly kept: readonly string[]
  readonly keptCount: number
  readonly changed: readonly ChangedEntry[]
  readonly changedCount: number
}

/** Compares the tables as they are now, by the original tuples of their entries; names are made of what differs alone. */
export function entryDifferences(base: Engine, other: Engine): EntryDifferences {
  const gone: string[] = []
  const kept: string[] = []
  const changed: ChangedEntry[] = []
  const counts = { gone: 0, kept: 0, changed: 0 }
  const here = new Connection(base.table.records)
  const there = new Connection(other.table.records)
  eachEntry(base, here, (tuple) => {
    const found = other.table.find(tuple)
    if (found < 0 || (found & 1) !== ORIGINAL) {
      if (counts.gone++ < MOST) gone.push(nameOf(base, here))
      return
    }
    there.at(found >>> 1)
    if (kindOf(here) === kindOf(there) && ((here.status ^ there.status) & ANSWERED) === 0) return
    const [before, after] = [stateOf(base, here), stateOf(other, there)]
    if (before !== after && counts.changed++ < MOST) changed.push({ entry: nameOf(base, here), base: before, other: after })
  })
  eachEntry(other, there, (tuple) => {
    const found = base.table.find(tuple)
    if ((found < 0 || (found & 1) !== ORIGINAL) && counts.kept++ < MOST) kept.push(nameOf(other, there))
  })
  return { gone, goneCount: counts.gone, kept, keptCount: counts.kept, changed, changedCount: counts.changed }
}

/** Aims at every visible entry, in the order of creation, and calls back with its original tuple. */
function eachEntry({ table }: Engine, conn: Connection, each: (tuple: Tuple) => void): void {
  const tuple = new Tuple()
  for (const index of table.visible()) {
    conn.at(index)
    tuple.load(conn.words, conn.base, ORIGINAL)
    each(tuple)
  }
}

const nameOf = ({ clock }: Engine, conn: Connection): string => flowName(rowOf(conn, clock.now, clock.hz))

function stateOf({ clock }: Engine, conn: Connection): string {
  const { state, assured, seenReply } = rowOf(conn, clock.now, clock.hz)
  return state ?? (assured ? 'ASSURED' : seenReply ? 'REPLIED' : 'UNREPLIED')
}
