// FTP: the data connection that PORT and EPRT announce in one direction, PASV's and EPSV's answers in the other.
// Kernel: nf_conntrack_ftp.c (v6.12). Not here: NAT.

import { REASON } from '../base/reasons.ts'
import { IPPROTO_TCP } from '../base/units.ts'
import { ORIGINAL } from '../base/verdict.ts'
import { seqAdd, seqAfter, seqBefore } from '../base/seq.ts'
import { ADDED } from './expectations.ts'
import type { Parameters } from './parameters.ts'
import { sameAddress, type Address, type Helper, type Scene } from './helper.ts'
import { ascii, CR, isDigit, LF, readIpv6, sameAnyCase, SPACE } from './scan.ts'

/** Where one direction's lines ended: the sequence numbers that may begin a command. */
interface LineEnds { first: number, second: number, count: number }

/** What a command or an answer announced: an address the client or the server listens on. */
interface Announced { address: Address, port: number }

const NOTHING = 0 // not this word
const PARTIAL = 1 // this word, but not all that must follow it
const FOUND = 2

/** A command, or an answer, that announces a data connection. */
interface Pattern {
  /** In lower case. */
  readonly word: Uint8Array
  /** The byte that stands before what is announced; 0 for none. */
  readonly before: number
  readonly partial: number
  /** Reads what is announced into `into`. False when it is not all there. */
  readonly read: (bytes: Uint8Array, at: number, end: number, into: Announced, isIpv6: boolean) => boolean
}

const PATTERNS: readonly (readonly Pattern[])[] = [
  [ // commands
    { word: ascii('port'), before: SPACE, partial: REASON.FTP_PARTIAL_PORT, read: readPortCommand },
    { word: ascii('eprt'), before: SPACE, partial: REASON.FTP_PARTIAL_EPRT, read: readEprt },
  ],
  [ // answers
    { word: ascii('227 '), before: 0, partial: REASON.FTP_PARTIAL_227, read: readPasv },
    { word: ascii('229 '), before: 40, partial: REASON.FTP_PARTIAL_229, read: readEpsv },
  ],
]

export class Ftp implements Helper {
  readonly name = 'ftp'
  readonly family = 0
  readonly protocol = IPPROTO_TCP
  readonly port = 21
  readonly policies = [{ name: null, most: 1, timeoutSec: 300 }]
  readonly #loose: boolean
  readonly #lineEnds = new Map<number, readonly [LineEnds, LineEnds]>()

  constructor({ loose }: Parameters) {
    this.#loose = loose !== 0
  }

  help(scene: Scene): boolean {
    if (!scene.established || !scene.tcp()) return true
    const { bytes, data, end, packet } = scene
    const [commands, answers] = this.#lineEndsOf(scene.conn.index)
    const ends = scene.dir === ORIGINAL ? commands : answers
    const seq = packet.view.getInt32(packet.l4 + 4)
    const reason = followsLineEnd(ends, seq) ? this.#read(scene) : REASON.NONE
    // Where a line was cut in two, none ended: the packet is dropped, and will come again.
    const isCut = reason !== REASON.NONE && reason !== REASON.FTP_CANNOT_ADD
    if (!isCut && bytes[end - 1] === LF) rememberLineEnd(ends, seqAdd(seq, end - data))
    return reason === REASON.NONE || scene.drop(reason)
  }

  ended({ conn }: Scene): void {
    this.#lineEnds.delete(conn.index)
  }

  /** Looks for an announcement at the start of the payload. @returns the reason to drop the packet, NONE for none */
  #read(scene: Scene): number {
    const { bytes, data, end, dir, isIpv6 } = scene
    const announced: Announced = { address: scene.source(), port: 0 }
    for (const pattern of PATTERNS[dir] ?? []) {
      const found = find(pattern, bytes, data, end, announced, isIpv6)
      if (found === NOTHING) continue
      if (found === PARTIAL) return pattern.partial
      let destination = scene.source()
      if (!sameAddress(announced.address, destination)) {
        if (!this.#loose) return REASON.NONE
        destination = announced.address
      }
      const expectation = scene.promise(0, scene.destination(), destination, IPPROTO_TCP, -1, announced.port)
      return scene.expectations.add(expectation) === ADDED ? REASON.NONE : REASON.FTP_CANNOT_ADD
    }
    return REASON.NONE
  }

  #lineEndsOf(index: number): readonly [LineEnds, LineEnds] {
    let ends = this.#lineEnds.get(index)
    if (ends === undefined) this.#lineEnds.set(index, ends = [{ first: 0, second: 0, count: 0 }, { first: 0, second: 0, count: 0 }])
    return ends
  }
}

/** Kernel: find_pattern(). */
function find(pattern: Pattern, bytes: Uint8Array, at: number, end: number, into: Announced, isIpv6: boolean): number {
  const { word, before } = pattern
  if (end - at <= word.length) return sameAnyCase(bytes, at, word, end - at) ? PARTIAL : NOTHING
  if (!sameAnyCase(bytes, at, word, word.length)) return NOTHING
  at += word.length
  if (before !== 0) {
    while (bytes[at] !== before) {
      if (at === end - 1) return PARTIAL
      at++
    }
    at++
  }
  return pattern.read(bytes, at, end, into, isIpv6) ? FOUND : PARTIAL
}

/**
 * Reads `count` decimal numbers with a separator between them, each of 32 bits: too large a one wraps around.
 * @param terminator  what must follow the last; 0: anything that is no digit and no separator
 * @returns           the first byte behind them, 0 when they are not all there
 * @kernel            try_number()
 */
function readNumbers(
  bytes: Uint8Array, at: number, end: number, into: number[], count: number, separator: number, terminator: number,
): number {
  into.fill(0, 0, count)
  for (let i = 0; at < end && i < count; at++) {
    const byte = bytes[at] ?? 0
    if (isDigit(byte)) into[i] = (Math.imul(into[i] ?? 0, 10) + byte - 48) | 0
    else if (byte === separator) i++
    else return (byte === terminator || terminator === 0) && i === count - 1 ? at : 0
  }
  return 0
}

const numbers: number[] = [0, 0, 0, 0, 0, 0]

const toWord = ([a = 0, b = 0, c = 0, d = 0]: readonly number[]): number => (a << 24) | (b << 16) | (c << 8) | d

/** `192,168,1,1,5,6` of RFC 959. Kernel: try_rfc959(). */
function readHostPort(bytes: Uint8Array, at: number, end: number, terminator: number, into: Announced): boolean {
  if (readNumbers(bytes, at, end, numbers, 6, 44, terminator) === 0) return false
  into.address[0] = toWord(numbers)
  into.port = (((numbers[4] ?? 0) << 8) | (numbers[5] ?? 0)) & 0xffff
  return true
}

function readPortCommand(bytes: Uint8Array, at: number, end: number, into: Announced): boolean {
  return readHostPort(bytes, at, end, CR, into)
}

/** RFC 1123 section 4.1.2.6: the answer's numbers begin at its first digit. Kernel: try_rfc1123(). */
function readPasv(bytes: Uint8Array, at: number, end: number, into: Announced): boolean {
  while (at < end && !isDigit(bytes[at])) at++
  return at < end && readHostPort(bytes, at, end, 0, into)
}

/** `|1|132.235.1.2|6275|` of RFC 2428. Kernel: try_eprt(). */
function readEprt(bytes: Uint8Array, at: number, end: number, into: Announced, isIpv6: boolean): boolean {
  if (end - at <= 3) return false
  const delimiter = bytes[at] ?? 0
  if (!isDelimiter(delimiter) || bytes[at + 2] !== delimiter) return false
  if (bytes[at + 1] !== (isIpv6 ? 50 : 49)) return false
  let behind: number
  if (isIpv6) {
    const found = readIpv6(bytes, at + 3, end, delimiter)
    if (found === null) return false
    into.address = found.address
    behind = found.end
  } else {
    behind = readNumbers(bytes, at + 3, end, numbers, 4, 46, delimiter)
    if (behind === 0) return false
    into.address[0] = toWord(numbers)
  }
  return readPort(bytes, behind + 1, end, delimiter, into)
}

/** `|||6446|` of RFC 2428. Kernel: try_epsv_response(). */
function readEpsv(bytes: Uint8Array, at: number, end: number, into: Announced): boolean {
  if (end - at <= 3) return false
  const delimiter = bytes[at] ?? 0
  if (!isDelimiter(delimiter) || bytes[at + 1] !== delimiter || bytes[at + 2] !== delimiter) return false
  return readPort(bytes, at + 3, end, delimiter, into)
}

const isDelimiter = (byte: number): boolean => !isDigit(byte) && byte >= 33 && byte <= 126

/** A port up to the delimiter, of 16 bits: too large a one wraps around, and must not come out as 0. Kernel: get_port(). */
function readPort(bytes: Uint8Array, at: number, end: number, delimiter: number, into: Announced): boolean {
  let port = 0
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0
    if (byte === delimiter) {
      into.port = port
      return port !== 0
    }
    if (!isDigit(byte)) return false
    port = (port * 10 + byte - 48) & 0xffff
  }
  return false
}

/** Kernel: find_nl_seq(). */
function followsLineEnd(ends: LineEnds, seq: number): boolean {
  return (ends.count > 0 && ends.first === seq) || (ends.count > 1 && ends.second === seq)
}

/** Two are remembered, so that a line that was sent again does not push out a newer one. Kernel: update_nl_seq(). */
function rememberLineEnd(ends: LineEnds, seq: number): void {
  if (followsLineEnd(ends, seq)) return
  if (ends.count === 0) {
    ends.first = seq
    ends.count = 1
  } else if (ends.count === 1) {
    ends.second = seq
    ends.count = 2
  } else if (seqBefore(ends.first, ends.second)) {
    if (seqAfter(seq, ends.first)) ends.first = seq
  } else if (seqAfter(seq, ends.second)) ends.second = seq
}
