// The connection table as conntrack(8) lists it: `conntrack -L`, and `conntrack -L -o extended`.
// Spelling: conntrack-tools 1.4.7. Its last line, `conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.`,
// goes to standard error there and has no place here.

import { CONNTRACK, type Dialect, EXTENDED, LineWriter, printLine } from './entry-line.ts'
import { printProcExpect } from './expect.ts'
import type { Form, FormOptions, MakeForm } from './form.ts'
import type { Row } from './row.ts'

/** `conntrack -L` */
export const conntrackForm: MakeForm = (options) => lineForm(CONNTRACK, options)

/** `conntrack -L -o extended` */
export const extendedForm: MakeForm = (options) => lineForm(EXTENDED, options)

/** One line as conntrack(8) lists it, without its newline. @param isExtended  `-o extended`: with the family in front */
export function printConntrack(
  row: Row, options: { readonly counters: boolean, readonly timestamps: boolean }, isExtended = false,
): string {
  return printLine(row, isExtended ? EXTENDED : CONNTRACK, options)
}

function lineForm(dialect: Dialect, options: FormOptions): Form {
  const writer = new LineWriter(dialect, options)
  return {
    row(out, row) { out.text(`${printLine(row, dialect, options)}\n`) },
    connection(out, conn, now, hz) { writer.write(out, conn, now, hz) },
    expectation(out, row) { out.text(`expect ${printProcExpect(row)}\n`) },
  }
}
