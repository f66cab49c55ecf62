// The table of a machine, looked up by the connections that a capture shows: as the machine's inner side sees them, as its outer side
// does where addresses are translated, or begun from the other end, where the capture missed the start.

import type { Connection } from '../../table/connection.ts'
import { Entries } from '../entries.ts'
import { EntryIndex } from '../entry-index.ts'
import type { Row } from '../row.ts'
import { mirrorOf, natOf } from './nat.ts'

/** How a connection of the capture stands to the entry of the machine. */
export const SIDES = ['original', 'translated', 'reversed'] as const
export type Side = (typeof SIDES)[number]

/** One way to find entries: by a tuple made of each. */
interface Way {
  readonly side: Side
  readonly index: EntryIndex
  /** Number of the machine's entry, by that of the index. */
  readonly numbers: readonly number[] | null
}

export class MachineTable {
  readonly entries: Entries
  readonly #ways: readonly Way[]
  readonly #probe = new Entries()

  constructor(entries: Entries) {
    this.entries = entries
    const translated = new Entries()
    const translatedNumbers: number[] = []
    const reversed = new Entries()
    const reversedNumbers: number[] = []
    for (let i = 0; i < entries.length; i++) {
      const row = entries.row(i)
      if (natOf(row) !== null) {
        translated.add({ ...row, original: mirrorOf(row.reply, row.l4num) })
        translatedNumbers.push(i)
      }
      if (row.original.type === undefined) {
        reversed.add({ ...row, original: row.reply })
        reversedNumbers.push(i)
      }
    }
    this.#ways = [
      { side: 'original', index: new EntryIndex(entries, false), numbers: null },
      { side: 'translated', index: new EntryIndex(translated, false), numbers: translatedNumbers },
      { side: 'reversed', index: new EntryIndex(reversed, false), numbers: reversedNumbers },
    ]
  }

  /** Finds the machine's entry for entry `index` of a capture's table. */
  find(capture: Entries, index: number): { readonly number: number, readonly side: Side } | null {
    for (const { side, index: way, numbers } of this.#ways) {
      const found = way.find(capture, index)
      if (found >= 0) return { number: numbers === null ? found : numbers[found] ?? -1, side }
    }
    return null
  }

  /** The same for a connection of a running engine. */
  findConnection(conn: Connection): { readonly number: number, readonly side: Side } | null {
    this.#probe.clear()
    this.#probe.addConnection(conn, 0, 1)
    return this.find(this.#probe, 0)
  }

  row(number: number): Row { return this.entries.row(number) }
}
