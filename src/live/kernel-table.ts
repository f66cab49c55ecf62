// The table of the kernel that runs here, as /proc shows it.

import { closeSync, openSync, readSync } from 'node:fs'
import { Entries, LiveError, readTable } from '../index.ts'

const PATH = '/proc/net/nf_conntrack'
const PIECE = 64 * 1024

const MOST_READINGS = 5 // that wait to be compared: while we are slow, no more is read

/** Reads the kernel's table at equal distances of wall-clock time, and keeps it until ours has got as far. */
export class KernelReader {
  readonly #table = new KernelTable()
  readonly #everyMs: number
  readonly #readings: Entries[] = []
  #timer: ReturnType<typeof setInterval> | undefined

  /** @throws LiveError where the kernel tracks nothing, or does not let us see it */
  constructor(everyMs: number) {
    this.#everyMs = everyMs
  }

  /** @param onReading  is told when, in ms since the epoch: `take` gives them in the same order */
  start(onReading: (ms: number) => void): void {
    this.#timer = setInterval(() => {
      if (this.#readings.length >= MOST_READINGS) return
      const ms = Date.now()
      this.#readings.push(this.#table.read())
      onReading(ms)
    }, this.#everyMs)
  }

  /** The oldest one that has not been taken; null when there is none. */
  take(): Entries | null {
    return this.#readings.shift() ?? null
  }

  close(): void {
    clearInterval(this.#timer)
    this.#table.close()
  }
}

/** Opened while we are root, and read as often as wanted after that. */
class KernelTable {
  readonly #fd: number
  #bytes = new Uint8Array(PIECE)

  /** @throws LiveError where the kernel tracks nothing, or does not let us see it */
  constructor() {
    try {
      this.#fd = openSync(PATH, 'r')
    } catch (error) {
      const isDenied = (error as NodeJS.ErrnoException).code === 'EACCES'
      if (isDenied) throw new LiveError(`${PATH}: no permission to read it`, 'run this with sudo', { cause: error })
      const remedy = 'modprobe nf_conntrack; the kernel must be built with CONFIG_NF_CONNTRACK_PROCFS'
      throw new LiveError(`${PATH} is not there: this kernel tracks no connections, or does not show them`, remedy, { cause: error })
    }
  }

  /** The table now. */
  read(): Entries {
    let end = 0
    for (;;) {
      if (end + PIECE > this.#bytes.length) {
        const bytes = new Uint8Array(this.#bytes.length * 2)
        bytes.set(this.#bytes)
        this.#bytes = bytes
      }
      const got = readSync(this.#fd, this.#bytes, end, this.#bytes.length - end, end)
      if (got === 0) break
      end += got
    }
    return readTable(this.#bytes.subarray(0, end)).tables[0]?.entries ?? new Entries()
  }

  close(): void {
    closeSync(this.#fd)
  }
}
