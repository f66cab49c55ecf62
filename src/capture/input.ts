// Where bytes come from: a file on disk, or memory. (Pipes and streams: stream-input.ts.)

import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { CaptureError } from '../base/errors.ts'

/** Bytes of one input, in their order. */
export interface Input {
  /** What messages call it: its path, or what stands for one. */
  readonly name: string
  /** Bytes read so far, and how many there are in all; 0 where that is not known. */
  readonly position: number
  readonly size: number
  /** Its bytes can be had once only, or come when they come. */
  readonly isStream: boolean
  /**
   * Reads into `bytes` from `at` on: as much as there is now and fits.
   *
   * @returns  bytes read, at least one; 0 at the end
   * @throws   CaptureError, also by rejecting
   */
  read(bytes: Uint8Array, at: number): number | Promise<number>
  /** The same from its start, where it can be had again. */
  again?(): Input
  close(): void
}

/** File descriptors that files may hold at a time. Beyond it, each read opens its file anew. */
const MOST_OPEN = 128

/** A file on disk. Of many files that are read by turns only some are held open. */
export class FileInput implements Input {
  static #open = 0
  readonly name: string
  readonly size: number
  readonly isStream: boolean
  position = 0
  readonly #path: string | null
  #fd: number

  /**
   * @param fd    open for reading; -1 to open it when it is read
   * @param path  by which the file can be opened again, null where it cannot
   */
  constructor(name: string, fd: number, path: string | null, size: number) {
    this.name = name
    this.size = size
    this.isStream = path === null
    this.#path = path
    this.#fd = fd
    if (fd >= 0) FileInput.#open++
  }

  read(bytes: Uint8Array, at: number): number {
    try {
      if (this.#fd < 0 && this.#path !== null) this.#reopen(this.#path)
      // What cannot be opened again is read from where its descriptor stands: it may have been read from before.
      const got = readSync(this.#fd, bytes, at, bytes.length - at, this.#path === null ? null : this.position)
      this.position += got
      if (this.#path !== null && FileInput.#open > MOST_OPEN) this.close()
      return got
    } catch (error) {
      throw openFailure(error, this.name, this.position)
    }
  }

  close(): void {
    if (this.#fd < 0) return
    closeSync(this.#fd)
    this.#fd = -1
    FileInput.#open--
  }

  again(): FileInput {
    return new FileInput(this.name, -1, this.#path, this.size)
  }

  #reopen(path: string): void {
    this.#fd = openSync(path, constants.O_RDONLY)
    FileInput.#open++
  }
}

/** Bytes that lie in memory. */
export class BytesInput implements Input {
  readonly name: string
  readonly size: number
  readonly isStream = false
  position = 0
  readonly #bytes: Uint8Array

  constructor(name: string, bytes: Uint8Array) {
    this.name = name
    this.size = bytes.length
    this.#bytes = bytes
  }

  read(bytes: Uint8Array, at: number): number {
    const got = Math.min(bytes.length - at, this.size - this.position)
    bytes.set(this.#bytes.subarray(this.position, this.position + got), at)
    this.position += got
    return got
  }

  again(): BytesInput {
    return new BytesInput(this.name, this.#bytes)
  }

  close(): void { /* holds nothing */ }
}

/** A path opened for reading. */
export interface Opened {
  readonly fd: number
  readonly stats: Stats
}

/** Opens a path, never waiting for who writes into it. @throws CaptureError */
export function openPath(path: string): Opened {
  let fd = -1
  try {
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK as number | undefined ?? 0))
    const stats = fstatSync(fd)
    if (!stats.isDirectory()) return { fd, stats }
  } catch (error) {
    if (fd >= 0) closeSync(fd)
    throw openFailure(error, path, 0)
  }
  closeSync(fd)
  throw new CaptureError('UNREADABLE', path, 0, 'is a directory; name the capture files in it')
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file: a part of the path is not a directory',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  EISDIR: 'is a directory; name the capture files in it',
  ENXIO: 'is a socket or a device that is not there',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  EIO: 'the disk or device fails to give its bytes',
}

/** What the operating system said, for people. */
export function openFailure(error: unknown, path: string, offset: number): CaptureError {
  const { code = '', message } = error as NodeJS.ErrnoException
  const kind = code === 'ENOENT' || code === 'ENOTDIR' ? 'NOT_FOUND' : 'UNREADABLE'
  return new CaptureError(kind, path, offset, WORDS[code] ?? message, { cause: error })
}
