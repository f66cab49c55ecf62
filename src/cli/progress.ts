// How far a run has come: a bar on a terminal once the work takes over a second, a line when SIGUSR1 asks.

import { grouped, type Replay } from '../index.ts'
import type { Io } from './io.ts'

const PATIENCE = 1000 // ms before a bar appears
const PERIOD = 200 // ms between two pictures of it
const BAR = 24 // columns
const GAP = ' ' // between three digits and three

export class Progress {
  readonly #io: Io
  readonly #draws: boolean
  readonly #started = performance.now()
  #drawn = false
  #nextAt = PATIENCE

  /** @param quiet  no bar */
  constructor(io: Io, quiet: boolean) {
    this.#io = io
    this.#draws = io.errorIsTerminal && !quiet && io.env.TERM !== 'dumb'
  }

  /** Draws the bar when it is time to. */
  tick(replay: Replay): void {
    if (!this.#draws) return
    const ms = performance.now() - this.#started
    if (ms < this.#nextAt) return
    this.#nextAt = ms + PERIOD
    this.#drawn = true
    const { position, size } = replay.source
    const share = size > 0 ? Math.min(position / size, 1) : 0
    const filled = Math.round(share * BAR)
    const bar = size > 0 ? `[${'='.repeat(filled)}${' '.repeat(BAR - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %  ` : ''
    const left = share > 0.01 ? `  ${String(Math.ceil((ms / share - ms) / 1000))} s left` : ''
    this.#io.say(`\r\u001b[K${bar}${this.#counts(replay, ms)}${left}`)
  }

  /** Takes the bar away, before anything else is written. */
  clear(): void {
    if (!this.#drawn) return
    this.#drawn = false
    this.#io.say('\r\u001b[K')
  }

  /** Says how far it is, on a line of its own. */
  report(replay: Replay): void {
    this.clear()
    const live = replay.engine.table.records.live
    this.#io.say(`pcap-conntrack: ${this.#counts(replay, performance.now() - this.#started)}, ${grouped(live)} connections\n`)
  }

  #counts(replay: Replay, ms: number): string {
    const { position, size } = replay.source
    const bytes = `${megabytes(position)}${size > 0 ? ` of ${megabytes(size)}` : ''} MB`
    const { frames } = replay.engine
    return `${grouped(frames, GAP)} packets, ${bytes}, ${grouped(Math.round(frames / Math.max(ms, 1) * 1000), GAP)} packets/s`
  }
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)
