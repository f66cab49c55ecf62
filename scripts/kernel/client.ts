// The running kernel as something one can ask: IP packets in; verdicts, log lines, the table out. namespace.py does it.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const NAMESPACE = fileURLToPath(new URL('namespace.py', import.meta.url))
const MOST_BYTES = 1 << 20 // of packets in one request

/** Verdicts by their number in namespace.py; `-` marks the reply's direction, as in packets.tsv of the goldens. */
const VERDICTS = ['INVALID', 'NEW', 'NEW-', 'ESTABLISHED', 'ESTABLISHED-', 'RELATED', 'RELATED-', 'UNTRACKED']

/** Log lines that 6.12 words in another way than later kernels. */
const WORDINGS: readonly (readonly [later: RegExp, in612: string])[] = [
  [/packet \(index \d+, dir \d\) response for index \d+ lower timeout to \d+$/, 'lowered timeout to UNACK'],
]

/**
 * Set for both, so that kernels after 6.12 can be asked: a RST that fits without being exact gives an established connection
 * UNACK's timeout in 6.12 and CLOSE's in later ones.
 */
export const LEVELLED = ['net.netfilter.nf_conntrack_tcp_timeout_close=300']

/** What the kernel said of one packet. */
export interface Answer {
  /** `-` when nothing came out: a fragment held, or a packet that the bridge refuses. */
  readonly verdict: string
  /** When it was through, nanoseconds of the kernel's clock. */
  readonly ns: bigint
  /** Log lines of invalid packets. */
  readonly reasons: readonly string[]
}

/** A connection tracker of the running kernel, in a network namespace of its own. */
export class RunningKernel {
  readonly release: string
  /** Ticks a second. */
  readonly hz: number
  /** Since 6.16 there is no tracker for DCCP: it is `unknown` there. */
  readonly hasDccp: boolean
  readonly #process: ChildProcessWithoutNullStreams
  readonly #input: Input

  private constructor(process: ChildProcessWithoutNullStreams, input: Input, about: { release: string, hz: number, dccp: boolean }) {
    this.#process = process
    this.#input = input
    this.release = about.release
    this.hz = about.hz
    this.hasDccp = about.dccp
  }

  /** @returns the kernel, or why it cannot be asked */
  static async open(): Promise<RunningKernel | string> {
    if (process.platform !== 'linux') return 'this is no Linux'
    if (process.getuid?.() !== 0) return 'it takes root'
    const child = spawn('unshare', ['--net', '--mount', 'python3', NAMESPACE])
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => { said += text })
    const input = new Input(child)
    try {
      const line = (await input.until(10)).toString()
      const about = JSON.parse(line) as { why?: string, release: string, hz: number, dccp: boolean }
      return about.why ?? new RunningKernel(child, input, about)
    } catch (error) {
      return said.trim() === '' ? `unshare or python3: ${(error as Error).message}` : said.trim()
    }
  }

  /** Sends IP packets one after the other, as fast as they go. */
  async send(packets: readonly Uint8Array[]): Promise<Answer[]> {
    const answers: Answer[] = []
    for (let from = 0; from < packets.length;) {
      let to = from
      for (let bytes = 0; to < packets.length && bytes < MOST_BYTES; to++) bytes += packets[to]!.length
      answers.push(...parseAnswers(await this.#ask('P', packets.slice(from, to).flatMap((packet) => [uint32(packet.length), packet]))))
      from = to
    }
    return answers
  }

  /** /proc/net/nf_conntrack, line by line. */
  async table(): Promise<string[]> {
    return lines((await this.#ask('T')).toString())
  }

  /** Forgets every connection. Fragments that wait stay. */
  async forget(): Promise<void> {
    const wrong = (await this.#ask('F')).toString()
    if (wrong !== '') throw new Error(wrong)
  }

  /**
   * Sets sysctls of the namespace, all others back to what they were at first.
   * @param knobs  `name=value`, whole names
   * @returns      what went wrong
   */
  async set(knobs: readonly string[]): Promise<string[]> {
    return lines((await this.#ask('S', [Buffer.from(knobs.join('\n'))])).toString())
  }

  close(): void {
    this.#process.stdin.end()
  }

  async #ask(letter: string, parts: readonly Uint8Array[] = []): Promise<Buffer> {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    this.#process.stdin.write(Buffer.concat([Buffer.from(letter), uint32(length), ...parts]))
    const head = await this.#input.take(5)
    return this.#input.take(head.readUInt32LE(1))
  }
}

function parseAnswers(data: Buffer): Answer[] {
  const answers: Answer[] = []
  for (let at = 0; at < data.length;) {
    const count = data.readUInt8(at)
    const services = data.subarray(at + 1, at + 1 + count)
    at += 1 + count
    const length = data.readUInt16LE(at + 8)
    const text = data.toString('utf8', at + 10, at + 10 + length)
    answers.push({ verdict: verdictOf(services), ns: data.readBigUInt64LE(at), reasons: lines(text).map(asIn612) })
    at += 10 + length
  }
  return answers
}

function asIn612(line: string): string {
  return WORDINGS.reduce((text, [later, in612]) => text.replace(later, in612), line)
}

/** A datagram that came out in pieces has the same verdict on each. */
function verdictOf(services: Uint8Array): string {
  const names = new Set(Array.from(services, (service) => VERDICTS[(service & 0xfc) / 4 - 1] ?? `service ${String(service)}`))
  return names.size === 0 ? '-' : [...names].join('+')
}

const lines = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter((line) => line !== '')

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** What a process writes, taken in pieces of known size. */
class Input {
  #chunks: Buffer[] = []
  #length = 0
  #failure: Error | null = null
  #wake: (() => void) | null = null

  constructor(child: ChildProcessWithoutNullStreams) {
    child.stdout.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#length += chunk.length
      this.#wake?.()
    })
    child.on('error', (error) => { this.#fail(error) })
    child.on('close', () => { this.#fail(new Error('it has ended')) })
    child.stdin.on('error', () => { /* told by its end */ })
  }

  async take(length: number): Promise<Buffer> {
    while (this.#length < length) await this.#more()
    const whole = Buffer.concat(this.#chunks)
    this.#chunks = [whole.subarray(length)]
    this.#length -= length
    return whole.subarray(0, length)
  }

  /** Up to a byte, which is taken too. */
  async until(byte: number): Promise<Buffer> {
    for (;;) {
      const at = Buffer.concat(this.#chunks).indexOf(byte)
      if (at >= 0) return this.take(at + 1)
      await this.#more()
    }
  }

  #more(): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    return new Promise((resolve, reject) => {
      this.#wake = () => {
        this.#wake = null
        if (this.#failure === null) resolve()
        else reject(this.#failure)
      }
    })
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#wake?.()
  }
}
