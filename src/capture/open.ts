// Opens a capture. (Walking skeleton: one classic pcap file, little-endian, microseconds.)

import { closeSync, openSync, readSync } from 'node:fs'
import { CaptureError } from '../base/errors.ts'
import type { Frame, FrameOrigin, Source } from './frame.ts'

const CHUNK = 1 << 20

class PcapFile implements Source {
  position = 0
  readonly size = 0
  readonly damage: CaptureError[] = []
  readonly #path: string
  readonly #fd: number
  readonly #bytes = new Uint8Array(CHUNK * 2)
  readonly #view = new DataView(this.#bytes.buffer)
  #have = 0
  #at = 24
  #linkType = 1
  #number = 0

  constructor(path: string) {
    this.#path = path
    this.#fd = openSync(path, 'r')
    this.fill()
    if (this.#have < 24 || this.#view.getUint32(0, true) !== 0xa1b2c3d4) throw new CaptureError('BAD_MAGIC', path, 0, 'not a capture')
    this.#linkType = this.#view.getUint32(20, true) & 0xffff
  }

  next(frame: Frame): boolean {
    const at = this.#at
    const view = this.#view
    if (this.#have - at < 16) return false
    const length = view.getUint32(at + 8, true)
    if (this.#have - at - 16 < length) return false
    frame.number = ++this.#number
    frame.sec = view.getUint32(at, true)
    frame.nsec = view.getUint32(at + 4, true) * 1000
    frame.bytes = this.#bytes
    frame.view = view
    frame.start = at + 16
    frame.end = at + 16 + length
    frame.wireLen = view.getUint32(at + 12, true)
    frame.linkType = this.#linkType
    this.#at = frame.end
    return true
  }

  fill(): boolean {
    if (this.#have > 0 && this.#at > 24) {
      this.#bytes.copyWithin(0, this.#at, this.#have)
      this.#have -= this.#at
      this.#at = 0
    }
    const got = readSync(this.#fd, this.#bytes, this.#have, CHUNK, null)
    this.#have += got
    return got > 0
  }

  origin(frame: Frame): FrameOrigin {
    return { path: this.#path, offset: frame.start - 16, interfaceName: null }
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/** Opens a capture by its path. @throws CaptureError */
export function openCapture(path: string): Source {
  return new PcapFile(path)
}
