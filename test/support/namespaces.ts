// Network namespaces for tests that need an interface of their own. Root only: `missing` says in a word what keeps them away.

import { execFileSync, spawn, spawnSync, type ChildProcessWithoutNullStreams, type SpawnSyncReturns } from 'node:child_process'
import { findProgram } from '../../src/live/programs.ts'

let count = 0

/** What is not there for tests in network namespaces; null when all is. */
export function missing(...programs: readonly string[]): string | null {
  if (process.platform !== 'linux') return 'Linux'
  if (process.getuid?.() !== 0) return 'root'
  const lost = ['ip', ...programs].find((name) => findProgram(name) === null)
  if (lost !== undefined) return lost
  const probe = new Namespace()
  const works = probe.isThere
  probe.remove()
  return works ? null : 'network namespaces'
}

/** A namespace with nothing but a loopback interface that is up. */
export class Namespace {
  readonly name = `pct-${process.pid}-${++count}`
  readonly isThere: boolean

  constructor() {
    this.isThere = spawnSync('ip', ['netns', 'add', this.name]).status === 0
    if (this.isThere) this.run('ip', 'link', 'set', 'lo', 'up')
  }

  /** Runs a command to its end. @returns what it printed; throws when it fails */
  run(...words: readonly string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.name, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** Runs a command to its end, whatever becomes of it. */
  try(...words: readonly string[]): SpawnSyncReturns<string> {
    return spawnSync('ip', ['netns', 'exec', this.name, ...words], { encoding: 'utf8' })
  }

  /** Starts a command. Its standard input is open, and says nothing. */
  start(...words: readonly string[]): Running {
    return new Running(spawn('ip', ['netns', 'exec', this.name, ...words], { stdio: ['pipe', 'pipe', 'pipe'] }))
  }

  remove(): void {
    spawnSync('ip', ['netns', 'del', this.name])
  }
}

/** A command that runs on. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams
  out = ''
  error = ''
  readonly ended: Promise<number | null>
  #waiting: (() => void)[] = []

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.out += text
      this.#look()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.error += text
      this.#look()
    })
    this.ended = new Promise((resolve) => {
      child.on('close', (code) => {
        resolve(code)
        this.#look()
      })
    })
  }

  /** Waits until what it printed is so; or until it has ended. */
  async until(isSo: (running: this) => boolean): Promise<void> {
    while (!isSo(this) && this.child.exitCode === null) await new Promise<void>((resolve) => { this.#waiting.push(resolve) })
  }

  /** Interrupts it, as a person at the keyboard does. @returns its exit code */
  interrupt(): Promise<number | null> {
    this.child.kill('SIGINT')
    return this.ended
  }

  #look(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}
