// The yardstick: reads a capture, takes addresses, ports and protocol out of each packet and counts packets per pair of
// ends in an open hash. What any flow tool in this language has to do at the least; no states, no time, no checks.
// Only little-endian classic pcap with Ethernet, as bench/generate.ts writes it; node bench/walk-key.js CAPTURE

import { closeSync, openSync, readSync } from 'node:fs'

const CHUNK = 1 << 20
const RECORD = 16
const ETHERNET = 14
const KEY_WORDS = 5 // two addresses, the ports, the protocol, the count

let slots = 1 << 16
let table = new Int32Array(slots * KEY_WORDS)
let flows = 0

/** Counts one packet of a flow; a count of zero marks a free slot. */
function count(a, b, ports, protocol, packets) {
  let slot = hash(a, b, ports, protocol) & (slots - 1)
  for (;;) {
    const base = slot * KEY_WORDS
    if (table[base + 4] === 0) {
      table[base] = a
      table[base + 1] = b
      table[base + 2] = ports
      table[base + 3] = protocol
      table[base + 4] = packets
      if (++flows * 2 > slots) widen()
      return
    }
    if (table[base] === a && table[base + 1] === b && table[base + 2] === ports && table[base + 3] === protocol) {
      table[base + 4] += packets
      return
    }
    slot = (slot + 1) & (slots - 1)
  }
}

function hash(a, b, ports, protocol) {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 15) ^ ports, 0xc2b2ae35) ^ protocol
  return h ^ (h >>> 16)
}

function widen() {
  const before = table
  slots *= 2
  table = new Int32Array(slots * KEY_WORDS)
  flows = 0
  for (let base = 0; base < before.length; base += KEY_WORDS) {
    if (before[base + 4] !== 0) count(before[base], before[base + 1], before[base + 2], before[base + 3], before[base + 4])
  }
}

/** Both directions are one flow: the smaller address goes first. */
function note(source, destination, ports, protocol) {
  if (source > destination) count(destination, source, (ports << 16) | (ports >>> 16), protocol, 1)
  else count(source, destination, ports, protocol, 1)
}

const fd = openSync(process.argv[2], 'r')
const bytes = new Uint8Array(CHUNK * 2)
const view = new DataView(bytes.buffer)
let packets = 0
let have = readSync(fd, bytes, 0, CHUNK, null)
let at = 24

for (let got = have; got > 0; have += got) {
  while (have - at >= RECORD) {
    const length = view.getUint32(at + 8, true)
    if (have - at - RECORD < length) break
    const ip = at + RECORD + ETHERNET
    const type = view.getUint16(ip - 2)
    if (type === 0x0800) {
      const l4 = ip + (bytes[ip] & 15) * 4
      note(view.getInt32(ip + 12), view.getInt32(ip + 16), view.getInt32(l4), bytes[ip + 9])
    } else if (type === 0x86dd) note(view.getInt32(ip + 20), view.getInt32(ip + 36), view.getInt32(ip + 40), bytes[ip + 6] | 256)
    at += RECORD + length
    packets++
  }
  bytes.copyWithin(0, at, have)
  have -= at
  at = 0
  got = readSync(fd, bytes, have, CHUNK, null)
}
closeSync(fd)
console.log(`${packets} packets ${flows} flows`)
