// Keeps what was tracked, as tcpdump -w does: in one file, or in files of a size (-C), or of a length of time (-G).

import { type Frame, PcapWriter } from '../index.ts'

export interface RecorderOptions {
  /** Bytes after which a new file begins; null for never. The first file has the name itself, the others a number behind it. */
  readonly mostBytes: number | null
  /** Seconds after which a new file begins; null for never. Its name is made by strftime(3): give it %H%M%S and the like. */
  readonly seconds: number | null
}

export class Recorder {
  readonly #path: string
  readonly #options: RecorderOptions
  #writer: PcapWriter | null = null
  /** Epoch seconds at which the file is over. */
  #overAt = Infinity
  /** Files of one name so far. */
  #count = 0
  #name = ''

  constructor(path: string, options: RecorderOptions) {
    this.#path = path
    this.#options = options
  }

  /** @throws CaptureError when a file cannot be written, UsageError for a frame of another link type */
  write(frame: Frame): void {
    const { mostBytes, seconds } = this.#options
    if (frame.sec >= this.#overAt) {
      this.close()
      this.#count = 0
    } else if (mostBytes !== null && this.#writer !== null && this.#writer.size > mostBytes) this.close()
    if (this.#writer === null) {
      if (this.#count === 0) {
        this.#name = seconds === null ? this.#path : strftime(this.#path, frame.sec)
        this.#overAt = seconds === null ? Infinity : frame.sec + seconds
      }
      this.#writer = new PcapWriter(this.#count === 0 ? this.#name : `${this.#name}${this.#count}`, frame.linkType)
      this.#count++
    }
    this.#writer.write(frame)
  }

  /** Hands what was written to the operating system. @throws CaptureError */
  flush(): void {
    this.#writer?.flush()
  }

  /** @throws CaptureError */
  close(): void {
    this.#writer?.close()
    this.#writer = null
  }
}

/** The conversions of strftime(3) that name files, in local time. */
export function strftime(format: string, sec: number): string {
  const time = new Date(sec * 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
  const days = Math.round((Date.UTC(time.getFullYear(), time.getMonth(), time.getDate()) - Date.UTC(time.getFullYear(), 0, 0)) / 86_400_000)
  const conversions: Readonly<Record<string, string>> = {
    Y: String(time.getFullYear()), y: two(time.getFullYear() % 100), m: two(time.getMonth() + 1), d: two(time.getDate()),
    H: two(time.getHours()), M: two(time.getMinutes()), S: two(time.getSeconds()), j: String(days).padStart(3, '0'),
    s: String(sec), F: date, T: clock, '%': '%',
  }
  return format.replace(/%(.)/g, (whole, letter: string) => conversions[letter] ?? whole)
}
