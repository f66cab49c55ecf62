// Text gathered as bytes, for output too large for strings: a million lines cost no garbage.

const CHUNK = 1 << 16 // bytes: hand on what has gathered when it is this much
const SLACK = 1 << 12 // bytes: one piece of text may overshoot by this before the buffer grows

const WORD = 4 // bytes: texts are written in words, of which the last may reach behind the text
const TEN_THOUSAND = 10_000

/** Up to four characters as the word they are in memory. */
function wordOf(text: string): number {
  let word = 0
  for (let i = 0; i < WORD; i++) word = (word << 8) | (i < text.length ? text.charCodeAt(i) : 0)
  return word
}

/** Numbers below ten thousand: their digits and no more, and all four. */
const DIGITS = new Int32Array(TEN_THOUSAND)
const FOUR_DIGITS = new Int32Array(TEN_THOUSAND)
for (let value = 0; value < TEN_THOUSAND; value++) { // by arithmetic: every start of the program waits for it
  const word = 0x30303030 + ((value / 1000 | 0) << 24) + ((value / 100 | 0) % 10 << 16) + ((value / 10 | 0) % 10 << 8) + value % 10
  FOUR_DIGITS[value] = word
  DIGITS[value] = value < 10 ? word << 24 : value < 100 ? word << 16 : value < 1000 ? word << 8 : word
}
const DOTTED = Int32Array.from({ length: 256 }, (_, value) => wordOf(`${String(value)}.`))

const SRC = wordOf('src=')
const DST = wordOf('dst=')
const SPO = wordOf('spor')
const DPO = wordOf('dpor')
const RT = wordOf('t=')

/** Writes an address and a space. @returns where it ends */
function dotted(view: DataView, from: number, word: number): number {
  let at = from
  for (let shift = 24; shift >= 0; shift -= 8) {
    const byte = (word >>> shift) & 255
    view.setInt32(at, DOTTED[byte] ?? 0)
    at += byte < 10 ? 2 : byte < 100 ? 3 : 4
  }
  view.setInt8(at - 1, 32) // for the last dot
  return at
}

/** Writes a port and a space. @returns where it ends */
function port(view: DataView, from: number, value: number): number {
  let at = from
  let low = value
  if (value >= TEN_THOUSAND) {
    const high = (value / TEN_THOUSAND) | 0
    low -= high * TEN_THOUSAND
    view.setInt8(at, 48 + high)
    view.setInt32(at + 1, FOUR_DIGITS[low] ?? 0)
    at += 5
  } else {
    view.setInt32(at, DIGITS[low] ?? 0)
    at += low < 10 ? 1 : low < 100 ? 2 : low < 1000 ? 3 : 4
  }
  view.setInt8(at, 32)
  return at + 1
}

/** Writes once more what stands between two places. @returns where it ends */
function copied(view: DataView, to: number, from: number, end: number): number {
  const offset = to - from
  for (let at = from; at < end; at += WORD) view.setInt32(at + offset, view.getInt32(at))
  return end + offset
}

/** A text that is printed over and over, in words. */
export class Piece {
  readonly words: Int32Array
  readonly length: number

  /** @param text  ASCII */
  constructor(text: string) {
    this.length = text.length
    this.words = Int32Array.from({ length: Math.ceil(text.length / WORD) }, (_, i) => wordOf(text.slice(i * WORD, i * WORD + WORD)))
  }
}

/** Takes what has gathered. The bytes are valid during the call, or until the promise it returns is kept. */
export type Drain = (bytes: Uint8Array) => void | Promise<void>

export class TextBuffer {
  #bytes = new Uint8Array(CHUNK + SLACK)
  #view = new DataView(this.#bytes.buffer)
  #at = 0
  /** Where the parts of the last tuple stand. */
  #sourceAt = 0
  #destinationAt = 0
  #sourcePortAt = 0
  #destinationPortAt = 0
  #tupleEnd = 0
  readonly #drain: Drain
  readonly #encoder = new TextEncoder()

  constructor(drain: Drain) {
    this.#drain = drain
  }

  /** Enough has gathered: `await flush()` before more is added. */
  get full(): boolean { return this.#at >= CHUNK }

  /** Hands on what has gathered. */
  flush(): void | Promise<void> {
    if (this.#at === 0) return
    const bytes = this.#bytes.subarray(0, this.#at)
    this.#at = 0
    return this.#drain(bytes)
  }

  /** Adds any text. */
  text(text: string): void {
    this.#reserve(text.length * 3)
    if (text.length > 48) {
      this.#at += this.#encoder.encodeInto(text, this.#bytes.subarray(this.#at)).written
      return
    }
    const bytes = this.#bytes
    let at = this.#at
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) {
        this.#at += this.#encoder.encodeInto(text, bytes.subarray(this.#at)).written
        return
      }
      bytes[at++] = code
    }
    this.#at = at
  }

  /** Adds a text that is always the same. */
  piece(piece: Piece): void {
    const { words, length } = piece
    this.#reserve(length)
    const view = this.#view
    let at = this.#at
    for (let i = 0; i < words.length; i++, at += 4) view.setInt32(at, words[i] ?? 0)
    this.#at += length
  }

  /** Ends a line, without the space that may stand last. */
  lineEnd(): void {
    this.#reserve(1)
    if (this.#bytes[this.#at - 1] === 32) this.#at--
    this.#bytes[this.#at++] = 10
  }

  /** Adds a whole number in decimal; any that a double holds exactly. */
  number(value: number): void {
    if (value < 0 || value > 0x7fffffff) {
      this.text(String(value))
      return
    }
    this.#reserve(10)
    const high = value < TEN_THOUSAND ? 0 : (value / TEN_THOUSAND) | 0
    if (high >= TEN_THOUSAND) {
      const highest = (high / TEN_THOUSAND) | 0
      this.#digits(highest)
      this.#fourDigits(high - highest * TEN_THOUSAND)
    } else if (high > 0) this.#digits(high)
    const low = value - high * TEN_THOUSAND
    if (high > 0) this.#fourDigits(low)
    else this.#digits(low)
  }

  /** Adds a whole number below 2^31 in decimal, with zeros in front up to `digits`. */
  padded(value: number, digits: number): void {
    this.#reserve(digits)
    const start = this.#at
    let rest = value | 0
    let at = start + digits
    for (; at - start >= 4; at -= 4) {
      const high = (rest / TEN_THOUSAND) | 0
      this.#view.setInt32(at - 4, FOUR_DIGITS[rest - high * TEN_THOUSAND] ?? 0)
      rest = high
    }
    while (at > start) {
      const tenth = (rest / 10) | 0
      this.#bytes[--at] = 48 + rest - tenth * 10
      rest = tenth
    }
    this.#at += digits
  }

  /** Adds a word of an address as four decimal bytes: `%pI4`. */
  ipv4(word: number): void {
    this.#reserve(16)
    this.#at = dotted(this.#view, this.#at, word) - 1 // without the space
  }

  /** Adds `src=… dst=… sport=… dport=… ` of IPv4: most of nearly every line, so all in one go. */
  tuple4(source: number, destination: number, sourcePort: number, destinationPort: number): void {
    this.#reserve(80)
    const view = this.#view
    const sourceAt = this.#at + 4
    view.setInt32(sourceAt - 4, SRC)
    const destinationAt = dotted(view, sourceAt, source) + 4
    view.setInt32(destinationAt - 4, DST)
    const sourcePortAt = dotted(view, destinationAt, destination) + 6
    view.setInt32(sourcePortAt - 6, SPO)
    view.setInt32(sourcePortAt - 2, RT)
    const destinationPortAt = port(view, sourcePortAt, sourcePort) + 6
    view.setInt32(destinationPortAt - 6, DPO)
    view.setInt32(destinationPortAt - 2, RT)
    this.#at = port(view, destinationPortAt, destinationPort)
    this.#sourceAt = sourceAt
    this.#destinationAt = destinationAt
    this.#sourcePortAt = sourcePortAt
    this.#destinationPortAt = destinationPortAt
    this.#tupleEnd = this.#at
  }

  /** Adds what an answer to the tuple that `tuple4` added last carries: the same texts, the other way about. */
  answer4(): void {
    this.#reserve(80)
    const view = this.#view
    let at = this.#at
    view.setInt32(at, SRC)
    at = copied(view, at + 4, this.#destinationAt, this.#sourcePortAt - 6)
    view.setInt32(at, DST)
    at = copied(view, at + 4, this.#sourceAt, this.#destinationAt - 4)
    view.setInt32(at, SPO)
    view.setInt32(at + 4, RT)
    at = copied(view, at + 6, this.#destinationPortAt, this.#tupleEnd)
    view.setInt32(at, DPO)
    view.setInt32(at + 4, RT)
    this.#at = copied(view, at + 6, this.#sourcePortAt, this.#destinationPortAt - 6)
  }

  /** A number below ten thousand: its digits, and no more. */
  #digits(value: number): void {
    this.#view.setInt32(this.#at, DIGITS[value] ?? 0)
    this.#at += value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : 4
  }

  #fourDigits(value: number): void {
    this.#view.setInt32(this.#at, FOUR_DIGITS[value] ?? 0)
    this.#at += 4
  }

  /** Adds the four words of an address in full: `%pI6`. */
  ipv6(a: number, b: number, c: number, d: number): void {
    this.#groups(a)
    this.#byte(58)
    this.#groups(b)
    this.#byte(58)
    this.#groups(c)
    this.#byte(58)
    this.#groups(d)
  }

  #groups(word: number): void {
    this.#reserve(9)
    const bytes = this.#bytes
    let at = this.#at
    for (let shift = 28; shift >= 0; shift -= 4) {
      const digit = (word >>> shift) & 15
      bytes[at++] = digit < 10 ? 48 + digit : 87 + digit
      if (shift === 16) bytes[at++] = 58
    }
    this.#at = at
  }

  #byte(code: number): void {
    this.#reserve(1)
    this.#bytes[this.#at++] = code
  }

  #reserve(count: number): void {
    if (this.#bytes.length - this.#at >= count + WORD) return
    const wider = new Uint8Array((this.#at + count + WORD) * 2)
    wider.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = wider
    this.#view = new DataView(wider.buffer)
  }
}
