// Tables saved in files, as commands take them.

import { CaptureError, readSavedTables, type SavedTable } from '../index.ts'
import { EXIT } from './exit-codes.ts'
import type { Session } from './session.ts'

const MOST_TOLD = 10 // lines that cannot be read, told one by one

/** Reads the table of a file: the last, where it holds several. What cannot be read is said, and counts. @throws CaptureError */
export async function readLastTable(session: Session, path: string, isQuiet: boolean): Promise<SavedTable> {
  const { tables, problems, problemCount } = await readSavedTables(path)
  const say = (text: string): void => { session.io.say(`pcap-conntrack: ${text}\n`) }
  for (const { line, why } of problems.slice(0, MOST_TOLD)) say(`${path}:${String(line)}: ${why}`)
  if (problemCount > MOST_TOLD) say(`${path}: ${String(problemCount - MOST_TOLD)} more lines cannot be read`)
  if (problemCount > 0) session.exitCode = EXIT.INPUT
  const table = tables.at(-1)
  if (table === undefined) throw new CaptureError('EMPTY', path, 0, 'holds no table')
  if (tables.length > 1 && !isQuiet) say(`${path} holds ${String(tables.length)} tables; the last, ${table.at ?? ''}, is taken`)
  return table
}
