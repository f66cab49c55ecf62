// Writes a classic pcap: little-endian, microseconds, Ethernet. Frames are built where they will be written from.

import { closeSync, openSync, writeSync } from 'node:fs'

const BUFFER = 1 << 20
const MOST = 1 << 12 // bytes a frame has at most, its record's header included
const SHORTEST = 60 // bytes of an Ethernet frame without its FCS

export class CaptureFile {
  readonly bytes = new Uint8Array(BUFFER)
  readonly view = new DataView(this.bytes.buffer)
  packets = 0
  readonly #fd: number
  readonly #snap: number
  #at = 0

  /** @param snap  bytes of each frame that are kept */
  constructor(path: string, snap = 262_144) {
    this.#fd = openSync(path, 'w')
    this.#snap = snap
    const header = [0xa1b2c3d4, 0x00040002, 0, 0, snap, 1]
    header.forEach((word, i) => { this.view.setUint32(i * 4, word, true) })
    this.#at = header.length * 4
  }

  /** Where the next frame's first byte goes; all that follows may hold anything. */
  frame(): number {
    if (this.#at + MOST > BUFFER) this.#flush()
    return this.#at + 16
  }

  /** Writes the frame built at `frame()`, up to `end`, padded to Ethernet's least. */
  emit(sec: number, usec: number, end: number): void {
    const start = this.#at + 16
    const length = Math.max(end - start, SHORTEST)
    this.bytes.fill(0, end, start + length)
    const kept = Math.min(length, this.#snap)
    this.view.setUint32(this.#at, sec, true)
    this.view.setUint32(this.#at + 4, usec, true)
    this.view.setUint32(this.#at + 8, kept, true)
    this.view.setUint32(this.#at + 12, length, true)
    this.#at = start + kept
    this.packets++
  }

  close(): void {
    this.#flush()
    closeSync(this.#fd)
  }

  #flush(): void {
    for (let at = 0; at < this.#at;) at += writeSync(this.#fd, this.bytes, at, this.#at - at)
    this.#at = 0
  }
}
