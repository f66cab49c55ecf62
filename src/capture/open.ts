// Opens captures, whatever they are: files, pipes, bytes in memory; one, or several that are one capture in order of time.

import { closeSync, fstatSync } from 'node:fs'
import { isatty } from 'node:tty'
import { CaptureError, UsageError } from '../base/errors.ts'
import type { Numbering } from './decoder.ts'
import { FileSource } from './file-source.ts'
import type { Source } from './frame.ts'
import { BytesInput, FileInput, type Input, openPath } from './input.ts'
import { Member, MergedSource } from './merge.ts'
import { naturalOrder } from './rotation.ts'
import { IterableInput, PipeInput } from './stream-input.ts'

/** A path (`-` for standard input), the bytes of a capture, or a stream of them: a Readable, a child's output. */
export type CaptureInput = string | Uint8Array | AsyncIterable<Uint8Array>

export interface CaptureInputOptions {
  /** Bytes of the buffer that a file is read through; it grows where a packet is longer. Default: 512 KiB, less for many files. */
  readonly bufferSize?: number
}

const BUFFER = 512 * 1024
const ALL_BUFFERS = 16 * 1024 * 1024 // bytes, shared out among many files; each has at least
const SMALL_BUFFER = 64 * 1024
const LEAST_BUFFER = 64 // bytes: every header fits
const FEW = 8 // files that are simply left open

/**
 * Opens a capture. What is damaged inside it is told by the source's `damage`, after all that could be read.
 *
 * @param inputs  one input, or several that are one capture in order of time; at equal times in natural order of their names
 * @throws        CaptureError when there is nothing to read: no such file, a directory, not a capture. UsageError for no input at all
 */
export async function openCapture(inputs: CaptureInput | readonly CaptureInput[], options: CaptureInputOptions = {}): Promise<Source> {
  const list = isList(inputs) ? inputs : [inputs]
  const [first] = list
  if (first === undefined) throw new UsageError('no capture to read')
  if (list.length > 1) return openSeveral(list, options)
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
  return openAt(input, 0, options.bufferSize ?? BUFFER, { next: 0 })
}

/** Looks for the first frame of each input that need not be waited for; those that do not count as captures are left out. */
async function openSeveral(inputs: readonly CaptureInput[], options: CaptureInputOptions): Promise<Source> {
  const { bufferSize = Math.min(Math.max(Math.floor(ALL_BUFFERS / inputs.length), SMALL_BUFFER), BUFFER) } = options
  const numbering: Numbering = { next: 0 }
  const started: Member[] = []
  const unstarted: Member[] = []
  const damage: CaptureError[] = []
  let captures = 0
  for (const [place, index] of naturalOrder(inputs.map(nameOf)).entries()) {
    // A file that will be opened again is looked at with numbers of its own.
    let numbers = inputs.length > FEW ? { next: 0 } : numbering
    const member = new Member(place, () => openAt(inputs[index]!, index, bufferSize, numbers))
    try {
      const source = member.open()
      if (source.isStream) {
        unstarted.push(member)
        captures++
        continue
      }
      const hasFrame = await member.start()
      if (source.isCapture) captures++
      if (hasFrame) started.push(member)
      else damage.push(...source.damage)
      if (!hasFrame || inputs.length > FEW) member.setAside()
      numbers = numbering
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error
      damage.push(error)
    }
  }
  if (captures === 0) throw damage[0]!
  return new MergedSource(started, unstarted, damage)
}

/** @throws CaptureError */
function openAt(input: CaptureInput, index: number, bufferSize: number, numbering: Numbering): FileSource {
  return new FileSource(openInput(input, nameOf(input, index)), Math.max(bufferSize, LEAST_BUFFER), numbering)
}

/** What messages call an input. */
export function nameOf(input: CaptureInput, index: number): string {
  if (typeof input !== 'string') return `input ${index + 1}`
  return input === '-' ? 'standard input' : input
}

/** The bytes of one input, as they lie there. @throws CaptureError */
export function openInput(input: CaptureInput, name: string): Input {
  if (input instanceof Uint8Array) return new BytesInput(name, input)
  if (typeof input !== 'string') return new IterableInput(name, input)
  if (input === '-') {
    if (isatty(0)) throw new CaptureError('UNREADABLE', name, 0, 'is a terminal; pipe a capture into it, or name a file')
    const stats = fstatSync(0)
    return stats.isFIFO() || stats.isSocket() ? new PipeInput(name, 0) : new FileInput(name, 0, null, stats.size)
  }
  const { fd, stats } = openPath(input)
  if (stats.isFIFO()) return new PipeInput(name, fd)
  if (!isatty(fd)) return new FileInput(name, fd, stats.isFile() ? input : null, stats.size)
  closeSync(fd)
  throw new CaptureError('UNREADABLE', name, 0, 'is a terminal; name a file')
}
