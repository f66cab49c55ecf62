// The bytes of an input that are in memory now: one buffer that moves along it.

import type { Input } from './input.ts'

/** Bytes a record may have with all its headers; a buffer never grows beyond it. */
export const MOST = 64 * 1024 * 1024
const SLACK = 4096 // so that a record of that length fits, wherever it starts

/** A decoder takes from `at`, up to `end`, and calls for more with `fill` when what is there does not hold a whole record. */
export class Window {
  bytes: Uint8Array<ArrayBuffer>
  /** Over the whole of `bytes`. */
  view: DataView<ArrayBuffer>
  /** First byte not taken yet, and the first behind the last one there. */
  at = 0
  end = 0
  /** Where `bytes[0]` lies: bytes from the start of the input. */
  base = 0
  input: Input
  /** Bytes to come that nobody wants. */
  #skip = 0

  /** @param size  bytes of the buffer; it grows when a record is longer */
  constructor(input: Input, size: number) {
    this.input = input
    this.bytes = new Uint8Array(size)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Goes on with the first byte of another input. */
  restart(input: Input): void {
    this.input = input
    this.at = 0
    this.end = 0
    this.base = 0
  }

  /** Bytes that `skip` still waits for. */
  get skipping(): number {
    return this.#skip
  }

  /** Takes bytes that need not all be there yet. */
  skip(count: number): void {
    const there = Math.min(count, this.end - this.at)
    this.at += there
    this.#skip += count - there
  }

  /** Has its bytes at the beginning of another buffer from now on. False when they do not fit there. */
  moveTo({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): boolean {
    if (this.bytes.buffer === buffer) return true
    if (this.bytes.length > length) return false
    const bytes = new Uint8Array(buffer, byteOffset, this.bytes.length)
    bytes.set(this.bytes)
    this.bytes = bytes
    this.view = new DataView(buffer, byteOffset, bytes.length)
    return true
  }

  /**
   * Gets more bytes behind those that are there; what has been taken is gone, and offsets into `bytes` change.
   *
   * @returns  false at the end of the input
   * @throws   CaptureError, also by rejecting
   */
  fill(): boolean | Promise<boolean> {
    this.#makeRoom()
    const got = this.input.read(this.bytes, this.end)
    return typeof got === 'number' ? this.#add(got) : got.then((count) => this.#add(count))
  }

  #makeRoom(): void {
    const { at, end } = this
    if (at > 0) {
      if (end > at) this.bytes.copyWithin(0, at, end)
      this.base += at
      this.end = end - at
      this.at = 0
    } else if (end === this.bytes.length) {
      // Bytes that are there are all of one record: so a length that a file only claims takes no memory.
      const bytes = new Uint8Array(Math.min(end * 2, MOST + SLACK))
      bytes.set(this.bytes)
      this.bytes = bytes
      this.view = new DataView(bytes.buffer)
    }
  }

  #add(count: number): boolean {
    this.end += count
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, count)
      this.at += skipped
      this.#skip -= skipped
    }
    return count > 0
  }
}
