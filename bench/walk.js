// A floor to measure against: reads a capture and steps from record to record. Nothing is looked at but their lengths.
// Only little-endian classic pcap, as bench/generate.ts writes it; node bench/walk.js CAPTURE

import { closeSync, openSync, readSync } from 'node:fs'

const CHUNK = 1 << 20
const RECORD = 16

const fd = openSync(process.argv[2], 'r')
const bytes = new Uint8Array(CHUNK * 2)
const view = new DataView(bytes.buffer)
let packets = 0
let captured = 0
let have = readSync(fd, bytes, 0, CHUNK, null)
let at = 24

for (let got = have; got > 0; have += got) {
  while (have - at >= RECORD) {
    const length = view.getUint32(at + 8, true)
    if (have - at - RECORD < length) break
    at += RECORD + length
    packets++
    captured += length
  }
  bytes.copyWithin(0, at, have)
  have -= at
  at = 0
  got = readSync(fd, bytes, have, CHUNK, null)
}
closeSync(fd)
console.log(`${packets} packets ${captured} bytes`)
