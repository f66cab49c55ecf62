// Writes frames to a classic pcap file: little-endian, nanoseconds.

import { closeSync, openSync, writeSync } from 'node:fs'
import { UsageError } from '../base/errors.ts'
import type { Frame } from './frame.ts'
import { openFailure } from './input.ts'

const BUFFER = 256 * 1024
const FILE_HEADER = 24 // bytes
const RECORD_HEADER = 16
const NANOSECONDS = 0xa1b23c4d
const SNAP_LENGTH = 262_144 // bytes of a packet that are kept at most, as tcpdump and Wireshark have it

export class PcapWriter {
  readonly path: string
  readonly linkType: number
  /** Frames written. */
  count = 0
  readonly #fd: number
  readonly #bytes = new Uint8Array(BUFFER)
  readonly #view = new DataView(this.#bytes.buffer)
  #end = FILE_HEADER
  /** Bytes handed to the operating system. */
  #written = 0

  /** Makes the file, or empties it. @param linkType of all frames, LINKTYPE_… @throws CaptureError */
  constructor(path: string, linkType: number) {
    this.path = path
    this.linkType = linkType
    try {
      this.#fd = openSync(path, 'w')
    } catch (error) {
      throw openFailure(error, path, 0)
    }
    putFileHeader(this.#view, 0, linkType)
  }

  /** Bytes of the file, those that are still in memory too. */
  get size(): number {
    return this.#written + this.#end
  }

  /** Adds a frame. It may stay in memory until `flush` or `close`. @throws UsageError for a frame of another link type; CaptureError */
  write(frame: Frame): void {
    const { start, end } = frame
    if (frame.linkType !== this.linkType) {
      throw new UsageError(`${this.path}: a pcap file holds frames of one link type: ${this.linkType}, not ${frame.linkType}`)
    }
    if (this.#end + RECORD_HEADER > BUFFER) this.flush()
    putRecordHeader(this.#view, this.#end, frame.sec, frame.nsec, end - start, frame.wireLen)
    this.#end += RECORD_HEADER
    for (let at = start; at < end;) {
      const count = Math.min(end - at, BUFFER - this.#end)
      this.#bytes.set(frame.bytes.subarray(at, at + count), this.#end)
      this.#end += count
      at += count
      if (this.#end === BUFFER) this.flush()
    }
    this.count++
  }

  /** Hands all that was written to the operating system. @throws CaptureError */
  flush(): void {
    try {
      for (let at = 0; at < this.#end;) at += writeSync(this.#fd, this.#bytes, at, this.#end - at)
    } catch (error) {
      throw openFailure(error, this.path, 0)
    }
    this.#written += this.#end
    this.#end = 0
  }

  close(): void {
    try {
      this.flush()
    } finally {
      closeSync(this.#fd)
    }
  }
}

function putFileHeader(view: DataView, at: number, linkType: number): void {
  view.setUint32(at, NANOSECONDS, true)
  view.setUint16(at + 4, 2, true)
  view.setUint16(at + 6, 4, true)
  view.setUint32(at + 8, 0)
  view.setUint32(at + 12, 0)
  view.setUint32(at + 16, SNAP_LENGTH, true)
  view.setUint32(at + 20, linkType, true)
}

/** Puts the header of a record; `captured` bytes of packet follow it. */
function putRecordHeader(view: DataView, at: number, sec: number, nsec: number, captured: number, wireLen: number): void {
  view.setUint32(at, sec, true)
  view.setUint32(at + 4, nsec, true)
  view.setUint32(at + 8, captured, true)
  view.setUint32(at + 12, wireLen, true)
}
