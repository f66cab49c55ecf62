// Entries from CSV with a header: our own columns in any order; what no column of ours is called is kept.

import { CSV_COLUMNS } from '../csv.ts'
import type { Row, RowCounters, RowTuple } from '../row.ts'
import { l4Name } from '../snapshot.ts'
import type { Sink, TableParser } from './parser.ts'

const MOST = 1 << 16 // characters of one record, however many lines it has
const DECODER = new TextDecoder()
const KNOWN: ReadonlySet<string> = new Set(CSV_COLUMNS)

export class CsvParser implements TableParser {
  readonly #sink: Sink
  #header: readonly string[] | null = null
  #text = ''
  #begun = 0

  constructor(sink: Sink) { this.#sink = sink }

  line(bytes: Uint8Array, from: number, to: number, number: number, isCut: boolean): void {
    const text = DECODER.decode(bytes.subarray(from, to)).replace(/\r$/, '')
    if (this.#text === '') {
      if (text.trim() === '') return
      this.#begun = number
      this.#text = text
    } else this.#text += `\n${text}`
    if ((this.#text.split('"').length & 1) === 0) { // a quoted field goes on in the next line
      if (this.#text.length > MOST) this.#drop('has a quoted field that does not end')
      return
    }
    const fields = splitRecord(this.#text)
    this.#text = ''
    if (fields[0] === 'family') this.#header = fields
    else if (this.#header === null || fields.length !== this.#header.length) {
      this.#drop(isCut ? 'is cut short' : 'has not one field for each column')
    } else this.#take(new Map(fields.map((field, i) => [this.#header?.[i] ?? '', field])))
  }

  end(): void {
    if (this.#text !== '') this.#drop('is cut short')
    this.#header = null
  }

  #drop(why: string): void {
    this.#sink.problem(this.#begun, why)
    this.#text = ''
  }

  #take(fields: ReadonlyMap<string, string>): void {
    try {
      this.#sink.entries.add(rowOf(fields))
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#drop(error.message)
    }
  }
}

/** The fields of one record. */
function splitRecord(text: string): string[] {
  if (!text.includes('"')) return text.split(',')
  return [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)]
    .map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}

/** @throws RangeError */
function rowOf(fields: ReadonlyMap<string, string>): Row {
  const text = (name: string): string | undefined => {
    const value = fields.get(name)
    return value === '' ? undefined : value
  }
  const number = (name: string): number | undefined => {
    const value = text(name)
    if (value === undefined) return undefined
    if (!/^\d{1,16}$/.test(value)) throw new RangeError(`says ${name} is "${value}"`)
    return Number(value)
  }
  const isIpv4 = text('family') !== 'ipv6'
  const l4num = number('protocolNumber') ?? 256
  if (l4num > 255) throw new RangeError('has no protocolNumber')
  const seenReply = text('seenReply')
  const row: Row = {
    l3: isIpv4 ? 'ipv4' : 'ipv6', l3num: isIpv4 ? 2 : 10, l4: l4Name(l4num), l4num,
    timeout: number('timeout') ?? null, state: text('state') ?? null,
    original: tupleOf('', text, number), reply: tupleOf('reply_', text, number),
    originalCounters: countersOf('', number), replyCounters: countersOf('reply_', number),
    seenReply: seenReply === 'true', assured: text('assured') === 'true',
    mark: number('mark') ?? 0, zone: number('zone') ?? 0, age: number('age') ?? null, use: number('use') ?? 1,
  }
  if (seenReply === undefined) row.statusUnknown = true
  const offload = text('offload')
  if (offload === 'OFFLOAD' || offload === 'HW_OFFLOAD') row.offload = offload
  const direction = text('zoneDirection')
  if (direction === 'original' || direction === 'reply') row.zoneDirection = direction
  const [helper, secctx, labels, id] = [text('helper'), text('secctx'), text('labels'), number('entryId')]
  if (helper !== undefined) row.helper = helper
  if (secctx !== undefined) row.secctx = secctx
  if (labels !== undefined) row.labels = labels
  if (id !== undefined) row.id = id
  const [unreplied, stream] = [number('greUnreplied'), number('greStream')]
  if (unreplied !== undefined && stream !== undefined) row.greTimeouts = { unreplied, stream }
  const rest = [...fields].filter(([name, value]) => !KNOWN.has(name) && value !== '').map(([name, value]) => `${name}=${value}`)
  const known = text('rest')
  if (known !== undefined) rest.unshift(known)
  if (rest.length > 0) row.rest = rest.join(' ')
  return row
}

type Read<T> = (name: string) => T | undefined

function tupleOf(prefix: string, text: Read<string>, number: Read<number>): RowTuple {
  const tuple: RowTuple = { source: text(`${prefix}src`) ?? '', destination: text(`${prefix}dst`) ?? '' }
  const pairs = [
    ['sport', 'sourcePort'], ['dport', 'destinationPort'], ['type', 'type'], ['code', 'code'], ['id', 'id'],
    ['srckey', 'sourceKey'], ['dstkey', 'destinationKey'],
  ] as const
  for (const [column, field] of pairs) {
    const value = number(`${prefix}${column}`)
    if (value !== undefined) tuple[field] = value
  }
  return tuple
}

function countersOf(prefix: string, number: Read<number>): RowCounters | null {
  const [packets, bytes] = [number(`${prefix}packets`), number(`${prefix}bytes`)]
  return packets === undefined || bytes === undefined ? null : { packets, bytes }
}
