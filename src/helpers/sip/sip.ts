// SIP over UDP and TCP: calls to a phone that has registered, and the media streams of a call.
// Kernel: nf_conntrack_sip.c (v6.12). Not here: NAT, the port of the Via header, which only NAT uses, and sip_external_media,
// which asks the routing table.

import { REASON } from '../../base/reasons.ts'
import { IPPROTO_TCP, IPPROTO_UDP } from '../../base/units.ts'
import { IPS_EXPECTED } from '../../table/status.ts'
import { ADDED, EXPECT_INACTIVE, EXPECT_PERMANENT, type Policy } from '../expectations.ts'
import { sameAddress, type Address, type Helper, type Scene } from '../helper.ts'
import type { Parameters } from '../parameters.ts'
import { ascii, isLetter, matchesAnyCase, sameAnyCase, SPACE } from '../scan.ts'
import {
  CONTACT, CONTENT_LENGTH, CSEQ, endpoint, EXPIRES, findHeader, findParameter, FOUND, match, readEndpoint, readNumber,
  walkHeaders, type Text,
} from './headers.ts'
import { readSession, SIGNALLING } from './sdp.ts'

const SHORTEST = 11 // bytes: SIP/2.0 200

const POLICIES: readonly Policy[] = [
  { name: 'signalling', most: 1, timeoutSec: 180 },
  { name: 'audio', most: 4, timeoutSec: 180 },
  { name: 'video', most: 4, timeoutSec: 180 },
  { name: 'image', most: 2, timeoutSec: 180 },
]

const VERSION = ascii('sip/2.0 ')
const EXPIRES_PARAMETER = ascii('expires=')
const TRANSPORT_PARAMETER = ascii('transport=')
const TCP = ascii('tcp')
const UDP = ascii('udp')

/** Numbers of the last requests of a connection that were taken. */
interface Dialogue { registered: number, invited: number }

/** A method, in lower case, and what its requests and the answers to it do. */
interface Method {
  readonly word: Uint8Array
  readonly request: ((sip: Sip, scene: Scene, text: Text, cseq: number) => boolean) | null
  readonly answer: ((sip: Sip, scene: Scene, text: Text, cseq: number, code: number) => boolean) | null
}

const METHODS: readonly Method[] = [
  { word: ascii('invite'), request: onInvite, answer: onSessionAnswer },
  { word: ascii('update'), request: onSession, answer: onSessionAnswer },
  { word: ascii('ack'), request: onSession, answer: null },
  { word: ascii('prack'), request: onSession, answer: onSessionAnswer },
  { word: ascii('bye'), request: onBye, answer: null },
  { word: ascii('register'), request: onRegister, answer: onRegisterAnswer },
]

export class Sip implements Helper {
  readonly name = 'sip'
  readonly family = 0
  readonly protocol: number
  readonly port = 5060
  readonly policies = POLICIES
  readonly parameters: Parameters
  readonly #dialogues = new Map<number, Dialogue>()

  /** @param protocol  IPPROTO_UDP or IPPROTO_TCP */
  constructor(protocol: number, parameters: Parameters) {
    this.protocol = protocol
    this.parameters = parameters
  }

  help(scene: Scene): boolean {
    return this.protocol === IPPROTO_UDP ? this.#datagram(scene) : this.#segment(scene)
  }

  ended({ conn }: Scene): void {
    this.#dialogues.delete(conn.index)
  }

  dialogue({ conn: { index } }: Scene): Dialogue {
    let dialogue = this.#dialogues.get(index)
    if (dialogue === undefined) this.#dialogues.set(index, dialogue = { registered: 0, invited: 0 })
    return dialogue
  }

  #datagram(scene: Scene): boolean {
    if (!scene.udp()) return true
    scene.refresh(this.parameters.sip_timeout)
    if (scene.end - scene.data < SHORTEST) return true
    return this.#message(scene, textOf(scene, scene.data, scene.end))
  }

  /** A segment may hold several messages, each with its length; what is not whole in it is not seen. */
  #segment(scene: Scene): boolean {
    if (!scene.established || !scene.tcp()) return true
    scene.refresh(this.parameters.sip_timeout)
    let at = scene.data
    if (scene.end - at < SHORTEST) return true
    for (;;) {
      const rest = textOf(scene, at, scene.end)
      if (findHeader(rest, at, CONTENT_LENGTH) !== FOUND) return true
      const length = readNumber(rest.bytes, match.at, rest.end)
      if (length < 0 || length > rest.end - at) return true
      const body = bodyOf(rest, match.end)
      if (body < 0 || body + length > rest.end) return true
      if (!this.#message(scene, textOf(scene, at, body + length))) return false
      at = body + length
    }
  }

  #message(scene: Scene, text: Text): boolean {
    return sameAnyCase(text.bytes, text.start, VERSION, VERSION.length) ? this.#answer(scene, text) : this.#request(scene, text)
  }

  #answer(scene: Scene, text: Text): boolean {
    const { bytes, start, end } = text
    if (end - start < SHORTEST) return true
    const code = readNumber(bytes, start + VERSION.length, end)
    if (code <= 0) return scene.drop(REASON.SIP_CODE)
    const cseq = readCseq(scene, text)
    if (cseq < 0) return false
    const method = METHODS.find(({ answer, word }) => answer !== null && matchesAnyCase(bytes, match.end + 1, end, word))
    return method?.answer?.(this, scene, text, cseq, code) ?? true
  }

  #request(scene: Scene, text: Text): boolean {
    const { bytes, start, end } = text
    const method = METHODS.find(({ word }) => end - start >= word.length + 2 && matchesAnyCase(bytes, start, end, word) &&
      bytes[start + word.length] === SPACE && isLetter(bytes[start + word.length + 1]))
    if (method === undefined) return true
    const cseq = readCseq(scene, text)
    return cseq >= 0 && (method.request?.(this, scene, text, cseq) ?? true)
  }
}

function textOf(scene: Scene, start: number, end: number): Text {
  return { bytes: scene.bytes, start, end, isIpv6: scene.isIpv6 }
}

/** Where the body behind the empty line begins; -1 when there is no empty line. */
function bodyOf({ bytes, end }: Text, at: number): number {
  for (; at + 4 <= end; at++) {
    if (bytes[at] === 13 && bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at + 4
  }
  return -1
}

/** The message's sequence number, with `match` on it; -1 when the packet is dropped for want of one. */
function readCseq(scene: Scene, text: Text): number {
  if (findHeader(text, text.start, CSEQ) !== FOUND) {
    scene.drop(REASON.SIP_CSEQ)
    return -1
  }
  const cseq = readNumber(text.bytes, match.at, text.end)
  if (cseq < 0) scene.drop(REASON.SIP_CSEQ_NUMBER)
  return cseq
}

/** Takes back the media streams promised so far, all of them. Kernel: flush_expectations(media). */
function takeBackMedia({ conn, expectations }: Scene): void {
  for (const one of [...expectations.of(conn.index)]) if (one.kind !== SIGNALLING) expectations.remove(one)
}

/** Takes back the registration. Kernel: flush_expectations(!media). */
function takeBackRegistration({ conn, expectations }: Scene): void {
  const registration = expectations.of(conn.index).find(({ kind }) => kind === SIGNALLING)
  if (registration !== undefined) expectations.remove(registration)
}

function onInvite(sip: Sip, scene: Scene, text: Text, cseq: number): boolean {
  takeBackMedia(scene)
  if (!onSession(sip, scene, text)) return false
  sip.dialogue(scene).invited = cseq
  return true
}

function onSession({ parameters }: Sip, scene: Scene, text: Text): boolean {
  return readSession(scene, text, parameters.sip_direct_media !== 0)
}

function onBye(_sip: Sip, scene: Scene): boolean {
  takeBackMedia(scene)
  return true
}

/** An answer that the call goes on may hold a session too; one that it does not ends its media. */
function onSessionAnswer(sip: Sip, scene: Scene, text: Text, cseq: number, code: number): boolean {
  if (code >= 100 && code <= 299) return onSession(sip, scene, text)
  if (sip.dialogue(scene).invited === cseq) takeBackMedia(scene)
  return true
}

/** A phone registers: calls to it may come once the registrar agrees. Kernel: process_register_request(). */
function onRegister(sip: Sip, scene: Scene, text: Text, cseq: number): boolean {
  const { conn, expectations } = scene
  if ((conn.status & IPS_EXPECTED) !== 0) return true
  const expires = readExpires(text)
  if (!walkHeaders(text, text.start, CONTACT, false)) return true
  if (!readEndpoint(text, match.at)) return scene.drop(REASON.SIP_CONTACT)
  const { address, port, end } = endpoint
  if (!sameAddress(address, scene.source())) return true // somebody else's
  if (!isSameTransport(scene, text, end)) return true
  const own = readExpiresParameter(text, end, expires)
  if (own < 0) return scene.drop(REASON.SIP_EXPIRES)
  if (own > 0) {
    const caller = sip.parameters.sip_direct_signalling !== 0 ? scene.destination() : null
    const call = scene.promise(SIGNALLING, caller, address, scene.helper.protocol, -1, port)
    call.helper = conn.helper
    call.flags = EXPECT_PERMANENT | EXPECT_INACTIVE
    if (expectations.add(call) !== ADDED) return scene.drop(REASON.SIP_CANNOT_ADD)
  }
  sip.dialogue(scene).registered = cseq
  return true
}

/** The registrar agrees to a registration, or does not. Kernel: process_register_response(). */
function onRegisterAnswer(sip: Sip, scene: Scene, text: Text, cseq: number, code: number): boolean {
  if (sip.dialogue(scene).registered !== cseq || (code >= 100 && code <= 199)) return true
  if (code >= 200 && code <= 299) {
    const expires = readExpires(text)
    let at = text.start
    for (let inList = false; walkHeaders(text, at, CONTACT, inList); inList = true) {
      if (!readEndpoint(text, match.at)) return scene.drop(REASON.SIP_CONTACT)
      const { address, port, end } = endpoint
      at = end
      if (!sameAddress(address, scene.destination()) || !isSameTransport(scene, text, end)) continue
      const own = readExpiresParameter(text, end, expires)
      if (own < 0) return scene.drop(REASON.SIP_EXPIRES)
      if (own === 0) break
      if (activate(scene, address, port, own)) return true
    }
  }
  takeBackRegistration(scene)
  return true
}

/** Lets a registration be met, for as long as the registrar said. Kernel: refresh_signalling_expectation(). */
function activate({ conn, expectations, helper, hz }: Scene, address: Address, port: number, seconds: number): boolean {
  for (const one of expectations.of(conn.index)) {
    const { tuple } = one
    const isIt = one.kind === SIGNALLING && tuple.protocol === helper.protocol && tuple.destinationPort === port &&
      tuple.destination0 === address[0] && tuple.destination1 === address[1] &&
      tuple.destination2 === address[2] && tuple.destination3 === address[3]
    if (!isIt) continue
    expectations.setTimeout(one, Math.imul(seconds, hz))
    one.flags &= ~EXPECT_INACTIVE
    return true
  }
  return false
}

/** The Expires header, seconds; 0 when there is none. */
function readExpires(text: Text): number {
  return findHeader(text, text.start, EXPIRES) === FOUND ? Math.max(readNumber(text.bytes, match.at, text.end), 0) : 0
}

/** A contact's own time, or `otherwise`; -1 when it is malformed. */
function readExpiresParameter(text: Text, at: number, otherwise: number): number {
  const found = findParameter(text, at, EXPIRES_PARAMETER)
  return found === null ? otherwise : readNumber(text.bytes, found.at, found.end)
}

/** A contact that asks for another transport than the message came by is none that matters. */
function isSameTransport({ helper }: Scene, text: Text, at: number): boolean {
  const found = findParameter(text, at, TRANSPORT_PARAMETER)
  if (found === null) return true
  const { bytes } = text
  return sameAnyCase(bytes, found.at, helper.protocol === IPPROTO_TCP ? TCP : UDP, 3)
}
