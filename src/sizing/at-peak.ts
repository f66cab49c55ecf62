// Who held the table at its peak, known exactly without a look at the table at every peak: those of them that have gone since
// are noted as they go, and the others are still there at the end.

import { ORIGINAL } from '../base/verdict.ts'
import { Connection } from '../table/connection.ts'
import { IPS_CONFIRMED } from '../table/status.ts'
import type { Table } from '../table/table.ts'
import { Tuple } from '../table/tuple.ts'

// Words of an entry noted: proto, ports, source and destination of four words each.
const WORDS = 10
const FEW = 1024 // entries

export class AtPeak {
  readonly #table: Table
  readonly #conn: Connection
  #gone = new Int32Array(FEW * WORDS)
  #count = 0
  /** Serial number of the last entry that came before the peak. */
  #serial = 0

  constructor(table: Table) {
    this.#table = table
    this.#conn = new Connection(table.records)
  }

  /** The table has never been fuller than now; `serial` is that of the entry that came last. */
  mark(serial: number): void {
    this.#serial = serial
    this.#count = 0
  }

  #wasThere(conn: Connection): boolean {
    return ((this.#serial - conn.serial) | 0) >= 0
  }

  /** An entry leaves the table. */
  leave(index: number): void {
    const conn = this.#conn.at(index)
    if (!this.#wasThere(conn)) return
    let at = this.#count++ * WORDS
    if (at === this.#gone.length) {
      const wider = new Int32Array(at * 2)
      wider.set(this.#gone)
      this.#gone = wider
    }
    const gone = this.#gone
    const words = conn.l3num === 2 ? 1 : 4
    gone[at++] = conn.l3num | conn.protocol << 8 | conn.zone << 16
    gone[at++] = conn.sourcePort(ORIGINAL) << 16 | conn.destinationPort(ORIGINAL)
    for (let i = 0; i < 4; i++) gone[at++] = i < words ? conn.source(ORIGINAL, i) : 0
    for (let i = 0; i < 4; i++) gone[at++] = i < words ? conn.destination(ORIGINAL, i) : 0
  }

  /** Calls back with the original tuple of each entry of the peak; it is valid during the call. */
  forEach(each: (tuple: Tuple) => void): void {
    const tuple = new Tuple()
    for (let i = 0; i < this.#count; i++) {
      const word = (field: number): number => this.#gone[i * WORDS + field] ?? 0
      tuple.proto = word(0)
      tuple.ports = word(1)
      tuple.source0 = word(2)
      tuple.source1 = word(3)
      tuple.source2 = word(4)
      tuple.source3 = word(5)
      tuple.destination0 = word(6)
      tuple.destination1 = word(7)
      tuple.destination2 = word(8)
      tuple.destination3 = word(9)
      tuple.seal()
      each(tuple)
    }
    const { records } = this.#table
    for (let index = 0; index < records.high; index++) {
      const conn = this.#conn.at(index)
      if (conn.l3num === 0 || (conn.status & IPS_CONFIRMED) === 0 || !this.#wasThere(conn)) continue
      tuple.load(conn.words, conn.base, ORIGINAL)
      each(tuple)
    }
  }
}
