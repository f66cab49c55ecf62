// Tables as JSON: one document (json), or one entry a line (jsonl). docs/json.md says what each field is.

import { formatIpv6Full, parseIpv6, shortAddress } from '../base/address.ts'
import { formatTime } from '../base/when.ts'
import type { ExpectRow } from './expect.ts'
import type { Form, FormOptions, Instant } from './form.ts'
import { KERNEL, SCHEMA } from './schema.ts'
import type { Row, RowCounters, RowTuple } from './row.ts'
import { l4Name } from './snapshot.ts'

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

export function jsonTuple(tuple: RowTuple, counters: RowCounters | null): JsonTuple {
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

/** The row that jsonEntry made an entry of; of an object from elsewhere what it says by these names. @throws RangeError */
export function rowFromJson(json: Partial<JsonEntry>): Row {
  const { family, protocolNumber: l4num, original, reply } = json
  if (family !== 'ipv4' && family !== 'ipv6') throw new RangeError('has no family')
  if (!isWhole(l4num, 255)) throw new RangeError('has no protocolNumber')
  if (!isObject(original) || !isObject(reply)) throw new RangeError('has no two directions')
  const row: Row = {
    l3: family, l3num: family === 'ipv4' ? 2 : 10, l4: l4Name(l4num), l4num,
    timeout: wholeOrNull(json.timeout), state: typeof json.state === 'string' ? json.state : null,
    original: tupleFromJson(original), reply: tupleFromJson(reply),
    originalCounters: countersFromJson(original), replyCounters: countersFromJson(reply),
    seenReply: json.seenReply === true, assured: json.assured === true,
    mark: wholeOrNull(json.mark) ?? 0, zone: wholeOrNull(json.zone) ?? 0, age: wholeOrNull(json.age), use: wholeOrNull(json.use) ?? 1,
  }
  const { greTimeouts, helper, master, offload, zoneDirection, secctx, entryId, labels, rest } = json
  if (isObject(greTimeouts)) row.greTimeouts = greTimeouts
  if (typeof helper === 'string') row.helper = helper
  if (master !== undefined) row.master = master === null ? null : tupleFromJson(master)
  if (offload !== undefined) row.offload = offload
  if (zoneDirection !== undefined) row.zoneDirection = zoneDirection
  if (typeof secctx === 'string') row.secctx = secctx
  if (isWhole(entryId, 2 ** 32)) row.id = entryId
  if (typeof labels === 'string') row.labels = labels
  if (json.statusUnknown === true) row.statusUnknown = true
  if (typeof rest === 'string') row.rest = rest
  return row
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const isWhole = (value: unknown, most: number): value is number => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most
const wholeOrNull = (value: unknown): number | null => (isWhole(value, Number.MAX_SAFE_INTEGER) ? value : null)

function tupleFromJson(json: JsonTuple): RowTuple {
  const tuple: RowTuple = { source: longAddress(json.src), destination: longAddress(json.dst) }
  if (isWhole(json.sport, 0xffff)) tuple.sourcePort = json.sport
  if (isWhole(json.dport, 0xffff)) tuple.destinationPort = json.dport
  if (isWhole(json.type, 255)) tuple.type = json.type
  if (isWhole(json.code, 255)) tuple.code = json.code
  if (isWhole(json.id, 0xffff)) tuple.id = json.id
  if (isWhole(json.srckey, 0xffff)) tuple.sourceKey = json.srckey
  if (isWhole(json.dstkey, 0xffff)) tuple.destinationKey = json.dstkey
  return tuple
}

/** An address as rows have it: IPv6 in full. @throws RangeError */
function longAddress(text: unknown): string {
  if (typeof text !== 'string') throw new RangeError('has no address')
  const words = text.includes(':') ? parseIpv6(text) : null
  return words === null ? text : formatIpv6Full(...words)
}

function countersFromJson({ packets, bytes }: JsonTuple): RowCounters | null {
  return isWhole(packets, Infinity) && isWhole(bytes, Infinity) ? { packets, bytes } : null
}
