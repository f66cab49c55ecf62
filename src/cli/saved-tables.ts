// Tables saved in files, as commands take them.

import { readSavedTables, type SavedTable, savedTable } from '../index.ts'
import { EXIT } from './exit-codes.ts'
import type { Session } from './session.ts'

const MOST_TOLD = 10 // lines that cannot be read, told one by one

/**
 * Reads the table of a file: the last, where it holds several and none is asked for. What cannot be read is said, and counts.
 *
 * @param wanted  what the table says of its instant, or the beginning of that
 * @throws        CaptureError, UsageError
 */
export async function readLastTable(session: Session, path: string, isQuiet: boolean, wanted?: string): Promise<SavedTable> {
  const { tables, problems, problemCount } = await readSavedTables(path)
  const say = (text: string): void => { session.io.say(`pcap-conntrack: ${text}\n`) }
  for (const { line, why } of problems.slice(0, MOST_TOLD)) say(`${path}:${String(line)}: ${why}`)
  if (problemCount > MOST_TOLD) say(`${path}: ${String(problemCount - MOST_TOLD)} more lines cannot be read`)
  if (problemCount > 0) session.exitCode = EXIT.INPUT
  const table = savedTable(path, tables, wanted)
  if (wanted === undefined && tables.length > 1 && !isQuiet) {
    say(`${path} holds ${String(tables.length)} tables; the last, ${table.at ?? ''}, is taken`)
  }
  return table
}
