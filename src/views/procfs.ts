// /proc/net/nf_conntrack, byte for byte. Kernel: ct_seq_show() in nf_conntrack_standalone.c (v6.12).

import type { Connection } from '../table/connection.ts'
import { LineWriter, PROC, printLine } from './entry-line.ts'
import type { Form, FormOptions } from './form.ts'
import { printProcExpect } from './expect.ts'
import type { Row } from './row.ts'

export interface ProcOptions {
  /** nf_conntrack_acct: print packets= and bytes= */
  readonly counters: boolean
  /** nf_conntrack_timestamp: print delta-time= */
  readonly timestamps?: boolean
}

export function procForm(options: FormOptions): Form {
  const writer = new LineWriter(PROC, options)
  return {
    row(out, row) { out.text(`${printProc(row, options)}\n`) },
    connection(out, conn: Connection, now, hz) { writer.write(out, conn, now, hz) },
    expectation(out, row) { out.text(`expect ${printProcExpect(row)}\n`) },
  }
}

/** One line, without its newline. */
export function printProc(row: Row, options: ProcOptions = { counters: false }): string {
  return printLine(row, PROC, { counters: options.counters, timestamps: options.timestamps === true })
}
