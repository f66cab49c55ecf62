// /proc/net/ip_conntrack as kernels before nf_conntrack printed it, and as the iptables tutorials show it: IPv4 only, without
// the two words on the layer-3 protocol, without zone; mark only where one is set.

import type { Form, FormOptions } from './form.ts'
import { LEGACY, printLine } from './entry-line.ts'
import { printProcExpect } from './expect.ts'
import type { Row } from './row.ts'

export function legacyForm(options: FormOptions): Form {
  return {
    row(out, row) { if (row.l3 === 'ipv4') out.text(`${printLegacy(row, options)}\n`) },
    expectation(out, row) { if (row.l3num === 2) out.text(`expect ${printProcExpect(row)}\n`) },
  }
}

/** One line, without its newline. */
export function printLegacy(row: Row, options: { readonly counters: boolean }): string {
  return printLine(row, LEGACY, { counters: options.counters, timestamps: false })
}
