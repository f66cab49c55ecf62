// The table for a person at a terminal: columns, colour by state, no wider than the screen.

import { endpoint } from './endpoint.ts'
import type { Form, FormOptions } from './form.ts'
import { type Cell, type GridColumn, GridPrinter } from './grid-printer.ts'
import type { Row } from './row.ts'

const GREEN = '32'
const YELLOW = '33'
const RED = '31'
const CYAN = '36'
const GREY = '90'

const STATE_COLOURS: Readonly<Record<string, string>> = {
  ESTABLISHED: GREEN, OPEN: GREEN,
  SYN_SENT: YELLOW, SYN_SENT2: YELLOW, SYN_RECV: YELLOW, COOKIE_WAIT: YELLOW, COOKIE_ECHOED: YELLOW, HEARTBEAT_SENT: YELLOW,
  REQUEST: YELLOW, RESPOND: YELLOW, PARTOPEN: YELLOW,
  FIN_WAIT: CYAN, CLOSE_WAIT: CYAN, LAST_ACK: CYAN, SHUTDOWN_SENT: CYAN, SHUTDOWN_RECD: CYAN, SHUTDOWN_ACK_SENT: CYAN,
  CLOSEREQ: CYAN, CLOSING: CYAN,
  TIME_WAIT: GREY, TIMEWAIT: GREY,
  CLOSE: RED, CLOSED: RED,
}

const COLUMNS: readonly GridColumn[] = [
  { title: 'proto' },
  { title: 'state' },
  { title: 'source' },
  { title: 'destination' },
  { title: 'reply', drop: 1 },
  { title: 'timeout', align: 'right' },
  { title: 'packets', align: 'right', drop: 2 },
  { title: 'bytes', align: 'right', drop: 3 },
  { title: 'flags' },
]

const EXPECTATION_COLUMNS: readonly GridColumn[] = [
  { title: 'expected' },
  { title: 'source' },
  { title: 'destination' },
  { title: 'timeout', align: 'right' },
  { title: 'helper' },
]

export function tableForm(options: FormOptions): Form {
  let entries = new GridPrinter(COLUMNS, options)
  let expected = new GridPrinter(EXPECTATION_COLUMNS, options)
  return {
    open(out, instant) {
      entries = new GridPrinter(COLUMNS, options)
      expected = new GridPrinter(EXPECTATION_COLUMNS, options)
      if (options.several) out.text(`# at ${instant.text}\n`)
    },
    row(out, row) { entries.add(out, cellsOf(row)) },
    expectation(out, row) {
      const helper = row.kind === '' ? row.helper : `${row.helper}/${row.kind}`
      expected.add(out, [String(row.l4num), endpoint(row.tuple, 'source'), endpoint(row.tuple, 'destination'), String(row.timeout), helper])
    },
    close(out) {
      entries.end(out)
      expected.end(out)
    },
  }
}

function cellsOf(row: Row): Cell[] {
  const { original, reply, originalCounters, replyCounters } = row
  const flags = row.assured ? 'ASSURED' : row.seenReply ? '' : 'UNREPLIED'
  const colour = stateColour(row)
  const mirrored = reply.source === original.destination && reply.destination === original.source &&
    reply.sourcePort === original.destinationPort && reply.destinationPort === original.sourcePort
  return [
    row.l4 === 'unknown' ? `unknown ${String(row.l4num)}` : row.l4,
    { text: row.state ?? '', colour },
    endpoint(original, 'source'),
    endpoint(original, 'destination'),
    mirrored ? '' : `${endpoint(reply, 'source')} → ${endpoint(reply, 'destination')}`,
    row.timeout === null ? '' : String(row.timeout),
    originalCounters === null ? '' : `${String(originalCounters.packets)} / ${String(replyCounters?.packets ?? 0)}`,
    originalCounters === null ? '' : `${String(originalCounters.bytes)} / ${String(replyCounters?.bytes ?? 0)}`,
    { text: flags, colour },
  ]
}

/** The colour of an entry's state, or of how far it got where its protocol has none: SGR parameters. */
export function stateColour(row: Row): string {
  if (row.state === null) return row.assured ? GREEN : row.seenReply ? CYAN : YELLOW
  return STATE_COLOURS[row.state] ?? GREY
}
