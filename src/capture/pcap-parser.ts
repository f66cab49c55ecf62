// For programs that read their captures with the npm package pcap-parser: its parser as a source of frames. It knows classic pcap
// in microseconds only, and does not say when a file is cut; openCapture() reads more.

import { CaptureError } from '../base/errors.ts'
import { CUT } from './decoder.ts'
import type { Frame, FrameOrigin, Source } from './frame.ts'
import { openFailure } from './input.ts'

export interface PcapParserGlobalHeader {
  readonly linkLayerType: number
}

export interface PcapParserPacket {
  readonly header: {
    readonly timestampSeconds: number
    readonly timestampMicroseconds: number
    readonly capturedLength: number
    readonly originalLength: number
  }
  readonly data: Uint8Array
}

/** What is used of a parser that `pcapp.parse()` made. */
export interface PcapParser {
  on(event: 'globalHeader', listener: (header: PcapParserGlobalHeader) => void): unknown
  on(event: 'packet', listener: (packet: PcapParserPacket) => void): unknown
  on(event: 'end', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  /** Held back while frames wait to be taken. */
  readonly stream?: { pause(): unknown, resume(): unknown }
  /** Bytes it has not made a packet of. */
  readonly buffer?: Uint8Array | null
}

const MANY = 1000 // packets that wait: no more is read
const FILE_HEADER = 24 // bytes
const RECORD_HEADER = 16
const USEC_PER_SEC = 1_000_000

/**
 * The packets of a parser as frames. Make it in the same turn as the parser, before the first event.
 *
 *     const source = new PcapParserSource(pcapp.parse('capture.pcap'))
 *     const replay = new Replay(source)
 */
export class PcapParserSource implements Source {
  readonly damage: CaptureError[] = []
  readonly size = 0
  /** Bytes of the file before the next packet. */
  position = FILE_HEADER
  readonly #parser: PcapParser
  readonly #name: string
  #linkType = 1
  /** Packets that wait, the next one at `#at`. */
  #packets: PcapParserPacket[] = []
  #at = 0
  #number = 0
  #recordAt = 0
  #isOver = false
  #wake: ((more: boolean) => void) | null = null
  /** The piece of the file that the last packet lies in. */
  #bytes = new Uint8Array(0)
  #view = new DataView(this.#bytes.buffer)

  /** @param name  what messages call the capture */
  constructor(parser: PcapParser, name = 'pcap-parser') {
    this.#parser = parser
    this.#name = name
    parser.on('globalHeader', (header) => { this.#linkType = header.linkLayerType & 0xffff })
    parser.on('packet', (packet) => { this.#add(packet) })
    parser.on('end', () => { this.#end() })
    parser.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#isOver) return
      this.damage.push(error.code === undefined ? new CaptureError('BAD_MAGIC', name, 0, error.message) : openFailure(error, name, 0))
      this.#stop()
    })
  }

  next(frame: Frame): boolean {
    const packet = this.#packets[this.#at]
    if (packet === undefined) return false
    this.#at++
    const { header, data } = packet
    if (data.buffer !== this.#bytes.buffer) {
      this.#bytes = new Uint8Array(data.buffer as ArrayBuffer)
      this.#view = new DataView(this.#bytes.buffer)
    }
    const usec = header.timestampMicroseconds
    frame.number = ++this.#number
    frame.sec = header.timestampSeconds + Math.floor(usec / USEC_PER_SEC)
    frame.nsec = usec % USEC_PER_SEC * 1000
    frame.bytes = this.#bytes
    frame.view = this.#view
    frame.start = data.byteOffset
    frame.end = data.byteOffset + data.length
    frame.wireLen = Math.max(header.originalLength, data.length)
    frame.linkType = this.#linkType
    frame.iface = 0
    this.#recordAt = this.position
    this.position += RECORD_HEADER + data.length
    return true
  }

  fill(): boolean | Promise<boolean> {
    if (this.#at < this.#packets.length) return true
    this.#packets = []
    this.#at = 0
    if (this.#isOver) return false
    this.#parser.stream?.resume()
    return new Promise((resolve) => { this.#wake = resolve })
  }

  origin(_frame: Frame): FrameOrigin {
    return { path: this.#name, offset: this.#recordAt, interfaceName: null }
  }

  /** Takes no more packets. The parser and its stream are the caller's to end. */
  close(): void {
    this.#packets = []
    this.#at = 0
    this.#stop()
  }

  #add(packet: PcapParserPacket): void {
    if (this.#isOver) return
    this.#packets.push(packet)
    if (this.#packets.length - this.#at >= MANY) this.#parser.stream?.pause()
    this.#wake?.(true)
    this.#wake = null
  }

  #end(): void {
    if (this.#isOver) return
    const left = this.#parser.buffer?.length ?? 0
    const waiting = this.#packets.slice(this.#at).reduce((sum, { data }) => sum + RECORD_HEADER + data.length, 0)
    const at = this.position + waiting
    if (left > 0) this.damage.push(new CaptureError('TRUNCATED', this.#name, at, `ends in the middle of a record; ${CUT}`))
    this.#stop()
  }

  #stop(): void {
    this.#isOver = true
    this.#wake?.(false)
    this.#wake = null
  }
}
