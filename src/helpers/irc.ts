// IRC: the direct connection (DCC) a client offers another through the server.
// Kernel: nf_conntrack_irc.c (v6.12). Not here: NAT.

import { REASON } from '../base/reasons.ts'
import { AF_INET, IPPROTO_TCP } from '../base/units.ts'
import { ORIGINAL } from '../base/verdict.ts'
import { ADDED, type Policy } from './expectations.ts'
import type { Helper, Scene } from './helper.ts'
import type { Parameters } from './parameters.ts'
import { ascii, CR, indexOfByte, LF, matches, matchesAnyCase, skipDigits, SPACE } from './scan.ts'

const MOST_SEARCHED = 4095 // bytes of a payload that are looked at
const LEAST_LINE = 10 // PRIVMSG x and a blank
const LEAST_OFFER = 26 // the shortest message with an offer in it
const LEAST_FILE = 12 // the shortest rest of an offer behind its kind: a name, an address, a port, \1, \n

const PRIVMSG = ascii('privmsg ')
const MESSAGE = ascii(' :')
const DCC = ascii('\x01DCC ')
const KINDS = ['SEND ', 'CHAT ', 'MOVE ', 'TSEND ', 'SCHAT '].map(ascii)

export class Irc implements Helper {
  readonly name = 'irc'
  readonly family = AF_INET
  readonly protocol = IPPROTO_TCP
  readonly port = 6667
  readonly policies: readonly Policy[]

  constructor({ max_dcc_channels: most, dcc_timeout: timeoutSec }: Parameters) {
    this.policies = [{ name: null, most, timeoutSec }]
  }

  help(scene: Scene): boolean {
    if (scene.dir !== ORIGINAL || !scene.established || !scene.tcp()) return true
    const { bytes, data } = scene
    const end = Math.min(scene.end, data + MOST_SEARCHED)
    const offer = findOffer(bytes, data, end)
    if (offer < 0 || !readOffer(bytes, offer, end)) return true
    if (offered.address !== scene.conn.source(ORIGINAL) || offered.port === 0) return true // forged
    const expectation = scene.promise(0, null, scene.source(), IPPROTO_TCP, -1, offered.port)
    return scene.expectations.add(expectation) === ADDED || scene.drop(REASON.IRC_CANNOT_ADD)
  }
}

/** Where what follows the kind of an offer begins; -1 when there is no offer. Kernel: the search in help(). */
function findOffer(bytes: Uint8Array, at: number, end: number): number {
  while (at < end - LEAST_LINE && isBlank(bytes[at])) at++
  if (at < end - LEAST_LINE) {
    if (!matchesAnyCase(bytes, at, end, PRIVMSG)) return -1
    at += PRIVMSG.length
  }
  while (at < end - LEAST_OFFER) {
    if (!matches(bytes, at, end, MESSAGE)) {
      at++
      continue
    }
    at += MESSAGE.length
    if (!matches(bytes, at, end, DCC)) return -1
    at += DCC.length
    for (const kind of KINDS) if (matches(bytes, at, end, kind)) return at + kind.length
  }
  return -1
}

const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === CR || byte === LF

/** What the last offer read holds. */
const offered = { address: 0, port: 0 }

/** Reads `NAME ADDRESS PORT`, the address as one decimal number. False when it is not all there. Kernel: parse_dcc(). */
function readOffer(bytes: Uint8Array, at: number, end: number): boolean {
  while (bytes[at++] !== SPACE) if (at > end - LEAST_FILE) return false
  const line = indexOfByte(bytes, at, end, LF)
  if (line < 0) return false
  const behindAddress = skipDigits(bytes, at, line)
  offered.address = readWord(bytes, at, behindAddress)
  at = behindAddress
  while (bytes[at] === SPACE) at++
  offered.port = readWord(bytes, at, skipDigits(bytes, at, line)) & 0xffff
  return true
}

/** A decimal number modulo 2^32, signed. */
function readWord(bytes: Uint8Array, at: number, end: number): number {
  let word = 0
  for (; at < end; at++) word = (Math.imul(word, 10) + (bytes[at] ?? 0) - 48) | 0
  return word
}
