// Which address of a range a connection gets: a hash of its ends, the same on every machine of one byte order.
// Kernel: find_best_ips_proto() in nf_nat_core.c (v6.12), little-endian. The hash is Bob Jenkins's lookup3 (public domain).

import type { Tuple } from '../../table/tuple.ts'
import type { NatRange } from './range.ts'

const GOLDEN = 0xdeadbeef

/** lookup3 over words of 32 bits. @returns unsigned */
export function jenkins(words: readonly number[], start: number): number {
  let a = (GOLDEN + words.length * 4 + start) | 0
  let b = a
  let c = a
  let at = 0
  for (; words.length - at > 3; at += 3) {
    a = (a + (words[at] ?? 0)) | 0
    b = (b + (words[at + 1] ?? 0)) | 0
    c = (c + (words[at + 2] ?? 0)) | 0
    a = (a - c | 0) ^ rotate(c, 4); c = (c + b) | 0
    b = (b - a | 0) ^ rotate(a, 6); a = (a + c) | 0
    c = (c - b | 0) ^ rotate(b, 8); b = (b + a) | 0
    a = (a - c | 0) ^ rotate(c, 16); c = (c + b) | 0
    b = (b - a | 0) ^ rotate(a, 19); a = (a + c) | 0
    c = (c - b | 0) ^ rotate(b, 4); b = (b + a) | 0
  }
  const left = words.length - at
  if (left === 0) return c >>> 0
  if (left > 2) c = (c + (words[at + 2] ?? 0)) | 0
  if (left > 1) b = (b + (words[at + 1] ?? 0)) | 0
  a = (a + (words[at] ?? 0)) | 0
  c = (c ^ b) - rotate(b, 14) | 0
  a = (a ^ c) - rotate(c, 11) | 0
  b = (b ^ a) - rotate(a, 25) | 0
  c = (c ^ b) - rotate(b, 16) | 0
  a = (a ^ c) - rotate(c, 4) | 0
  b = (b ^ a) - rotate(a, 14) | 0
  c = (c ^ b) - rotate(b, 24) | 0
  return c >>> 0
}

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))

/** A word in network order as a little-endian machine reads it. */
const swapped = (word: number): number =>
  ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)

/** `share` of 2^32, of a whole of `of`. */
const scaled = (share: number, of: number): number => Number((BigInt(share >>> 0) * BigInt(of)) >> 32n)

/** The address a connection gets of a range of several, four words. @param tuple  before it is changed */
export function spread(range: NonNullable<NatRange['addresses']>, isPersistent: boolean, tuple: Tuple, zone: number): number[] {
  const source = sourceWords(tuple).map(swapped)
  const destination = destinationWords(tuple)
  const last = tuple.isIpv6 ? 3 : 0
  let share = jenkins(source, isPersistent ? 0 : swapped(destination[last] ?? 0) ^ zone)
  const found = [0, 0, 0, 0]
  let isInside = false // a word before was not the range's last: those behind it may be anything
  for (let i = 0; i <= last; i++) {
    const from = range.from[i] ?? 0
    const to = range.to[i] ?? 0
    const word = isInside ? scaled(share, 2 ** 32 - 1) : from + scaled(share, (to - from + 1) % 2 ** 32)
    found[i] = word >>> 0
    if (found[i] !== to) isInside = true
    if (!isPersistent) share ^= swapped(destination[i] ?? 0)
  }
  return found
}

export const sourceWords = (tuple: Tuple): number[] =>
  tuple.isIpv6 ? [tuple.source0, tuple.source1, tuple.source2, tuple.source3] : [tuple.source0, 0, 0, 0]

export const destinationWords = (tuple: Tuple): number[] =>
  tuple.isIpv6 ? [tuple.destination0, tuple.destination1, tuple.destination2, tuple.destination3] : [tuple.destination0, 0, 0, 0]
