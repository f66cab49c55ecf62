// zstd through fzstd: Node lacks it before 22.15, and after that reads a file's first frame alone. Frames and blocks (RFC 8878 §3.1)
// are told apart here, so that fzstd gets one block at a time: what a block unpacks to is bounded, and all before a damaged one is
// had. Checksums are not looked at.

import type * as Fzstd from 'fzstd'
import { CaptureError } from '../base/errors.ts'
import { CUT } from './decoder.ts'
import type { Input } from './input.ts'
import { Window } from './window.ts'

const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a50 // its lowest four bits are free
const MOST_BLOCK = 128 * 1024 // bytes, packed or unpacked
const MOST_WINDOW = 128 * 1024 * 1024 // bytes: what zstd takes without --long
const RLE = 1
const RESERVED = 3

export class ZstdInput implements Input {
  readonly name: string
  readonly size = 0
  readonly isStream: boolean
  /** Bytes unpacked. */
  position = 0
  readonly #window: Window
  #fzstd: typeof Fzstd | null = null
  /** Null between two frames. */
  #frame: Fzstd.Decompress | null = null
  #hasChecksum = false
  /** Unpacked bytes to hand on next. */
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0

  /** @param head  the first bytes of the input, already taken from it */
  constructor(input: Input, head: Uint8Array) {
    this.name = input.name
    this.isStream = input.isStream
    this.#window = new Window(input, Math.max(head.length, 2 * MOST_BLOCK))
    this.#window.bytes.set(head)
    this.#window.end = head.length
  }

  read(bytes: Uint8Array, at: number): number | Promise<number> {
    return this.#at < this.#chunk.length ? this.#take(bytes, at) : this.#wait(bytes, at)
  }

  close(): void {
    this.#window.input.close()
  }

  async #wait(bytes: Uint8Array, at: number): Promise<number> {
    this.#fzstd ??= await import('fzstd')
    while (this.#at >= this.#chunk.length) {
      const length = this.#frame === null ? this.#frameHeader() : this.#block()
      if (length > 0) this.#window.skip(length)
      else if (!await this.#window.fill()) {
        if (this.#frame === null && this.#window.at === this.#window.end && this.#window.skipping === 0) return 0
        throw new CaptureError('TRUNCATED', this.name, this.position, `the zstd data ends too early; ${CUT}`)
      }
    }
    return this.#take(bytes, at)
  }

  #take(bytes: Uint8Array, at: number): number {
    const got = Math.min(bytes.length - at, this.#chunk.length - this.#at)
    bytes.set(this.#chunk.subarray(this.#at, this.#at + got), at)
    this.#at += got
    this.position += got
    return got
  }

  /** Begins a frame. @returns the length of its header, or of all of a frame to be passed over; 0 when more must be read first */
  #frameHeader(): number {
    const { at, bytes, end, skipping, view } = this.#window
    if (end - at < 8 || skipping > 0) return 0
    const magic = view.getUint32(at, true)
    if ((magic & ~15) === SKIPPABLE) return 8 + view.getUint32(at + 4, true)
    if (magic !== MAGIC) this.#fail('there is no frame where one should be')
    const flags = bytes[at + 4]!
    const isSingle = (flags & 0x20) !== 0
    const sizeBytes = flags >>> 6 > 0 ? 1 << (flags >>> 6) : isSingle ? 1 : 0
    const sizeAt = at + 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][flags & 3]!
    const behind = sizeAt + sizeBytes
    if (end < behind) return 0
    const descriptor = bytes[at + 5]!
    const windowSize = isSingle ? readSize(view, sizeAt, sizeBytes) : 2 ** (10 + (descriptor >>> 3)) * (1 + (descriptor & 7) / 8)
    if (windowSize > MOST_WINDOW) this.#fail(`it wants a window of ${windowSize} bytes; unpack it first: zstd -d --long=31 FILE`)
    if ((flags & 3) !== 0) this.#fail('it needs a dictionary; unpack it first: zstd -d -D DICTIONARY FILE')
    const header = bytes.slice(at, behind)
    header[4] = flags & ~4 // the checksum is taken out of fzstd's sight
    this.#hasChecksum = (flags & 4) !== 0
    this.#frame = new this.#fzstd!.Decompress((chunk) => { this.#add(chunk) })
    this.#unpack(header, false)
    return behind - at
  }

  /** Unpacks a block. @returns its length, with the frame's checksum behind the last one; 0 when more must be read first */
  #block(): number {
    const { at, bytes, end } = this.#window
    if (end - at < 3) return 0
    const header = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16
    const isLast = (header & 1) !== 0
    const type = header >>> 1 & 3
    const size = header >>> 3
    if (type === RESERVED || size > MOST_BLOCK) this.#fail('a block that cannot be')
    const length = 3 + (type === RLE ? 1 : size)
    const checksum = isLast && this.#hasChecksum ? 4 : 0
    if (end - at < length) return 0
    this.#unpack(bytes.slice(at, at + length), isLast)
    if (isLast) this.#frame = null
    return length + checksum
  }

  #unpack(bytes: Uint8Array, isLast: boolean): void {
    this.#chunk = new Uint8Array(0)
    this.#at = 0
    try {
      this.#frame!.push(bytes, isLast)
    } catch (error) {
      if (error instanceof CaptureError) throw error
      this.#fail((error as Error).message)
    }
  }

  /** Takes what fzstd unpacked: one block, or a few small ones that it kept until it had enough to begin. */
  #add(chunk: Uint8Array): void {
    if (chunk.length > MOST_BLOCK) this.#fail('a block that cannot be')
    if (this.#chunk.length === 0) {
      this.#chunk = chunk
      return
    }
    const both = new Uint8Array(this.#chunk.length + chunk.length)
    both.set(this.#chunk)
    both.set(chunk, this.#chunk.length)
    this.#chunk = both
  }

  #fail(what: string): never {
    const { at, base } = this.#window
    const detail = `the zstd data is damaged at byte ${base + at} of the file (${what})`
    throw new CaptureError('BAD_COMPRESSION', this.name, this.position, detail)
  }
}

/** A frame's content size, for which there are 1, 2, 4 or 8 bytes. */
function readSize(view: DataView, at: number, bytes: number): number {
  switch (bytes) {
    case 1: return view.getUint8(at)
    case 2: return view.getUint16(at, true) + 256
    case 4: return view.getUint32(at, true)
    default: return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
  }
}
