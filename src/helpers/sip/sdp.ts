// The session description inside a SIP message (RFC 4566): where the media streams are to go.
// Kernel: ct_sip_get_sdp_header(), process_sdp(), set_expected_rtp_rtcp() in nf_conntrack_sip.c (v6.12). Not here: NAT.

import { REASON } from '../../base/reasons.ts'
import { IPPROTO_UDP } from '../../base/units.ts'
import { ADDED, ALREADY } from '../expectations.ts'
import { sameAddress, type Address, type Scene } from '../helper.ts'
import { ascii, CR, isLetter, LF, matches, matchesAnyCase, readAddress, skipDigits, SPACE } from '../scan.ts'
import { ABSENT, BROKEN, FOUND, match, measureNumber, nextLine, readNumber, type Text } from './headers.ts'

// Kinds of expectation: indices into the helper's policies.
export const SIGNALLING = 0
const AUDIO = 1
const VIDEO = 2
const IMAGE = 3

const MEDIA_TYPES = [
  { word: ascii('audio '), kind: AUDIO },
  { word: ascii('video '), kind: VIDEO },
  { word: ascii('image '), kind: IMAGE },
]
const MOST_STREAMS = 3
const LOWEST_PORT = 1024

/** A line of the description: its type, and what stands before the part that matters. */
interface Line {
  readonly type: Uint8Array
  readonly before: Uint8Array | null
  readonly measure: (text: Text, at: number) => boolean
}

const VERSION: Line = { type: ascii('v='), before: null, measure: measureNumber }
const MEDIA: Line = { type: ascii('m='), before: null, measure: measureMedia }
const CONNECTION4: Line = { type: ascii('c='), before: ascii('IN IP4 '), measure: measureAddress }
const CONNECTION6: Line = { type: ascii('c='), before: ascii('IN IP6 '), measure: measureAddress }

/** The address that a connection line named last. */
let connection: Address = new Int32Array(4)

/**
 * Finds the first line of a kind that begins behind `at` and before one of the kind `stop`, and sets `match`.
 * @kernel  ct_sip_get_sdp_header() — v6.12
 */
function findLine(text: Text, at: number, line: Line, stop: Line | null): number {
  const { bytes, end } = text
  for (at = nextLine(bytes, at, end); at >= 0; at = nextLine(bytes, at + 1, end)) {
    if (stop !== null && matchesAnyCase(bytes, at, end, stop.type)) return ABSENT
    if (!matchesAnyCase(bytes, at, end, line.type)) continue
    at += line.type.length
    if (line.before !== null) {
      at = searchLine(bytes, at, end, line.before)
      if (at < 0) return BROKEN
      at += line.before.length
    }
    return line.measure(text, at) ? FOUND : BROKEN
  }
  return ABSENT
}

function searchLine(bytes: Uint8Array, at: number, end: number, wanted: Uint8Array): number {
  for (const last = end - wanted.length; at < last; at++) {
    if (bytes[at] === CR || bytes[at] === LF) return -1
    if (matches(bytes, at, end, wanted)) return at
  }
  return -1
}

/** A word, a blank and a port; the port may be missing. */
function measureMedia({ bytes, end }: Text, at: number): boolean {
  match.at = at
  while (at < end && isLetter(bytes[at])) at++
  if (at >= end || bytes[at] !== SPACE) return false
  match.end = skipDigits(bytes, at + 1, end)
  return true
}

function measureAddress({ bytes, end, isIpv6 }: Text, at: number): boolean {
  const found = readAddress(bytes, at, end, isIpv6, -1)
  if (found === null) return false
  connection = found.address
  match.at = at
  match.end = found.end
  return true
}

/**
 * Promises what a session description announces.
 * @param direct  between the endpoints of the signalling alone
 * @returns       false when the packet is dropped
 */
export function readSession(scene: Scene, text: Text, direct: boolean): boolean {
  const { bytes, end } = text
  const connectionLine = text.isIpv6 ? CONNECTION6 : CONNECTION4
  if (findLine(text, text.start, VERSION, null) !== FOUND) return true
  let at = match.at
  const session = findLine(text, at, connectionLine, MEDIA) === FOUND ? connection : null
  for (let streams = 0; streams < MOST_STREAMS;) {
    if (findLine(text, at, MEDIA, null) !== FOUND) break
    at = match.at
    const type = MEDIA_TYPES.find(({ word }) => matches(bytes, at, match.end, word))
    if (type === undefined) {
      at = match.end
      continue
    }
    at += type.word.length
    const port = readNumber(bytes, at, end)
    if (port <= 0) continue // the stream is switched off
    if (port < LOWEST_PORT || port > 0xffff) return scene.drop(REASON.SIP_WRONG_PORT, port)
    // A media description's own address goes before the session's.
    const address = findLine(text, at, connectionLine, MEDIA) === FOUND ? connection : session
    if (address === null) return scene.drop(REASON.SIP_SDP)
    if (!promiseMedia(scene, address, port, type.kind, direct)) return scene.drop(REASON.SIP_MEDIA)
    streams++
  }
  return true
}

/** Promises a stream and, one port further, its control. Direct, an address that is not the sender's promises nothing. */
function promiseMedia(scene: Scene, address: Address, port: number, kind: number, direct: boolean): boolean {
  if (direct && !sameAddress(address, scene.source())) return true
  const { expectations } = scene
  const peer = direct ? scene.destination() : null
  const asked = scene.promise(kind, peer, address, IPPROTO_UDP, -1, port)
  const other = expectations.find(asked.tuple)
  if (other !== null && other.master !== scene.conn.index && other.promiser === scene.helper && other.kind === kind) return true
  const base = port & ~1
  const stream = scene.promise(kind, peer, address, IPPROTO_UDP, -1, base)
  const control = scene.promise(kind, peer, address, IPPROTO_UDP, -1, base + 1)
  const streamAdded = expectations.add(stream, true)
  if (streamAdded !== ADDED && streamAdded !== ALREADY) return false
  const controlAdded = expectations.add(control, true)
  if (controlAdded === ADDED || controlAdded === ALREADY) return true
  if (streamAdded === ADDED) expectations.remove(stream)
  return false
}
