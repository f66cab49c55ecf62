// Words of a line, looked at where they lie: no string is made to compare one.

import { parseIpv6 } from '../../base/address.ts'

const ZERO = 48
const DOT = 46
const COLON = 58
const SPACE = 32
const LOWER_X = 120
const DECODER = new TextDecoder()
const MOST_NAMES = 1000 // kept: names are few, but a file may be anything

/** A line and the word of it that is looked at. */
export class Bytes {
  #bytes: Uint8Array = new Uint8Array(0)
  #to = 0
  #line = 0
  /** The word: from, and first byte behind it. */
  #word = 0
  #end = 0
  readonly #interned = new Map<number, string>()

  /** Looks at another line. Blanks and a carriage return at its end are no part of it. */
  at(bytes: Uint8Array, from: number, to: number): this {
    this.#bytes = bytes
    this.#line = from
    this.#to = to
    while (this.#to > from && (bytes[this.#to - 1] ?? 0) <= SPACE) this.#to--
    this.#word = from
    this.#end = from
    return this
  }

  /** Goes to the next word. @returns false when there is none */
  nextWord(separator: number): boolean {
    const bytes = this.#bytes
    const to = this.#to
    let at = this.#end
    while (at < to && (bytes[at] === separator || (bytes[at] ?? 0) <= SPACE)) at++
    this.#word = at
    while (at < to && bytes[at] !== separator && (bytes[at] ?? 0) > SPACE) at++
    this.#end = at
    return this.#word < at
  }

  /** Lengthens the word by the one behind it. @returns false when there is none */
  extendWord(separator: number): boolean {
    const from = this.#word
    const isMore = this.nextWord(separator)
    this.#word = from
    return isMore
  }

  get first(): number { return this.#bytes[this.#word] ?? 0 }
  get last(): number { return this.#bytes[this.#end - 1] ?? 0 }

  /** The word is this text. */
  is(text: string): boolean {
    return this.#end - this.#word === text.length && this.#startsWith(this.#word, text)
  }

  /** What stands before the `=` at `equals` is this text. */
  keyIs(text: string, equals: number): boolean {
    return equals === text.length && this.#startsWith(this.#word, text)
  }

  /** A word of the line begins with this text, and goes on. */
  has(text: string): boolean {
    for (let at = this.#line; at + text.length < this.#to; at++) {
      if ((at === this.#line || this.#bytes[at - 1] === SPACE) && this.#startsWith(at, text)) return true
    }
    return false
  }

  #startsWith(at: number, text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.#bytes[at + i] !== text.charCodeAt(i)) return false
    return true
  }

  /** Where in the word a byte stands first; -1 when nowhere. */
  find(byte: number): number {
    for (let at = this.#word; at < this.#end; at++) if (this.#bytes[at] === byte) return at - this.#word
    return -1
  }

  /** The word from `from` on, without its last `tail` bytes, as a whole number, decimal or 0x…; null where it is none. */
  number(from = 0, tail = 0): number | null {
    const bytes = this.#bytes
    const end = this.#end - tail
    let at = this.#word + from
    if (at >= end) return null
    if (bytes[at] === ZERO && bytes[at + 1] === LOWER_X) return this.#hexadecimal(at + 2, end)
    let value = 0
    for (; at < end; at++) {
      const digit = (bytes[at] ?? 0) - ZERO
      if (digit < 0 || digit > 9) return null
      value = value * 10 + digit
    }
    return value
  }

  #hexadecimal(from: number, end: number): number | null {
    const text = this.#latin(from, end)
    return /^[0-9a-fA-F]{1,13}$/.test(text) ? parseInt(text, 16) : null
  }

  /** Reads an address into words. @returns 4 or 6; -1 where it is none */
  address(from: number, words: Int32Array, at: number): number {
    const start = this.#word + from
    const word = this.#ipv4(start)
    if (word >= 0) {
      words[at] = word
      return 4
    }
    return this.#ipv6(start, words, at)
  }

  /** @returns an unsigned word, -1 when it is no IPv4 address */
  #ipv4(start: number): number {
    const bytes = this.#bytes
    let word = 0
    let part = 0
    let digits = 0
    let dots = 0
    for (let i = start; i < this.#end; i++) {
      const byte = bytes[i] ?? 0
      if (byte === DOT) {
        if (digits === 0 || ++dots > 3) return -1
        word = word * 256 + part
        part = 0
        digits = 0
        continue
      }
      const digit = byte - ZERO
      if (digit < 0 || digit > 9 || ++digits > 3) return -1
      part = part * 10 + digit
      if (part > 255) return -1
    }
    return dots === 3 && digits > 0 ? word * 256 + part : -1
  }

  /** In full, as /proc prints it, without a string; any other spelling by way of one. */
  #ipv6(start: number, words: Int32Array, at: number): number {
    if (this.#end - start === 39 && this.#fullIpv6(start, words, at)) return 6
    const parsed = parseIpv6(this.#latin(start, this.#end))
    if (parsed === null) return -1
    words.set(parsed, at)
    return 6
  }

  #fullIpv6(start: number, words: Int32Array, at: number): boolean {
    let word = 0
    for (let i = 0; i < 39; i++) {
      const byte = this.#bytes[start + i] ?? 0
      if (i % 5 === 4) {
        if (byte !== COLON) return false
      } else {
        const digit = hexDigit(byte)
        if (digit < 0) return false
        word = (word << 4) | digit
      }
      if (i % 10 === 8) words[at + (i - 8) / 10] = word
    }
    return true
  }

  /** The word as text, from `from` on. */
  string(from: number): string { return DECODER.decode(this.#bytes.subarray(this.#word + from, this.#end)) }

  /** The word as text that is kept for the next time it comes: for names, of which there are few. */
  intern(): string {
    let hash = 0
    for (let at = this.#word; at < this.#end; at++) hash = (Math.imul(hash, 31) + (this.#bytes[at] ?? 0)) | 0
    const known = this.#interned.get(hash)
    if (known !== undefined && this.is(known)) return known
    const name = this.string(0)
    if (this.#interned.size < MOST_NAMES) this.#interned.set(hash, name)
    return name
  }

  #latin(from: number, to: number): string {
    let text = ''
    for (let at = from; at < to; at++) text += String.fromCharCode(this.#bytes[at] ?? 0)
    return text
  }
}

/** @returns -1 where it is none */
function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  if (byte >= 97 && byte <= 102) return byte - 87
  return byte >= 65 && byte <= 70 ? byte - 55 : -1
}
