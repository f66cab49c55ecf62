// The hash of tuples. Both directions of a connection have the same one, unless something between them changed an address
// or a port: one entry then serves both, where the kernel has two.

import { AF_INET6, IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../base/units.ts'
import { foldTail } from './fold.ts'
import { ADDR, ADDR6, PORTS, PROTO } from './layout.ts'
import type { Tuple } from './tuple.ts'

/** Hash of a tuple: 32 bits. */
export function hashTuple(tuple: Tuple, seed: number): number {
  return hashWords(tuple.proto, tuple.ports, tuple.source0 ^ tuple.sourceTail, tuple.destination0 ^ tuple.destinationTail, seed)
}

/** Hash of a record's tuple of direction `dir`. */
export function hashRecord(words: Int32Array, base: number, dir: number, seed: number): number {
  const proto = words[base + PROTO]!
  let source = words[base + ADDR + dir * 2]!
  let destination = words[base + ADDR + dir * 2 + 1]!
  if ((proto & 255) === AF_INET6) {
    const tail = base + ADDR6 + dir * 6
    source ^= foldTail(words[tail]!, words[tail + 1]!, words[tail + 2]!)
    destination ^= foldTail(words[tail + 3]!, words[tail + 4]!, words[tail + 5]!)
  }
  return hashWords(proto, words[base + PORTS + dir]!, source, destination, seed)
}

/** Hash of a tuple by its words; of an IPv6 address, the first word and the fold of the others. */
export function hashWords(proto: number, ports: number, source: number, destination: number, seed: number): number {
  const protocol = (proto >>> 8) & 255
  const sourcePort = ports >>> 16
  // Of ICMP the identifier alone: type and code differ between a question and its answer.
  const destinationPort = protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6 ? sourcePort : ports & 0xffff
  let a = Math.imul(source ^ seed, 0x9e3779b1)
  a = Math.imul(a ^ (a >>> 15) ^ sourcePort, 0x85ebca6b)
  let b = Math.imul(destination ^ seed, 0x9e3779b1)
  b = Math.imul(b ^ (b >>> 15) ^ destinationPort, 0x85ebca6b)
  let h = ((a ^ (a >>> 13)) + (b ^ (b >>> 13)) | 0) ^ Math.imul(proto, 0xc2b2ae35) // a sum: whoever of the two speaks
  h = Math.imul(h ^ (h >>> 15), 0x165667b1)
  return h ^ (h >>> 16)
}
