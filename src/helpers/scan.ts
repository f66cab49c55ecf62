// Reading text out of a payload: numbers, words, addresses. Every function takes the first byte it may look at and the
// first it may not, and reads nothing outside.
// Kernel: in4_pton(), in6_pton(), simple_strtoul(), isalpha() and their kin, as far as the helpers see them (v6.12).

import type { Address } from './helper.ts'

export const TAB = 9
export const LF = 10
export const CR = 13
export const SPACE = 32

/** The bytes of an ASCII text. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}

/** The bytes at `at` are these, letter by letter. */
export function matches(bytes: Uint8Array, at: number, end: number, wanted: Uint8Array): boolean {
  if (end - at < wanted.length) return false
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false
  return true
}

/** The bytes at `at` are these; `lower` is in lower case, and capitals count as the same. */
export function matchesAnyCase(bytes: Uint8Array, at: number, end: number, lower: Uint8Array): boolean {
  return end - at >= lower.length && sameAnyCase(bytes, at, lower, lower.length)
}

/** The first `length` bytes at `at` are those of `lower`. */
export function sameAnyCase(bytes: Uint8Array, at: number, lower: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) {
    const byte = bytes[at + i] ?? 0
    if ((byte >= 65 && byte <= 90 ? byte | 32 : byte) !== lower[i]) return false
  }
  return true
}

/** Where these bytes first occur wholly between `at` and `end`; -1 when they do not. */
export function indexOf(bytes: Uint8Array, at: number, end: number, wanted: Uint8Array): number {
  const first = wanted[0]
  const last = end - wanted.length
  for (; at <= last; at++) if (bytes[at] === first && matches(bytes, at, end, wanted)) return at
  return -1
}

/** Where a byte first occurs between `at` and `end`; -1 when it does not. */
export function indexOfByte(bytes: Uint8Array, at: number, end: number, byte: number): number {
  for (; at < end; at++) if (bytes[at] === byte) return at
  return -1
}

export const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57

/** A letter of Latin-1: what the kernel's table says, accents included. */
export function isLetter(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || (byte >= 192 && byte !== 215 && byte !== 247)
}

/** Where the digits that begin at `at` end. */
export function skipDigits(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isDigit(bytes[at])) at++
  return at
}

/** What an address parser found: the address, and the first byte behind it. */
export interface FoundAddress { address: Address, end: number }

const OTHER = -1
const DELIMITER = -2
const COLON = -3
const DOT = -4

/**
 * What a byte is to an address parser: a hexadecimal digit's value, or one of the above.
 * @param delimiter  the byte that ends the address; -1: any that cannot be part of one
 */
function addressByte(bytes: Uint8Array, at: number, end: number, delimiter: number): number {
  const byte = at < end ? bytes[at] ?? 0 : 0
  if (byte === delimiter || byte === 0) return DELIMITER
  if (byte === 58) return COLON
  if (byte === 46) return DOT
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  if (letter >= 97 && letter <= 102) return letter - 87
  return delimiter === -1 ? DELIMITER : OTHER
}

/**
 * Reads a dotted IPv4 address. A colon ends it as well as the delimiter; leading zeros do not matter.
 * @returns  null when there is none
 * @kernel   in4_pton() — v6.12
 */
export function readIpv4(bytes: Uint8Array, at: number, end: number, delimiter: number): FoundAddress | null {
  let word = 0
  for (let part = 0; ; part++) {
    let value = 0
    let digits = 0
    let kind = addressByte(bytes, at, end, delimiter)
    for (; kind >= 0; kind = addressByte(bytes, ++at, end, delimiter)) {
      value = value * 10 + kind
      digits++
      if (kind > 9 || value > 255) return null
    }
    if (digits === 0 || kind === OTHER) return null
    word = (word << 8) | value
    if (kind !== DOT) return part === 3 ? { address: Int32Array.of(word, 0, 0, 0), end: at } : null
    if (part === 3) return null
    at++
  }
}

/**
 * Reads an IPv6 address, with or without a dotted tail. The double colon stands for one zero group at least; leading
 * zeros do not matter.
 * @returns  null when there is none
 * @kernel   in6_pton() — v6.12
 */
export function readIpv6(bytes: Uint8Array, at: number, end: number, delimiter: number): FoundAddress | null {
  const groups: number[] = []
  let gap = -1 // how many groups stand before the double colon
  if (addressByte(bytes, at, end, delimiter) === COLON) {
    if (addressByte(bytes, at + 1, end, delimiter) !== COLON) return null
    gap = 0
    at += 2
  }
  for (;;) {
    const start = at
    const most = gap < 0 ? 8 : 7
    let value = 0
    let kind = addressByte(bytes, at, end, delimiter)
    for (; kind >= 0; kind = addressByte(bytes, ++at, end, delimiter)) {
      if ((value & 0xf000) !== 0) return null
      value = (value << 4) | kind
    }
    if (at === start) return kind === DELIMITER && groups.length === gap ? { address: join(groups, gap), end: at } : null
    if (groups.length === most) return null
    if (kind === DOT) {
      if (groups.length > most - 2 || (gap < 0 && groups.length !== 6)) return null
      const tail = readIpv4(bytes, start, end, delimiter)
      if (tail === null) return null
      const word = tail.address[0] ?? 0
      groups.push(word >>> 16, word & 0xffff)
      return { address: join(groups, gap), end: tail.end }
    }
    groups.push(value)
    if (kind === DELIMITER) return gap >= 0 || groups.length === 8 ? { address: join(groups, gap), end: at } : null
    if (kind !== COLON || groups.length === most) return null
    at++
    if (gap < 0 && addressByte(bytes, at, end, delimiter) === COLON) {
      gap = groups.length
      at++
    }
  }
}

function join(groups: readonly number[], gap: number): Address {
  const all = new Array<number>(8).fill(0)
  const after = groups.length - gap
  groups.forEach((group, i) => { all[gap < 0 || i < gap ? i : 8 - after + (i - gap)] = group })
  const word = (i: number): number => ((all[i] ?? 0) << 16) | (all[i + 1] ?? 0)
  return Int32Array.of(word(0), word(2), word(4), word(6))
}

/** Reads an address of the family a connection is of. */
export function readAddress(bytes: Uint8Array, at: number, end: number, isIpv6: boolean, delimiter: number): FoundAddress | null {
  return isIpv6 ? readIpv6(bytes, at, end, delimiter) : readIpv4(bytes, at, end, delimiter)
}
