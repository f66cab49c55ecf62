// What the command line needs of its surroundings, so that tests can give it others.

import { writeSync } from 'node:fs'
import { isatty } from 'node:tty'

/** The reader of standard output has gone away. */
export class ClosedPipe extends Error {
  override readonly name = 'ClosedPipe'
}

/** Standard output takes no more: a full disk, a closed file. */
export class OutputError extends Error {
  override readonly name = 'OutputError'
}

export interface Io {
  /** Writes to standard output; the promise, where there is one, is kept when more may come. @throws ClosedPipe, OutputError */
  write(bytes: Uint8Array): void | Promise<void>
  /** Writes to standard error. */
  say(text: string): void
  readonly env: Readonly<Record<string, string | undefined>>
  /** Standard output and standard error are terminals. */
  readonly outIsTerminal: boolean
  readonly errorIsTerminal: boolean
  /** Columns of the terminal at standard output; 80 where it does not say. */
  readonly columns: number
  /** Calls back on SIGINT and SIGUSR1 until the function it returns is called. */
  onSignals(interrupt: () => void, report: () => void): () => void
}

/** The process's own surroundings. */
export function processIo(): Io {
  let stream: NodeJS.WritableStream | null = null
  return {
    write(bytes) {
      if (stream !== null) return writeStream(stream, bytes)
      let at = 0
      while (at < bytes.length) {
        try {
          at += writeSync(1, bytes, at)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw outputError(error)
          // A slow reader behind a pipe that does not block: let the event loop wait for it, from now on.
          stream = process.stdout
          return writeStream(stream, bytes.subarray(at))
        }
      }
      return undefined
    },
    say(text) {
      try {
        writeSync(2, text)
      } catch {
        // Nobody listens.
      }
    },
    env: process.env,
    outIsTerminal: isatty(1),
    errorIsTerminal: isatty(2),
    get columns() { return (isatty(1) ? process.stdout.columns : 0) || 80 },
    onSignals(interrupt, report) {
      process.on('SIGINT', interrupt)
      if (process.platform !== 'win32') process.on('SIGUSR1', report)
      return () => {
        process.off('SIGINT', interrupt)
        if (process.platform !== 'win32') process.off('SIGUSR1', report)
      }
    },
  }
}

function outputError(error: unknown): Error {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') return new ClosedPipe()
  return new OutputError(`standard output: ${(error as Error).message}`, { cause: error })
}

function writeStream(stream: NodeJS.WritableStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => { reject(outputError(error)) }
    stream.once('error', fail)
    stream.write(Uint8Array.from(bytes), (error) => {
      stream.off('error', fail)
      if (error === null || error === undefined) resolve()
      else fail(error)
    })
  })
}
