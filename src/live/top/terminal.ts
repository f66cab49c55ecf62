// A terminal in full-screen mode: another screen that goes away with us, keys one by one.

import { emitKeypressEvents } from 'node:readline'

interface Keypress {
  readonly name?: string
  readonly ctrl?: boolean
  readonly sequence?: string
}

const ENTER = '\u001b[?1049h\u001b[?25l' // the other screen, no cursor
const LEAVE = '\u001b[?25h\u001b[?1049l'

export class Terminal {
  readonly #onKey: (name: string) => void
  readonly #onResize: () => void
  readonly #listener = (text: string | undefined, key: Keypress): void => { this.#press(text, key) }
  /** Always put back, whatever ends the process. */
  readonly #leave = (): void => { process.stdout.write(LEAVE) }
  #isOpen = true

  /** @param onKey  is told of keys by name: a character, or `up`, `return`, `ctrl-c`, … */
  constructor(onKey: (name: string) => void, onResize: () => void) {
    this.#onKey = onKey
    this.#onResize = onResize
    process.stdout.write(ENTER)
    process.on('exit', this.#leave)
    process.stdout.on('resize', onResize)
    if (!process.stdin.isTTY) return
    emitKeypressEvents(process.stdin)
    process.stdin.setRawMode(true)
    process.stdin.on('keypress', this.#listener)
    process.stdin.resume()
  }

  get width(): number {
    return process.stdout.columns || 80
  }

  get height(): number {
    return process.stdout.rows || 24
  }

  /** Shows lines; while the terminal is slow, nothing. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen || process.stdout.writableNeedDrain) return
    process.stdout.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J`)
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    process.off('exit', this.#leave)
    process.stdout.off('resize', this.#onResize)
    if (process.stdin.isTTY) {
      process.stdin.off('keypress', this.#listener)
      process.stdin.setRawMode(false)
      process.stdin.pause()
    }
    this.#leave()
  }

  #press(text: string | undefined, { name, ctrl, sequence }: Keypress): void {
    if (ctrl === true) this.#onKey(`ctrl-${name ?? ''}`)
    else if (name !== undefined && name.length > 1) this.#onKey(name === 'enter' ? 'return' : name)
    else this.#onKey(text ?? sequence ?? '')
  }
}
