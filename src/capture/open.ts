// Opens captures, whatever they are: files, pipes, bytes in memory; one, or several that are one capture in order of time.

import { isatty } from 'node:tty'
import { closeSync, fstatSync } from 'node:fs'
import { CaptureError, UsageError } from '../base/errors.ts'
import { FileSource } from './file-source.ts'
import type { Source } from './frame.ts'
import { BytesInput, FileInput, type Input, openPath } from './input.ts'
import { IterableInput, PipeInput } from './stream-input.ts'

/** A path (`-` for standard input), the bytes of a capture, or a stream of them: a Readable, a child's output. */
export type CaptureInput = string | Uint8Array | AsyncIterable<Uint8Array>

export interface CaptureInputOptions {
  /** Bytes of the buffer that a file is read through; it grows where a packet is longer. Default: 512 KiB. */
  readonly bufferSize?: number
}

const BUFFER = 512 * 1024
const LEAST_BUFFER = 64 // bytes: every header fits

/**
 * Opens a capture. What is damaged inside it is told by the source's `damage`, after all that could be read.
 *
 * @param inputs  one input, or several that are one capture in order of time
 * @throws        CaptureError when there is nothing to read: no such file, a directory, not a capture. UsageError for no input at all
 */
export async function openCapture(inputs: CaptureInput | readonly CaptureInput[], options: CaptureInputOptions = {}): Promise<Source> {
  const list = isList(inputs) ? inputs : [inputs]
  const [first] = list
  if (first === undefined) throw new UsageError('no capture to read')
  const source = openOne(first, options)
  if (source.isStream) return source
  while (!source.isCapture && await source.fill()) { /* go on */ }
  if (source.isCapture) return source
  source.close()
  throw source.damage[0]!
}

const isList = (inputs: CaptureInput | readonly CaptureInput[]): inputs is readonly CaptureInput[] => Array.isArray(inputs)

/** One input as a source of which nothing has been read yet; the first `fill` finds out what it is. @throws CaptureError */
export function openOne(input: CaptureInput, options: CaptureInputOptions = {}): FileSource {
  return new FileSource(openInput(input, 0), Math.max(options.bufferSize ?? BUFFER, LEAST_BUFFER), { next: 0 })
}

/** @throws CaptureError */
function openInput(input: CaptureInput, index: number): Input {
  if (typeof input !== 'string') {
    const name = `input ${index + 1}`
    return input instanceof Uint8Array ? new BytesInput(name, input) : new IterableInput(name, input)
  }
  if (input === '-') {
    const name = 'standard input'
    if (isatty(0)) throw new CaptureError('UNREADABLE', name, 0, 'is a terminal; pipe a capture into it, or name a file')
    const stats = fstatSync(0)
    return stats.isFIFO() || stats.isSocket() ? new PipeInput(name, 0) : new FileInput(name, 0, null, stats.size)
  }
  const { fd, stats } = openPath(input)
  if (stats.isFIFO()) return new PipeInput(input, fd)
  if (!isatty(fd)) return new FileInput(input, fd, stats.isFile() ? input : null, stats.size)
  closeSync(fd)
  throw new CaptureError('UNREADABLE', input, 0, 'is a terminal; name a file')
}
