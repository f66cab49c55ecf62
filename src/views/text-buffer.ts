// Text gathered as bytes, for output too large for strings: a million lines cost no garbage.

const CHUNK = 1 << 16 // bytes: hand on what has gathered when it is this much
const SLACK = 1 << 12 // bytes: one piece of text may overshoot by this before the buffer grows

/** Takes what has gathered. The bytes are valid during the call, or until the promise it returns is kept. */
export type Drain = (bytes: Uint8Array) => void | Promise<void>

export class TextBuffer {
  #bytes = new Uint8Array(CHUNK + SLACK)
  #at = 0
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

  /** Adds a whole number in decimal; any that a double holds exactly. */
  number(value: number): void {
    if (value < 0 || value > 0x7fffffff) {
      this.text(String(value))
      return
    }
    this.#reserve(10)
    let digits = 1
    for (let power = 10; value >= power; power *= 10) digits++
    let rest = value | 0
    const end = this.#at + digits
    for (let at = end - 1; at >= this.#at; at--) {
      const tenth = (rest / 10) | 0
      this.#bytes[at] = 48 + rest - tenth * 10
      rest = tenth
    }
    this.#at = end
  }

  /** Adds a whole number below 2^31 in decimal, with zeros in front up to `digits`. */
  padded(value: number, digits: number): void {
    this.#reserve(digits)
    let rest = value | 0
    for (let at = this.#at + digits - 1; at >= this.#at; at--) {
      const tenth = (rest / 10) | 0
      this.#bytes[at] = 48 + rest - tenth * 10
      rest = tenth
    }
    this.#at += digits
  }

  /** Adds a word of an address as four decimal bytes: `%pI4`. */
  ipv4(word: number): void {
    this.number(word >>> 24)
    this.#byte(46)
    this.number((word >>> 16) & 255)
    this.#byte(46)
    this.number((word >>> 8) & 255)
    this.#byte(46)
    this.number(word & 255)
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
    if (this.#bytes.length - this.#at >= count) return
    const wider = new Uint8Array((this.#at + count) * 2)
    wider.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = wider
  }
}
