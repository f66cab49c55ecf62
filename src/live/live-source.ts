// A program that captures, as a source of frames.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { type CaptureError, Frame, type FrameOrigin, openCapture, type Source } from '../index.ts'
import type { CaptureProgram, CaptureRequest, Complaint, Losses } from './program.ts'

/**
 * Runs the program beside a shell that ends it when our end of standard input closes, whatever became of us and whoever it runs
 * as, and that asks it for its counts when a line comes.
 */
const KEEPER = '"$@" </dev/null & child=$!; exec >&- 2>&-; ' +
  'while read -r line; do kill -USR1 $child; done; kill -TERM $child; wait $child'

const MOST_SAID = 16_384 // characters of standard error that are kept

export class LiveSource implements Source {
  readonly program: CaptureProgram
  readonly size = 0
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #source: Source
  readonly #ended: Promise<void>
  #said = ''
  #isStopped = false

  private constructor(program: CaptureProgram, child: ChildProcessByStdio<Writable, Readable, Readable>, source: Source) {
    this.program = program
    this.#child = child
    this.#source = source
    child.stderr.setEncoding('utf8').on('data', (text: string) => { this.#said = (this.#said + text).slice(-MOST_SAID) })
    child.stdin.on('error', () => { /* it has ended */ })
    this.#ended = new Promise((resolve) => {
      child.on('error', () => { resolve() })
      child.on('close', () => { resolve() })
    })
  }

  /** Starts the program; back when the device is open. @throws LiveError */
  static async open(program: CaptureProgram, file: readonly string[], request: CaptureRequest, complain: Complaint): Promise<LiveSource> {
    const words = ['-c', KEEPER, 'sh', ...file, ...program.args(request)]
    // A process group of its own: an interrupt from the keyboard is for us, and we end the program in order.
    const child = spawn('/bin/sh', words, { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    const live = new LiveSource(program, child, await openCapture(child.stdout))
    // The first bytes are the file's header, which each program writes as soon as the device is open.
    if (await live.#source.fill()) return live
    live.stop()
    await live.#ended
    throw complain(program, live.#said, request)
  }

  get damage(): readonly CaptureError[] {
    return this.#source.damage
  }

  get position(): number {
    return this.#source.position
  }

  /** Why the program ended by itself; null where it did not, or was told to. Known once `fill` has said that there is no more. */
  get failure(): string | null {
    if (this.#isStopped) return null
    const reason = this.#said.trim().split('\n').filter((line) => !/^\d+ packets? |listening on|Capturing on|^File: /.test(line)).at(-1)
    return `${this.program.name} ended${reason === undefined ? '' : `: ${reason.replace(`${this.program.name}: `, '')}`}`
  }

  /** Packets lost so far, as last told; null where nobody tells. */
  get losses(): Losses | null {
    return this.program.losses(this.#said)
  }

  get drops(): number | null {
    const { losses } = this
    return losses === null ? null : (losses.kernel ?? 0) + (losses.interface ?? 0)
  }

  next(frame: Frame): boolean {
    return this.#source.next(frame)
  }

  fill(): boolean | Promise<boolean> {
    return this.#source.fill()
  }

  origin(frame: Frame): FrameOrigin {
    return this.#source.origin(frame)
  }

  /** Asks for fresh counts, where the program tells them before its end. */
  askLosses(): void {
    if (this.program.tellsLosses && this.#child.stdin.writable) this.#child.stdin.write('\n')
  }

  /** Ends the capture; what is on its way still comes. */
  stop(): void {
    this.#isStopped = true
    this.#child.stdin.end()
  }

  /** Ends the capture and waits for the program's last counts. */
  async end(): Promise<void> {
    this.stop()
    const frame = new Frame() // what comes now is not looked at
    do { while (this.#source.next(frame)) { /* go on */ } } while (await this.#source.fill())
    await this.#ended
  }

  close(): void {
    this.stop()
    this.#source.close()
  }
}
