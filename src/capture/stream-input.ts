// Bytes that arrive when they arrive: pipes, FIFOs that are still being written, streams of a program's own.

import { Socket } from 'node:net'
import type { Input } from './input.ts'

const PIPE = 64 * 1024 // bytes: what a pipe holds

/** A pipe, FIFO or socket by its file descriptor. Reads only when asked to, through one buffer. */
export class PipeInput implements Input {
  readonly name: string
  readonly size = 0
  readonly isStream = true
  position = 0
  readonly #buffer = new Uint8Array(PIPE)
  readonly #socket: Socket
  /** What has arrived and has not been handed on. */
  #at = 0
  #end = 0
  #isOver = false
  #error: Error | null = null
  #arrived: (() => void) | null = null

  constructor(name: string, fd: number) {
    this.name = name
    const onread = { buffer: this.#buffer, callback: (count: number) => this.#arrive(count) }
    this.#socket = new Socket({ fd, readable: true, writable: false, onread } as ConstructorParameters<typeof Socket>[0])
    this.#socket.pause()
    this.#socket.on('end', () => { this.#finish(null) })
    this.#socket.on('close', () => { this.#finish(null) })
    this.#socket.on('error', (error) => { this.#finish(error) })
  }

  read(bytes: Uint8Array, at: number): number | Promise<number> {
    if (this.#end > this.#at || this.#isOver) return this.#take(bytes, at)
    return new Promise((resolve, reject) => {
      this.#arrived = () => {
        this.#arrived = null
        if (this.#error === null) resolve(this.#take(bytes, at))
        else reject(this.#error)
      }
      this.#socket.resume()
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(bytes: Uint8Array, at: number): number {
    const got = Math.min(bytes.length - at, this.#end - this.#at)
    bytes.set(this.#buffer.subarray(this.#at, this.#at + got), at)
    this.#at += got
    this.position += got
    return got
  }

  /** @returns  false: no more until it is asked for */
  #arrive(count: number): false {
    this.#at = 0
    this.#end = count
    this.#socket.pause()
    this.#arrived?.()
    return false
  }

  #finish(error: Error | null): void {
    this.#isOver = true
    this.#error ??= error
    this.#arrived?.()
  }
}

/** A stream of bytes of the program's own: a Readable, the output of a child process, a generator. */
export class IterableInput implements Input {
  readonly name: string
  readonly size = 0
  readonly isStream = true
  position = 0
  readonly #iterator: AsyncIterator<Uint8Array, unknown>
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0

  constructor(name: string, bytes: AsyncIterable<Uint8Array>) {
    this.name = name
    this.#iterator = bytes[Symbol.asyncIterator]()
  }

  read(bytes: Uint8Array, at: number): number | Promise<number> {
    return this.#at < this.#chunk.length ? this.#take(bytes, at) : this.#wait(bytes, at)
  }

  close(): void {
    void this.#iterator.return?.().catch(() => undefined) // nobody wants to know any more
  }

  async #wait(bytes: Uint8Array, at: number): Promise<number> {
    do {
      const { done, value } = await this.#iterator.next()
      if (done === true) return 0
      this.#chunk = value
      this.#at = 0
    } while (this.#chunk.length === 0)
    return this.#take(bytes, at)
  }

  #take(bytes: Uint8Array, at: number): number {
    const got = Math.min(bytes.length - at, this.#chunk.length - this.#at)
    bytes.set(this.#chunk.subarray(this.#at, this.#at + got), at)
    this.#at += got
    this.position += got
    return got
  }
}
