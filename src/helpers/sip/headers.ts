// SIP's header lines (RFC 3261 section 7.3): found by name, searched across continuation lines, read as far as the helper
// needs. A line may end with CR, LF or both. Positions are offsets into the packet's buffer.
// Kernel: ct_sip_get_header(), ct_sip_walk_headers() and what they call in nf_conntrack_sip.c (v6.12).

import {
  ascii, CR, isDigit, isLetter, LF, matchesAnyCase, readAddress, sameAnyCase, skipDigits, SPACE, TAB,
} from '../scan.ts'
import type { Address } from '../helper.ts'

/** One message, or what is left of a segment: where it begins, the first byte behind it, and how addresses look in it. */
export interface Text {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly isIpv6: boolean
}

/** How a header's value is measured: a number, an address, or an address behind a user's name. */
type Measure = (text: Text, at: number) => boolean

/** A header line. Names in lower case. */
export interface Header {
  readonly name: Uint8Array
  /** The short form of the name (RFC 3261 section 7.3.3). */
  readonly short: Uint8Array | null
  /** What stands before the part that matters. */
  readonly before: Uint8Array | null
  readonly measure: Measure
}

export const CSEQ: Header = { name: ascii('cseq'), short: null, before: null, measure: measureNumber }
export const EXPIRES: Header = { name: ascii('expires'), short: null, before: null, measure: measureNumber }
export const CONTENT_LENGTH: Header = { name: ascii('content-length'), short: ascii('l'), before: null, measure: measureNumber }
export const CONTACT: Header = { name: ascii('contact'), short: ascii('m'), before: ascii('sip:'), measure: measureUserAddress }

// What looking for a header comes to. Kernel: 1, 0, -1.
export const FOUND = 1
export const ABSENT = 0
export const BROKEN = -1

/** What was found last: where it begins and ends. Where it was BROKEN, `at` is where to look on. */
export const match = { at: 0, end: 0 }

/** Where the line behind the next line end begins, from `at` on; -1 when there is none. */
export function nextLine(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== CR && bytes[at] !== LF) at++
  if (++at >= end) return -1
  if (bytes[at - 1] === CR && bytes[at] === LF && ++at >= end) return -1
  return at
}

const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB

/** Where a value goes on behind the line end at `at`; -1 when the next line is another header. */
function continuation(bytes: Uint8Array, at: number, end: number): number {
  if (++at >= end) return -1
  if (bytes[at - 1] === CR && bytes[at] === LF && ++at >= end) return -1
  if (!isBlank(bytes[at])) return -1
  while (at < end && isBlank(bytes[at])) at++
  return at
}

/** Steps over blanks, and over one line end with a continuation behind it; -1 when nothing follows. */
function skipBlanks(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isBlank(bytes[at])) at++
  if (at < end && (bytes[at] === CR || bytes[at] === LF)) at = continuation(bytes, at, end)
  return at < end ? at : -1
}

/** Where a value holds `wanted` (lower case), from `at` on; -1 when it does not. */
export function searchValue(bytes: Uint8Array, at: number, end: number, wanted: Uint8Array): number {
  const last = end - wanted.length
  for (; at < last; at++) {
    if (bytes[at] === CR || bytes[at] === LF) {
      at = continuation(bytes, at, last)
      if (at < 0) return -1
    } else if (sameAnyCase(bytes, at, wanted, wanted.length)) return at
  }
  return -1
}

/**
 * Finds the first header of a kind on a line that begins behind `at`, and sets `match`.
 * @kernel  ct_sip_get_header() — v6.12
 */
export function findHeader(text: Text, at: number, header: Header): number {
  const { bytes, end } = text
  for (at = nextLine(bytes, at, end); at >= 0; at = nextLine(bytes, at + 1, end)) {
    if (isBlank(bytes[at])) continue
    const length = nameLength(bytes, at, end, header)
    if (length === 0) continue
    at = skipBlanks(bytes, at + length, end)
    if (at < 0 || bytes[at] !== 58 || ++at >= end) return ABSENT
    at = skipBlanks(bytes, at, end)
    if (at < 0) return ABSENT
    match.at = at
    if (header.before !== null) {
      at = searchValue(bytes, at, end, header.before)
      if (at < 0) return BROKEN
      at += header.before.length
    }
    return header.measure(text, at) ? FOUND : BROKEN
  }
  return ABSENT
}

/** How long the header's name at `at` is; 0 when it is another's. The short form must not go on with a letter. */
function nameLength(bytes: Uint8Array, at: number, end: number, { name, short }: Header): number {
  if (matchesAnyCase(bytes, at, end, name)) return name.length
  if (short === null || end - at <= short.length || !matchesAnyCase(bytes, at, end, short)) return 0
  return isLetter(bytes[at + short.length]) ? 0 : short.length
}

/** Finds the next value of a comma-separated list, from `at` on. Kernel: ct_sip_next_header(). */
function findInList(text: Text, at: number, header: Header): number {
  const { bytes, end } = text
  const before = header.before ?? NOTHING
  at = searchValue(bytes, at, end, COMMA)
  if (at < 0) return ABSENT
  at = searchValue(bytes, at, end, before)
  if (at < 0) return ABSENT
  at += before.length
  match.at = at
  return header.measure(text, at) ? FOUND : BROKEN
}

const NOTHING = new Uint8Array(0)
const COMMA = ascii(',')

/**
 * Finds the next value of a kind that can be read, further down the list it stands in or on a later line.
 * @param inList  `at` stands behind a value: look through the rest of its list first
 * @kernel        ct_sip_walk_headers() — v6.12
 */
export function walkHeaders(text: Text, at: number, header: Header, inList: boolean): boolean {
  if (inList) {
    for (let from = at; ;) {
      const outcome = findInList(text, from, header)
      if (outcome === FOUND) return true
      if (outcome === ABSENT) break
      from = match.at
      at = from
    }
  }
  for (;;) {
    const outcome = findHeader(text, at, header)
    if (outcome !== BROKEN) return outcome === FOUND
    at = match.at
  }
}

function setMatch(at: number, end: number): boolean {
  if (end === at) return false
  match.at = at
  match.end = end
  return true
}

export function measureNumber({ bytes, end }: Text, at: number): boolean {
  return setMatch(at, skipDigits(bytes, at, end))
}

/** An address behind a user's name and an `@`, if there is one on this line. */
function measureUserAddress(text: Text, at: number): boolean {
  const { bytes, end } = text
  let user = at
  while (user < end && bytes[user] !== 64 && bytes[user] !== CR && bytes[user] !== LF) user++
  if (user < end && bytes[user] === 64) at = user + 1
  return readEndpoint(text, at) && setMatch(at, endpoint.end)
}

/** The address and the port read last, and the first byte behind them. */
export const endpoint: { address: Address, port: number, end: number } = { address: new Int32Array(4), port: 0, end: 0 }

const DEFAULT_PORT = 5060
const LOWEST_PORT = 1024

/** Reads an address (an IPv6 one in brackets) and the port behind it. False when either is malformed. */
export function readEndpoint({ bytes, end, isIpv6 }: Text, at: number): boolean {
  if (isIpv6) {
    if (at >= end || bytes[at] !== 91) return false
    at++
  }
  const found = readAddress(bytes, at, end, isIpv6, -1)
  if (found === null) return false
  at = found.end
  if (isIpv6) {
    if (at >= end || bytes[at] !== 93) return false
    at++
  }
  endpoint.address = found.address
  return readPort(bytes, at, end)
}

/** An endpoint must not be the last thing in the message. Kernel: sip_parse_port(). */
function readPort(bytes: Uint8Array, at: number, end: number): boolean {
  if (at >= end) return false
  endpoint.port = DEFAULT_PORT
  endpoint.end = at
  if (bytes[at] !== 58) return true
  const behind = skipDigits(bytes, ++at, end)
  if (behind === at || behind - at > 5 || behind >= end) return false
  let port = 0
  for (; at < behind; at++) port = port * 10 + (bytes[at] ?? 0) - 48
  endpoint.port = port
  endpoint.end = behind
  return port >= LOWEST_PORT && port <= 0xffff
}

const MOST_DIGITS = 11

/**
 * Reads a number of up to 32 bits.
 * @returns  -1 when there is none, or one too large
 * @kernel   sip_strtouint() — v6.12
 */
export function readNumber(bytes: Uint8Array, at: number, end: number): number {
  let value = 0
  let digits = 0
  for (; at < end && isDigit(bytes[at]); at++) {
    value = value * 10 + (bytes[at] ?? 0) - 48
    if (++digits > MOST_DIGITS || value > 0xffffffff) return -1
  }
  return digits === 0 ? -1 : value
}

/** Where a parameter's value begins (`name=` in lower case), before the next comma of the list; -1 when it is not there. */
export function findParameter(text: Text, at: number, name: Uint8Array): { at: number, end: number } | null {
  const { bytes, end } = text
  const comma = searchValue(bytes, at, end, COMMA)
  const limit = comma < 0 ? end : comma
  const found = searchValue(bytes, at, limit, name)
  if (found < 0) return null
  return { at: found + name.length, end: limit }
}
