// One run of one command: its surroundings, its capture, and how it ends.

import { CaptureError, openCapture, Replay, type ReplayOptions, type Source, TextBuffer } from '../index.ts'
import { EXIT } from './exit-codes.ts'
import type { Io } from './io.ts'
import type { CommonOptions } from './options.ts'

export class Session {
  readonly io: Io
  readonly out: TextBuffer
  /** What the process will end with. */
  exitCode: number = EXIT.DONE

  constructor(io: Io) {
    this.io = io
    this.out = new TextBuffer((bytes) => io.write(bytes))
  }

  /** Opens captures and hands on a replay of them; afterwards says what was wrong with the input. */
  async replay(
    paths: readonly string[], common: CommonOptions, options: ReplayOptions, run: (replay: Replay) => Promise<void>,
  ): Promise<void> {
    let source: Source
    try {
      source = openCapture(paths[0] ?? '-')
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error
      this.#complain(error)
      return
    }
    let interrupted = false
    const replay = new Replay(source, {
      ...options,
      between: async () => {
        if (this.out.full) await this.out.flush()
        return !interrupted
      },
    })
    const release = this.io.onSignals(() => { interrupted = true }, () => { /* progress */ })
    try {
      await run(replay)
      await this.out.flush()
    } finally {
      release()
      source.close()
    }
    for (const error of replay.damage) this.#complain(error)
    this.#remark(replay, common)
    if (replay.stopped) this.exitCode = EXIT.INTERRUPTED
  }

  #complain(error: CaptureError): void {
    this.io.say(`pcap-conntrack: ${error.message}\n`)
    this.exitCode = EXIT.INPUT
  }

  #remark(replay: Replay, common: CommonOptions): void {
    const { backwards } = replay.engine.clock
    if (common.quiet !== true && backwards > 0) {
      this.io.say(`pcap-conntrack: ${String(backwards)} frames older than one before them; taken at the latest time seen\n`)
    }
    for (const when of replay.missed) {
      this.io.say(`pcap-conntrack: ${when.text}: the capture has ${String(replay.engine.frames)} frames\n`)
      this.exitCode = EXIT.USAGE
    }
  }
}
