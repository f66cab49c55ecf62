// --at, --delete, --flush-at: entries deleted by hand in one of two worlds.

import type { Command } from 'commander'
import {
  deleteEntries, type Deletion, type DeletionMoment, type Engine, FLUSH, parseDeletion, parseWhen, type Replay, UsageError, type When,
} from '../index.ts'
import { collect } from './options.ts'

export interface DeletionOptions {
  at?: string
  delete?: string[]
  flushAt?: string[]
}

/** What is to be deleted, and when. */
export interface PlannedDeletion {
  readonly when: When
  readonly deletions: readonly Deletion[]
}

export function addDeletionOptions(command: Command): Command {
  return command
    .option('--delete <entries>', 'delete entries at the instant --at names: src=…,dport=…, as conntrack -D (repeatable)', collect)
    .option('--at <instant>', 'when --delete is done: +12.5s, frame:123, ISO 8601 or epoch seconds')
    .option('--flush-at <instant>', 'delete all entries at an instant, as conntrack -F (repeatable)', collect)
}

/** @throws UsageError */
export function plannedDeletions({ at, delete: wanted = [], flushAt = [] }: DeletionOptions): PlannedDeletion[] {
  if ((at === undefined) !== (wanted.length === 0)) throw new UsageError('--at and --delete belong together: when, and which entries')
  const flushes = flushAt.map((when) => ({ when: parseWhen(when), deletions: [FLUSH] }))
  return at === undefined ? flushes : [{ when: parseWhen(at), deletions: wanted.map(parseDeletion) }, ...flushes]
}

/** Runs a replay that stops at the planned instants, and deletes entries there from the other world. */
export async function deleteOnTheWay(replay: Replay, other: Engine, planned: readonly PlannedDeletion[]): Promise<DeletionMoment[]> {
  const moments: DeletionMoment[] = []
  for await (const { text } of replay.moments()) {
    const deletions = planned.filter(({ when }) => when.text === text).flatMap((one) => one.deletions)
    if (deletions.length === 0) continue
    other.advance(replay.engine.clock.now)
    const entries = other.table.visible().length
    moments.push({ at: text, entries, deleted: deleteEntries(other, deletions) })
  }
  other.advance(replay.engine.clock.now)
  return moments
}
