// Saved tables of any form, read back. The form is recognised by itself: by the first line that is neither empty nor a remark.
// A file may hold several tables, each behind a line `# at WHEN`; other sections (`## ipvsadm -Lnc`) are passed over.

import { Entries } from '../entries.ts'
import { CsvParser } from './csv.ts'
import { JsonParser } from './json.ts'
import { LineParser } from './line.ts'
import { parseOvs } from './ovs.ts'
import type { ReadProblem, Sink, TableParser } from './parser.ts'
import { XmlParser } from './xml.ts'

/** One table of a file. */
export interface SavedTable {
  /** What the file says of its instant: `end`, `t3 at 1795229545.860`; null where it says nothing. */
  readonly at: string | null
  readonly entries: Entries
}

export interface SavedTables {
  /** At least one. */
  readonly tables: SavedTable[]
  /** What could not be read: the first thousand. */
  readonly problems: ReadProblem[]
  /** How many there were in all. */
  readonly problemCount: number
}

const MOST_PROBLEMS = 1000
const LONGEST = 1 << 26 // bytes of one line: a file of one line that is no table must not fill the memory
const LARGE = 1 << 20 // bytes: of a smaller file the room for entries may grow as they come
const BYTES_AN_ENTRY = 150 // in the tersest form
const MOST_AT_ONCE = 1 << 21
const NEWLINE = 10
const HASH = 35
const DECODER = new TextDecoder()

/** Reads a whole table that lies in memory. */
export function readTable(content: string | Uint8Array): SavedTables {
  const reader = new TableReader()
  reader.push(typeof content === 'string' ? new TextEncoder().encode(content) : content)
  return reader.end()
}

/** Takes a file piece by piece. */
export class TableReader implements Sink {
  readonly #tables: SavedTable[] = []
  readonly #problems: ReadProblem[] = []
  #problemCount = 0
  #at: string | null = null
  #entries = new Entries()
  #parser: TableParser | null = null
  /** A piece of a line that goes on in the next piece of the file. */
  #held = new Uint8Array(0)
  #number = 0
  #isPassedOver = false

  get entries(): Entries { return this.#entries }

  /**
   * Takes the next bytes of the file. They may be used again afterwards.
   * @param size  bytes of the whole file, as far as is known: room for its entries is made at once
   */
  push(bytes: Uint8Array, size = 0): void {
    if (this.#number === 0 && this.#entries.length === 0 && size > LARGE) {
      this.#entries = new Entries(Math.min(Math.ceil(size / BYTES_AN_ENTRY), MOST_AT_ONCE))
    }
    let from = 0
    for (;;) {
      const to = bytes.indexOf(NEWLINE, from)
      if (to < 0) break
      if (this.#held.length > 0) {
        const line = joined(this.#held, bytes.subarray(from, to))
        this.#held = new Uint8Array(0)
        this.#line(line, 0, line.length, false)
      } else this.#line(bytes, from, to, false)
      from = to + 1
    }
    if (this.#held.length > LONGEST) return // nothing more is kept of it; it will not read like an entry
    if (from < bytes.length) this.#held = joined(this.#held, bytes.subarray(from))
  }

  /** The file is over. */
  end(): SavedTables {
    if (this.#held.length > 0) this.#line(this.#held, 0, this.#held.length, true)
    this.#parser?.end()
    this.#close()
    return { tables: this.#tables, problems: this.#problems, problemCount: this.#problemCount }
  }

  problem(line: number, why: string): void {
    if (this.#problemCount++ < MOST_PROBLEMS) this.#problems.push({ line, why })
  }

  nextTable(at: string): void {
    // What stands in front of the first remark is a table only when there was something.
    if (this.#tables.length > 0 || this.#entries.length > 0 || this.#at !== null) this.#close()
    this.#at = at
  }

  #close(): void {
    this.#tables.push({ at: this.#at, entries: this.#entries })
    this.#entries = new Entries()
  }

  #line(bytes: Uint8Array, from: number, to: number, isCut: boolean): void {
    this.#number++
    if (bytes[from] === HASH) this.#remark(DECODER.decode(bytes.subarray(from, to)).trim())
    else if (!this.#isPassedOver) {
      this.#parser ??= this.#recognise(bytes, from, to)
      this.#parser?.line(bytes, from, to, this.#number, isCut)
    }
  }

  #remark(text: string): void {
    const at = /^# (?:at (.+)|(.* at .+))$/.exec(text)
    if (at !== null) {
      this.#parser?.end()
      this.nextTable(at[1] ?? at[2] ?? '')
      this.#isPassedOver = false
    } else if (text.startsWith('## ')) this.#isPassedOver = !text.includes('conntrack')
  }

  /** Null while only blanks have been seen. */
  #recognise(bytes: Uint8Array, from: number, to: number): TableParser | null {
    const head = DECODER.decode(bytes.subarray(from, Math.min(to, from + 200))).replace(/^\ufeff/, '').trim()
    if (head === '') return null
    if (head.startsWith('<')) return new XmlParser(this)
    if (/^[{[]\s*(?:["{}\]]|$)/.test(head)) return new JsonParser(this)
    return head.startsWith('family,') ? new CsvParser(this) : new LinesParser(this)
  }
}

/** Forms of one entry a line, also mixed. */
class LinesParser implements TableParser {
  readonly #sink: Sink
  readonly #words: LineParser

  constructor(sink: Sink) {
    this.#sink = sink
    this.#words = new LineParser(sink.entries)
  }

  line(bytes: Uint8Array, from: number, to: number, number: number, isCut: boolean): void {
    this.#words.entries = this.#sink.entries
    const why = this.#words.read(bytes, from, to, isCut)
    if (why === '') return
    const text = DECODER.decode(bytes.subarray(from, Math.min(to, from + MOST_LINE))).trim()
    if (text === '' || IGNORED.test(text)) return
    if (!/^[\w-]+,orig=/.test(text)) this.#sink.problem(number, why)
    else this.#ovs(text, number)
  }

  end(): void { /* lines leave nothing unfinished */ }

  #ovs(text: string, number: number): void {
    try {
      const row = parseOvs(text)
      if (typeof row === 'string') this.#sink.problem(number, row)
      else this.#sink.entries.add(row)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#sink.problem(number, error.message)
    }
  }
}

const MOST_LINE = 4096 // characters of a line that is looked at as text

// Expectations, and what conntrack(8) says at its end.
const IGNORED = /^(?:expect |conntrack v\S+ \(conntrack-tools\): )/

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(a.length + b.length)
  whole.set(a)
  whole.set(b, a.length)
  return whole
}
