// One input as a source of frames: finds out what it is, then lets the format's decoder take frames from it.

import { CaptureError, type CaptureErrorCode } from '../base/errors.ts'
import { unpack } from './compression.ts'
import { CUT, type Decoder, type Numbering } from './decoder.ts'
import { foreignFormat } from './foreign-format.ts'
import type { Frame, FrameOrigin, FrameTaker, Source } from './frame.ts'
import { openFailure, type Input } from './input.ts'
import { PCAP_HEADER, PcapDecoder, pcapKind } from './pcap.ts'
import { isPcapng, PcapngDecoder } from './pcapng.ts'
import { Window } from './window.ts'

const MAGIC = 4 // bytes that tell what a file is

export class FileSource implements Source {
  readonly damage: CaptureError[] = []
  readonly #input: Input
  readonly #window: Window
  readonly #numbering: Numbering
  /** Null until enough has been read to know the format. */
  #decoder: Decoder | null = null
  #ended = false

  /** @param size  bytes of the buffer it is read through */
  constructor(input: Input, size: number, numbering: Numbering) {
    this.#input = input
    this.#window = new Window(input, size)
    this.#numbering = numbering
  }

  get position(): number {
    return this.#input.position
  }

  get size(): number {
    return this.#input.size
  }

  get drops(): number | null {
    return this.#decoder?.drops ?? null
  }

  /** Its bytes can be had once only, or come when they come: a pipe, a stream. */
  get isStream(): boolean {
    return this.#input.isStream
  }

  /** It is a capture as far as has been read. */
  get isCapture(): boolean {
    return this.#decoder !== null
  }

  next(frame: Frame): boolean {
    return this.#decoder !== null && this.#decoder.next(frame)
  }

  hand(taker: FrameTaker): void {
    this.#decoder?.hand?.(taker)
  }

  fill(): boolean | Promise<boolean> {
    if (this.#ended || this.#decoder?.failed === true) return this.#end()
    try {
      const more = this.#window.fill()
      if (typeof more === 'boolean') return this.#filled(more)
      return more.then((some) => this.#filled(some), (error: unknown) => this.#broken(error))
    } catch (error) {
      return this.#broken(error)
    }
  }

  origin(_frame: Frame): FrameOrigin {
    const { recordOffset = 0, interfaceName = null } = this.#decoder ?? {}
    return { path: this.#input.name, offset: recordOffset, interfaceName }
  }

  close(): void {
    this.#end()
    this.#window.input.close()
  }

  #filled(more: boolean): boolean {
    if (this.#ended) return false // closed while it waited
    if (this.#decoder === null) this.#recognize(!more)
    if (more) return !this.#ended
    this.#decoder?.finish()
    return this.#end()
  }

  /** Finds out what the input is once there is enough of it. */
  #recognize(isAll: boolean): void {
    const window = this.#window
    const { at, end, view } = window
    const there = end - at
    if (there < MAGIC) {
      if (isAll) this.#refuse(there)
      return
    }
    if (window.input === this.#input) {
      const inside = unpack(this.#input, window.bytes.slice(at, end))
      if (inside !== null) {
        window.restart(inside)
        return
      }
    }
    const report = this.#report.bind(this)
    if (isPcapng(view, at)) this.#decoder = new PcapngDecoder(window, report, this.#numbering)
    else if (pcapKind(view, at) === null) this.#refuse(there)
    else if (there >= PCAP_HEADER) this.#decoder = new PcapDecoder(window, report, this.#numbering)
    else if (isAll) this.#report('TRUNCATED', 0, `ends within the file's header, after ${there} of its ${PCAP_HEADER} bytes; ${CUT}`)
  }

  #refuse(there: number): void {
    this.#end()
    if (there === 0) this.#report('EMPTY', 0, 'is empty: nothing was written into it')
    else if (there < MAGIC) this.#report('BAD_MAGIC', 0, `is not a capture: it has ${there} bytes`)
    else this.#report('BAD_MAGIC', 0, foreignFormat(this.#window.bytes, this.#window.at, this.#window.end))
  }

  #broken(error: unknown): boolean {
    const { name, position } = this.#input
    if (!this.#ended) this.damage.push(error instanceof CaptureError ? error : openFailure(error, name, position))
    return this.#end()
  }

  #report(code: CaptureErrorCode, offset: number, detail: string): void {
    this.damage.push(new CaptureError(code, this.#input.name, offset, detail))
  }

  #end(): false {
    this.#ended = true
    return false
  }
}
