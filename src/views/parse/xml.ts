// Entries from the XML of `conntrack -L -o xml`: one <flow> after another, however its lines are broken.

import type { Row, RowCounters, RowTuple } from '../row.ts'
import { l4Name } from '../snapshot.ts'
import type { Sink, TableParser } from './parser.ts'

const MOST = 1 << 20 // characters of one <flow>
const DECODER = new TextDecoder()

export class XmlParser implements TableParser {
  readonly #sink: Sink
  #text = ''
  /** Line that `#text` begins in. */
  #begun = 0

  constructor(sink: Sink) { this.#sink = sink }

  line(bytes: Uint8Array, from: number, to: number, number: number): void {
    if (this.#text === '') this.#begun = number
    this.#text += DECODER.decode(bytes.subarray(from, to))
    for (;;) {
      const start = this.#text.search(/<flow[\s>]/)
      if (start < 0) {
        this.#text = ''
        return
      }
      if (start > 0) this.#begun = number
      const stop = this.#text.indexOf('</flow>', start)
      if (stop < 0) {
        this.#text = `${this.#text.slice(start)}\n`
        if (this.#text.length > MOST) this.#drop('goes on too long')
        return
      }
      this.#take(this.#text.slice(start, stop))
      this.#text = this.#text.slice(stop + '</flow>'.length)
    }
  }

  end(): void {
    if (this.#text !== '') this.#drop('is cut short')
  }

  #drop(why: string): void {
    this.#sink.problem(this.#begun, why)
    this.#text = ''
  }

  #take(flow: string): void {
    const row = rowOf(flow)
    try {
      if (row === null) this.#sink.problem(this.#begun, 'has no two directions')
      else this.#sink.entries.add(row)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#sink.problem(this.#begun, error.message)
    }
  }
}

const KNOWN = new Set(['state', 'timeout', 'mark', 'zone', 'use', 'id', 'deltatime', 'secctx', 'helper', 'label'])

function rowOf(flow: string): Row | null {
  const metas = [...flow.matchAll(/<meta direction="(\w+)">([^]*?)<\/meta>/g)]
  const meta = (name: string): string | undefined => metas.find(([, direction]) => direction === name)?.[2]
  const original = meta('original')
  const reply = meta('reply')
  const l3num = Number(/<layer3[^>]*protonum="(\d+)"/.exec(original ?? '')?.[1] ?? NaN)
  const l4num = Number(/<layer4[^>]*protonum="(\d+)"/.exec(original ?? '')?.[1] ?? NaN)
  if (original === undefined || reply === undefined || (l3num !== 2 && l3num !== 10) || !(l4num < 256)) return null
  const rest = meta('independent') ?? ''
  const number = (name: string): number | null => numberIn(rest, name)
  const row: Row = {
    l3: l3num === 2 ? 'ipv4' : 'ipv6', l3num, l4: l4Name(l4num), l4num,
    timeout: number('timeout'), state: textIn(rest, 'state'),
    original: tupleIn(original), reply: tupleIn(reply), originalCounters: countersIn(original), replyCounters: countersIn(reply),
    seenReply: !rest.includes('<unreplied/>'), assured: rest.includes('<assured/>'),
    mark: number('mark') ?? 0, zone: number('zone') ?? 0, age: number('deltatime'), use: number('use') ?? 1,
  }
  const id = number('id')
  if (id !== null) row.id = id
  const [secctx, helper] = [textIn(rest, 'secctx'), textIn(rest, 'helper')]
  if (secctx !== null) row.secctx = secctx
  if (helper !== null) row.helper = helper
  const labels = [...rest.matchAll(/<label>([^<]*)<\/label>/g)].map(([, label = '']) => unescapeXml(label))
  if (labels.length > 0) row.labels = labels.join(',')
  takeZone(row, original, reply)
  const unknown = [...rest.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].filter(([, name = '']) => !KNOWN.has(name))
  if (unknown.length > 0) row.rest = unknown.map(([, name = '', value = '']) => `${name}=${unescapeXml(value)}`).join(' ')
  return row
}

/** A zone that holds for one direction stands in it. */
function takeZone(row: Row, original: string, reply: string): void {
  const [first, second] = [numberIn(original, 'zone'), numberIn(reply, 'zone')]
  if (first !== null) Object.assign(row, { zone: first, zoneDirection: 'original' })
  else if (second !== null) Object.assign(row, { zone: second, zoneDirection: 'reply' })
}

function textIn(xml: string, name: string): string | null {
  const from = xml.indexOf(`<${name}>`)
  if (from < 0) return null
  const start = from + name.length + 2
  const to = xml.indexOf('<', start)
  return to < 0 ? null : unescapeXml(xml.slice(start, to))
}

function numberIn(xml: string, name: string): number | null {
  const text = textIn(xml, name)
  return text !== null && /^(?:\d{1,20}|0x[0-9a-f]{1,8})$/i.test(text) ? Number(text) : null
}

function tupleIn(xml: string): RowTuple {
  const tuple: RowTuple = { source: textIn(xml, 'src') ?? '', destination: textIn(xml, 'dst') ?? '' }
  const [sport, dport, srckey, dstkey] = [numberIn(xml, 'sport'), numberIn(xml, 'dport'), numberIn(xml, 'srckey'), numberIn(xml, 'dstkey')]
  if (sport !== null && dport !== null) Object.assign(tuple, { sourcePort: sport, destinationPort: dport })
  if (srckey !== null && dstkey !== null) Object.assign(tuple, { sourceKey: srckey, destinationKey: dstkey })
  return tuple
}

function countersIn(xml: string): RowCounters | null {
  const [packets, bytes] = [numberIn(xml, 'packets'), numberIn(xml, 'bytes')]
  return packets === null || bytes === null ? null : { packets, bytes }
}

const SIGNS: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: '\'' }

const unescapeXml = (text: string): string =>
  text.replace(/&(lt|gt|amp|quot|apos);/g, (whole, name: string) => SIGNS[name] ?? whole).trim()
