// gzip through node:zlib, which works on a thread of its own: the next piece is unpacked while this one is looked at, and no more than
// that.

import { createGunzip, type Gunzip } from 'node:zlib'
import { CaptureError } from '../base/errors.ts'
import { CUT } from './decoder.ts'
import type { Input } from './input.ts'

const PACKED = 64 * 1024 // bytes read at a time
const SMALL = 256
const CHUNK = 128 * 1024 // bytes unpacked at a time

export class GzipInput implements Input {
  readonly name: string
  readonly size = 0
  readonly isStream: boolean
  /** Bytes unpacked. */
  position = 0
  #input: Input
  #gunzip: Gunzip
  readonly #packed = new Uint8Array(PACKED)
  /** Unpacked bytes to hand on next. */
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0
  #isOver = false
  #error: unknown = null
  /** Bytes of the input before the piece that is being unpacked. */
  #unpacked = 0
  /** Bytes still to be unpacked that have been handed on before, in a further attempt. */
  #again = 0
  /** In a further attempt: from here on the input is unpacked by so many bytes at a time, for all that can be had. */
  #carefulFrom = Infinity
  #step = Infinity
  #wake: (() => void) | null = null

  /** @param head  the first bytes of the input, already taken from it */
  constructor(input: Input, head: Uint8Array) {
    this.name = input.name
    this.isStream = input.isStream
    this.#input = input
    this.#gunzip = this.#start(head)
  }

  read(bytes: Uint8Array, at: number): number | Promise<number> {
    return this.#at < this.#chunk.length ? this.#take(bytes, at) : this.#wait(bytes, at)
  }

  close(): void {
    this.#gunzip.destroy()
    this.#input.close()
  }

  async #wait(bytes: Uint8Array, at: number): Promise<number> {
    for (;;) {
      const chunk = this.#gunzip.read() as Uint8Array | null
      if (chunk !== null) {
        this.#chunk = chunk
        this.#at = Math.min(this.#again, chunk.length)
        this.#again -= this.#at
        if (this.#at < chunk.length) return this.#take(bytes, at)
      } else if (this.#error !== null) this.#fail(this.#error)
      else if (this.#isOver) return 0
      else await new Promise<void>((resolve) => { this.#wake = resolve })
    }
  }

  #take(bytes: Uint8Array, at: number): number {
    const got = Math.min(bytes.length - at, this.#chunk.length - this.#at)
    bytes.set(this.#chunk.subarray(this.#at, this.#at + got), at)
    this.#at += got
    this.position += got
    return got
  }

  #start(head: Uint8Array): Gunzip {
    const gunzip = createGunzip({ chunkSize: CHUNK })
    const awake = (): void => {
      this.#wake?.()
      this.#wake = null
    }
    gunzip.on('readable', awake)
    gunzip.on('end', () => {
      this.#isOver = true
      awake()
    })
    gunzip.on('error', (error) => {
      if (gunzip === this.#gunzip) this.#error ??= error
      awake()
    })
    void this.#feed(gunzip, head)
    return gunzip
  }

  /** Gives the input to the stream, each piece when the one before has been unpacked and little of it waits to be read. */
  async #feed(gunzip: Gunzip, head: Uint8Array): Promise<void> {
    try {
      this.#unpacked = 0
      for (let piece = head; ; piece = this.#packed.subarray(0, await this.#input.read(this.#packed, 0))) {
        if (piece.length === 0 && piece !== head) break
        for (let at = 0; at < piece.length;) {
          const left = this.#unpacked < this.#carefulFrom ? this.#carefulFrom - this.#unpacked : this.#step
          const count = Math.min(piece.length - at, left)
          await write(gunzip, piece.subarray(at, at + count))
          at += count
          this.#unpacked += count
        }
      }
      gunzip.end()
    } catch (error) {
      if (gunzip !== this.#gunzip) return
      this.#error ??= error
      this.#wake?.()
      this.#wake = null
    }
  }

  /**
   * What cannot be unpacked ends it. The stream drops the piece it failed in, so where the input can be had again, it is
   * unpacked once more up to that piece, and from there by small pieces; then up to that small piece, and byte by byte.
   */
  #fail(error: unknown): void {
    if (error instanceof CaptureError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    const isCut = code === 'Z_BUF_ERROR'
    if (!isCut && this.#step > 1 && this.#input.again !== undefined) {
      this.#step = this.#step === Infinity ? SMALL : 1
      this.#carefulFrom = this.#unpacked
      this.#again = this.position
      this.#error = null
      this.#input.close()
      this.#input = this.#input.again()
      this.#gunzip = this.#start(new Uint8Array(0))
      return
    }
    const where = `at byte ${this.#unpacked} of the file`
    throw isCut ? new CaptureError('TRUNCATED', this.name, this.position, `the gzip data ends too early; ${CUT}`)
      : new CaptureError('BAD_COMPRESSION', this.name, this.position, `the gzip data is damaged ${where} (${message})`)
  }
}

function write(gunzip: Gunzip, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    gunzip.write(bytes, (error) => {
      if (error === null || error === undefined) resolve()
      else reject(error)
    })
  })
}
