// The connection table as CSV (RFC 4180, lines end in \n): a header, an entry a line; an empty field is one the entry has not.

import { shortAddress } from '../base/address.ts'
import { printProcExpect } from './expect.ts'
import type { Form, FormOptions } from './form.ts'
import type { Row, RowCounters, RowTuple } from './row.ts'

const DIRECTION = ['src', 'dst', 'sport', 'dport', 'type', 'code', 'id', 'srckey', 'dstkey', 'packets', 'bytes'] as const

/** The columns, in their order. Their values are those of the JSON form. */
export const CSV_COLUMNS = [
  'family', 'protocol', 'protocolNumber', 'timeout', 'state', ...DIRECTION, ...DIRECTION.map((name) => `reply_${name}` as const),
  'seenReply', 'assured', 'offload', 'mark', 'zone', 'zoneDirection', 'age', 'use', 'helper', 'secctx', 'labels', 'entryId',
  'greUnreplied', 'greStream', 'rest',
] as const

export function csvForm(options: FormOptions): Form {
  return {
    open(out, instant) {
      if (options.several) out.text(`# at ${instant.text}\n`)
      out.text(`${CSV_COLUMNS.join(',')}\n`)
    },
    row(out, row) { out.text(`${printCsv(row)}\n`) },
    expectation(out, row) { out.text(`# expect ${printProcExpect(row)}\n`) },
  }
}

/** One line, without its newline. */
export function printCsv(row: Row): string {
  const fields: (string | number | boolean | null | undefined)[] = [
    row.l3, row.l4, row.l4num, row.timeout, row.state,
    ...direction(row.original, row.originalCounters), ...direction(row.reply, row.replyCounters),
    row.statusUnknown === true ? null : row.seenReply, row.statusUnknown === true ? null : row.assured, row.offload,
    row.mark, row.zone, row.zoneDirection, row.age, row.use, row.helper, row.secctx, row.labels, row.id,
    row.greTimeouts?.unreplied, row.greTimeouts?.stream, row.rest,
  ]
  return fields.map((field) => (field === null || field === undefined ? '' : quoted(String(field)))).join(',')
}

function direction(tuple: RowTuple, counters: RowCounters | null): (string | number | undefined)[] {
  return [
    shortAddress(tuple.source), shortAddress(tuple.destination), tuple.sourcePort, tuple.destinationPort,
    tuple.type, tuple.code, tuple.id, tuple.sourceKey, tuple.destinationKey, counters?.packets, counters?.bytes,
  ]
}

const quoted = (field: string): string => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)
