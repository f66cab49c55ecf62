// A line of a script, word by word.

/** What is wrong with a script, and where. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError'

  constructor(line: number, detail: string) {
    super(`line ${String(line)}: ${detail}`)
  }
}

export class Words {
  readonly line: number
  readonly #words: readonly string[]
  #next = 0

  /** @param line  its number, for errors */
  constructor(text: string, line = 1) {
    this.#words = text.match(/[<>](?=\s|$)|<[^<>]*>|[^\s<>]+/g) ?? []
    this.line = line
  }

  get isDone(): boolean { return this.#next >= this.#words.length }

  peek(): string { return this.#words[this.#next] ?? '' }

  /** The next word, whatever it is. */
  take(what: string): string {
    const word = this.#words[this.#next++]
    if (word === undefined) throw this.error(`${what} expected`)
    return word
  }

  /** Takes the next word when it is this one. */
  accept(word: string): boolean {
    if (this.#words[this.#next] !== word) return false
    this.#next++
    return true
  }

  /** Takes the next word when it has this form. */
  match(form: RegExp): RegExpExecArray | null {
    const found = form.exec(this.peek())
    if (found !== null) this.#next++
    return found
  }

  number(what: string): number {
    const word = this.take(what)
    const value = Number(word)
    if (!/^-?(\d+|0x[\da-f]+)$/i.test(word) || !Number.isSafeInteger(value)) throw this.error(`${what}: "${word}" is no number`)
    return value
  }

  /** The number behind a word, if the word comes next. */
  field(name: string): number | undefined {
    return this.accept(name) ? this.number(name) : undefined
  }

  hex(what: string): Uint8Array {
    const word = this.take(what)
    if (!/^([\da-f]{2})*$/i.test(word)) throw this.error(`${what}: "${word}" is not hexadecimal`)
    return Uint8Array.from(word.match(/../g) ?? [], (byte) => parseInt(byte, 16))
  }

  error(detail: string): ScriptError {
    return new ScriptError(this.line, detail)
  }
}

export const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** ` name value` when there is a value. */
export const field = (name: string, value: number | undefined): string => value === undefined ? '' : ` ${name} ${String(value)}`
