// One run of one command: its surroundings, its capture, and how it ends.

import { CaptureError, editDistance, nearest, openCapture, Replay, type ReplayOptions, type Source, TextBuffer } from '../index.ts'
import type { Command } from 'commander'
import { EXIT } from './exit-codes.ts'
import type { Io } from './io.ts'
import type { CommonOptions } from './options.ts'
import { Progress } from './progress.ts'

const TURN = 50 // ms after which signals and timers get their turn

export class Session {
  readonly io: Io
  /** What is bound for standard output. */
  readonly out: TextBuffer
  /** What the process will end with. */
  exitCode: number = EXIT.DONE
  /** Everything there is, for who tells of it. */
  readonly program: () => Promise<Command>
  readonly #commands: readonly string[]
  #progress: Progress | null = null
  /** What was wrong with the input, as it was said: a capture that is read twice is complained of once. */
  readonly #complaints = new Set<string>()

  /**
   * @param commands  names of commands, for who misspells one
   * @param program   makes the whole program
   */
  constructor(io: Io, commands: readonly string[], program: (session: Session) => Promise<Command>) {
    this.io = io
    this.program = () => program(this)
    this.#commands = commands
    this.out = new TextBuffer((bytes) => {
      this.#progress?.clear()
      return io.write(bytes)
    })
  }

  /**
   * Opens captures and hands on a replay of them; afterwards says what was wrong with the input.
   * @param run  goes through the replay and prints; on SIGINT the replay ends early and `run` prints what there is
   */
  async replay(
    paths: readonly string[], common: CommonOptions, options: ReplayOptions, run: (replay: Replay) => Promise<void>,
  ): Promise<void> {
    let source: Source
    try {
      source = await openCapture(paths.length > 0 ? paths : '-')
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error
      this.#complain(error)
      return
    }
    const progress = new Progress(this.io, common.quiet === true)
    this.#progress = progress
    let turnAt = performance.now() + TURN
    const replay = new Replay(source, {
      ...options,
      between: (current) => {
        const now = performance.now()
        // Who reads from a pipe may wait long for the next packet: what there is to say goes out before.
        if (now < turnAt && source.size > 0) return this.#flushed()
        turnAt = now + TURN
        progress.tick(current)
        return this.#turn()
      },
    })
    let release = (): void => { /* nothing is held yet */ }
    release = this.io.onSignals(() => {
      release() // a second SIGINT ends the process at once
      replay.stop()
    }, () => { progress.report(replay) })
    try {
      await run(replay)
      await this.out.flush()
    } finally {
      release()
      source.close()
      progress.clear()
    }
    for (const error of replay.damage) this.#complain(error)
    this.#remark(replay, common)
    if (replay.stopped) this.exitCode = EXIT.INTERRUPTED
  }

  /** Hands on what has gathered, where it is enough. */
  #flushed(): true | Promise<true> {
    const written = this.out.full ? this.out.flush() : undefined
    return written === undefined ? true : written.then(() => true)
  }

  async #turn(): Promise<boolean> {
    await this.out.flush()
    await new Promise(setImmediate)
    return true
  }

  #complain(error: CaptureError): void {
    this.exitCode = EXIT.INPUT
    if (this.#complaints.has(error.message)) return
    this.#complaints.add(error.message)
    this.io.say(`pcap-conntrack: ${error.message}\n`)
    const meant = nearest(error.path, this.#commands)
    if (error.code === 'NOT_FOUND' && editDistance(error.path, meant) <= 2) this.io.say(`Did you mean the command ${meant}?\n`)
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
