// Tables as JSON: one document (json), or one entry a line (jsonl). docs/json.md says what each field is.

import { shortAddress } from '../base/address.ts'
import { formatTime } from '../base/when.ts'
import type { ExpectRow } from './expect.ts'
import type { Form, FormOptions, Instant } from './form.ts'
import { KERNEL, SCHEMA } from './schema.ts'
import type { Row, RowCounters, RowTuple } from './row.ts'

/** One direction of an entry. */
export interface JsonTuple {
  src: string
  dst: string
  sport?: number
  dport?: number
  type?: number
  code?: number
  id?: number
  srckey?: number
  dstkey?: number
  packets?: number
  bytes?: number
}

export interface JsonEntry {
  family: 'ipv4' | 'ipv6'
  protocol: string
  protocolNumber: number
  timeout: number | null
  state: string | null
  greTimeouts?: { unreplied: number, stream: number }
  original: JsonTuple
  reply: JsonTuple
  seenReply: boolean
  assured: boolean
  helper?: string
  master?: JsonTuple | null
  offload?: 'OFFLOAD' | 'HW_OFFLOAD'
  mark: number
  zone: number
  zoneDirection?: 'original' | 'reply'
  secctx?: string
  age: number | null
  use: number
  entryId?: number
  labels?: string
  statusUnknown?: true
  rest?: string
}

export interface JsonExpectation {
  timeout: number
  protocolNumber: number
  tuple: JsonTuple
  mask: { src: string, sport: number }
  helper: string
  kind: string | null
  permanent: boolean
  inactive: boolean
  master: JsonTuple
}

export function jsonEntry(row: Row): JsonEntry {
  const entry: JsonEntry = {
    family: row.l3,
    protocol: row.l4,
    protocolNumber: row.l4num,
    timeout: row.timeout,
    state: row.state,
    original: jsonTuple(row.original, row.originalCounters),
    reply: jsonTuple(row.reply, row.replyCounters),
    seenReply: row.seenReply,
    assured: row.assured,
    mark: row.mark,
    zone: row.zone,
    age: row.age,
    use: row.use,
  }
  if (row.greTimeouts !== undefined) entry.greTimeouts = row.greTimeouts
  if (row.helper !== undefined) entry.helper = row.helper
  if (row.master !== undefined) entry.master = row.master === null ? null : jsonTuple(row.master, null)
  if (row.offload !== undefined) entry.offload = row.offload
  if (row.zoneDirection !== undefined) entry.zoneDirection = row.zoneDirection
  if (row.secctx !== undefined) entry.secctx = row.secctx
  if (row.id !== undefined) entry.entryId = row.id
  if (row.labels !== undefined) entry.labels = row.labels
  if (row.statusUnknown !== undefined) entry.statusUnknown = row.statusUnknown
  if (row.rest !== undefined) entry.rest = row.rest
  return entry
}

export function jsonExpectation(row: ExpectRow): JsonExpectation {
  return {
    timeout: row.timeout,
    protocolNumber: row.l4num,
    tuple: jsonTuple(row.tuple, null),
    mask: { src: shortAddress(row.mask.source), sport: row.mask.sourcePort },
    helper: row.helper,
    kind: row.kind === '' ? null : row.kind,
    permanent: row.permanent,
    inactive: row.inactive,
    master: jsonTuple(row.master, null),
  }
}

function jsonTuple(tuple: RowTuple, counters: RowCounters | null): JsonTuple {
  const json: JsonTuple = { src: shortAddress(tuple.source), dst: shortAddress(tuple.destination) }
  if (tuple.sourcePort !== undefined) json.sport = tuple.sourcePort
  if (tuple.destinationPort !== undefined) json.dport = tuple.destinationPort
  if (tuple.type !== undefined) json.type = tuple.type
  if (tuple.code !== undefined) json.code = tuple.code
  if (tuple.id !== undefined) json.id = tuple.id
  if (tuple.sourceKey !== undefined) json.srckey = tuple.sourceKey
  if (tuple.destinationKey !== undefined) json.dstkey = tuple.destinationKey
  if (counters !== null) {
    json.packets = counters.packets
    json.bytes = counters.bytes
  }
  return json
}

/** One document: with one table its fields stand at the top, with several in `snapshots`. An entry a line, so that diff(1) helps. */
export function jsonForm(options: FormOptions): Form {
  let tables = 0
  let entries = 0
  let expected = 0
  const head = `{"schema":${JSON.stringify(SCHEMA)},"kernel":${JSON.stringify(KERNEL)}`
  return {
    begin(out) { if (options.several) out.text(`${head},"snapshots":[`) },
    open(out, instant) {
      entries = 0
      expected = 0
      if (options.several) out.text(`${tables++ > 0 ? ',' : ''}\n{${instantFields(instant)}`)
      else out.text(`${head},${instantFields(instant)}`)
      out.text(',"entries":[')
    },
    row(out, row) { out.text(`${entries++ > 0 ? ',' : ''}\n${JSON.stringify(jsonEntry(row))}`) },
    expectation(out, row) {
      out.text(`${expected++ > 0 ? ',' : '],"expectations":['}\n${JSON.stringify(jsonExpectation(row))}`)
    },
    close(out) { out.text(options.expectations && expected === 0 ? '],"expectations":[]}' : ']}') },
    end(out) { out.text(options.several ? ']}\n' : '\n') },
  }
}

function instantFields(instant: Instant): string {
  return `"at":${JSON.stringify(instant.text)},"time":${JSON.stringify(formatTime(instant.time))},"frame":${String(instant.frame)}`
}

/** One entry a line; with several tables each line begins with its instant. */
export function jsonLinesForm(options: FormOptions): Form {
  let prefix = ''
  return {
    open(_out, instant) { prefix = options.several ? `"at":${JSON.stringify(instant.text)},"time":"${formatTime(instant.time)}",` : '' },
    row(out, row) { out.text(`{${prefix}${JSON.stringify(jsonEntry(row)).slice(1)}\n`) },
    expectation(out, row) { out.text(`{${prefix}"expectation":${JSON.stringify(jsonExpectation(row))}}\n`) },
  }
}
