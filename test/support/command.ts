// Runs the command line inside the test: arguments in; exit code, standard output and standard error out.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClosedPipe, type Io } from '../../src/cli/io.ts'
import { main } from '../../src/cli/main.ts'
import { pcap, type Seen } from './traffic.ts'

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly error: string
  /** How many times standard output was written to. */
  readonly writes: number
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>
  readonly outIsTerminal?: boolean
  readonly errorIsTerminal?: boolean
  readonly columns?: number
  /** The reader of standard output goes away after so many bytes. */
  readonly readerLeavesAt?: number
  /** Each write to standard output is answered only in a later turn of the event loop. */
  readonly slow?: boolean
  /** Called when SIGINT and SIGUSR1 are listened to. */
  readonly signals?: (interrupt: () => void, report: () => void) => void
}

/** Runs `pcap-conntrack ARGUMENTS`. */
export async function command(args: readonly string[], given: Surroundings = {}): Promise<Outcome> {
  const decoder = new TextDecoder()
  let out = ''
  let error = ''
  let writes = 0
  let written = 0
  const io: Io = {
    async write(bytes) {
      written += bytes.length
      if (written > (given.readerLeavesAt ?? Infinity)) throw new ClosedPipe()
      if (given.slow === true) await new Promise(setImmediate)
      writes++
      out += decoder.decode(bytes, { stream: true })
    },
    say(text) { error += text },
    env: given.env ?? {},
    outIsTerminal: given.outIsTerminal ?? false,
    errorIsTerminal: given.errorIsTerminal ?? false,
    columns: given.columns ?? 80,
    onSignals(interrupt, report) {
      given.signals?.(interrupt, report)
      return () => { /* nothing was registered */ }
    },
  }
  const code = await main(args, io)
  return { code, out, error, writes }
}

/** A folder for one test file. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'pcap-conntrack-'))

  /** Writes a file. @returns its path */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name)
    writeFileSync(path, content)
    return path
  }

  capture(name: string, frames: readonly Seen[], linkType = 1): string {
    return this.file(name, pcap(frames, linkType))
  }

  remove(): void {
    rmSync(this.path, { recursive: true })
  }
}
