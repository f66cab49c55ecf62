// Entries from JSON: our documents with one table or several, and one entry a line; laid out in any way. Objects are found by their
// braces and read one by one, so that a document need not fit in memory as a whole.

import { type JsonEntry, type JsonTuple, rowFromJson } from '../json.ts'
import type { Sink, TableParser } from './parser.ts'

const MOST = 1 << 20 // bytes of one entry
const DECODER = new TextDecoder()
const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const COLON = 58
const OPEN_LIST = 91
const CLOSE_LIST = 93
const OPEN = 123
const CLOSE = 125

/** What is open: a list or an object, and the name it stands behind. */
interface Level {
  readonly isList: boolean
  readonly name: string
}

export class JsonParser implements TableParser {
  readonly #sink: Sink
  readonly #levels: Level[] = []
  /** The last string, its name's place taken when a colon follows. */
  #string = ''
  #name = ''
  #isInString = false
  #isEscaped = false
  /** Bytes of the object that may be an entry; -1 while there is none. */
  #entry = new Uint8Array(4096)
  #length = -1
  /** How many levels were open where it began. */
  #depth = 0
  #begun = 0
  #at: string | null = null

  constructor(sink: Sink) { this.#sink = sink }

  line(bytes: Uint8Array, from: number, to: number, number: number): void {
    for (let i = from; i < to; i++) {
      const byte = bytes[i] ?? 0
      if (this.#isInString) this.#inString(byte)
      else this.#outside(byte, number)
      if (this.#length >= 0) this.#gather(byte)
      if (byte === CLOSE && !this.#isInString && this.#length >= 0 && this.#levels.length === this.#depth) this.#take()
    }
  }

  end(): void {
    if (this.#levels.length > 0) this.#sink.problem(this.#begun, 'the document is cut short')
  }

  #inString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (byte === BACKSLASH) {
      this.#isEscaped = true
      return
    } else if (byte === QUOTE) {
      this.#isInString = false
      if (this.#name === 'at' && this.#levels.at(-1)?.isList === false && this.#isOutsideEntry()) this.#startTable(this.#string)
      return
    }
    // Names are all that is needed of what is no entry, and they are short.
    if (this.#isOutsideEntry() && this.#string.length < 100) this.#string += String.fromCharCode(byte)
  }

  #isOutsideEntry(): boolean { return this.#length < 0 || this.#levels.length === 1 }

  #outside(byte: number, number: number): void {
    switch (byte) {
      case QUOTE:
        this.#isInString = true
        this.#string = ''
        break
      case COLON: this.#name = this.#string; break
      case OPEN: case OPEN_LIST: this.#open(byte === OPEN_LIST, number); break
      case CLOSE: case CLOSE_LIST:
        this.#levels.pop()
        this.#name = ''
        break
      case COMMA: this.#name = ''; break // what follows has a name of its own
    }
  }

  #open(isList: boolean, number: number): void {
    const parent = this.#levels.at(-1)
    const mayBeEntry = !isList && this.#length < 0 &&
      (parent === undefined || (parent.isList && (parent.name === 'entries' || this.#levels.length === 1)))
    if (mayBeEntry) {
      this.#length = 0
      this.#depth = this.#levels.length
      this.#begun = number
    } else if (isList && this.#length >= 0 && (this.#name === 'entries' || this.#name === 'snapshots')) this.#length = -1 // a document
    this.#levels.push({ isList, name: this.#name })
    this.#name = ''
  }

  #gather(byte: number): void {
    if (this.#length >= MOST) {
      this.#sink.problem(this.#begun, 'goes on too long')
      this.#length = -1
      return
    }
    if (this.#length === this.#entry.length) {
      const wider = new Uint8Array(this.#entry.length * 2)
      wider.set(this.#entry)
      this.#entry = wider
    }
    this.#entry[this.#length++] = byte
  }

  /** An object is complete: an entry, or an expectation, which is none. */
  #take(): void {
    const text = DECODER.decode(this.#entry.subarray(0, this.#length))
    this.#length = -1
    try {
      const value = JSON.parse(text) as Partial<JsonEntry> & { expectation?: JsonTuple }
      if (value.expectation === undefined) this.#sink.entries.add(rowFromJson(value))
    } catch (error) {
      if (!(error instanceof RangeError) && !(error instanceof SyntaxError)) throw error
      this.#sink.problem(this.#begun, error instanceof RangeError ? error.message : 'is no JSON')
    }
  }

  /** Tables, and lines of one entry, say at which instant they hold. */
  #startTable(at: string): void {
    if (this.#at !== at) this.#sink.nextTable(at)
    this.#at = at
  }
}
