// H.323: registration with a gatekeeper (RAS), call signalling (Q.931), and the control of a call's channels (H.245).
// Kernel: nf_conntrack_h323_main.c (v6.12). Not here: NAT, and callforward_filter, which asks the routing table: a bridge has no
// routes, and so tracks every forwarded call.

import { REASON } from '../../base/reasons.ts'
import { IPPROTO_TCP, IPPROTO_UDP } from '../../base/units.ts'
import { Tuple } from '../../table/tuple.ts'
import { IPS_EXPECTED } from '../../table/status.ts'
import { ADDED, EXPECT_PERMANENT, type Policy } from '../expectations.ts'
import { sameAddress, type Address, type Helper, type HelperClass, type Scene } from '../helper.ts'
import type { Parameters } from '../parameters.ts'
import { endpointOf, ownEndpointOf, readControl, readOpen, type Endpoint } from './media.ts'
import { decode, type Value } from './per.ts'
import { findUserInformation } from './q931.ts'
import { Tpkts, type Announced } from './tpkt.ts'
import { h323Types } from './types.ts'

const CALL_FORWARDED = 1 // of the alternatives of FacilityReason
const MOST_BYTES = 65535 // of a datagram that are looked at
const UNREGISTERED_SECONDS = 30 // for the answer to an unregistration

/** Control of channels. No connection begins as one: call signalling promises them. */
export class H245 implements Helper {
  readonly name = 'H.245'
  readonly family = 0
  readonly protocol = IPPROTO_TCP
  readonly port = 0
  readonly policies: readonly Policy[] = [{ name: null, most: 18, timeoutSec: 240 }]
  readonly #announced: Announced = new Map()

  help(scene: Scene): boolean {
    if (!scene.established) return true
    const messages = new Tpkts(scene, this.#announced)
    while (messages.next()) {
      const message = decode(h323Types(), 'ControlMessage', scene.bytes, messages.at, messages.end)
      if (message === null) break
      if (!readControl(scene, message)) return scene.drop(REASON.H245_MESSAGE)
    }
    return true
  }

  ended({ conn }: Scene): void {
    this.#announced.delete(conn.index)
  }
}

/** Call signalling. */
export class Q931 implements Helper {
  readonly name = 'Q.931'
  readonly family = 0
  readonly protocol = IPPROTO_TCP
  readonly port = 1720
  readonly policies: readonly Policy[] = [{ name: null, most: 20, timeoutSec: 240 }]
  readonly #announced: Announced = new Map()

  help(scene: Scene): boolean {
    if (!scene.established) return true
    const messages = new Tpkts(scene, this.#announced)
    while (messages.next()) {
      const at = findUserInformation(scene.bytes, messages.at, messages.end)
      const pdu = at === null ? undefined : decode(h323Types(), 'UserInformation', scene.bytes, at.at, at.end)?.get('pdu')
      if (pdu === undefined) break
      if (!readPdu(scene, pdu)) return scene.drop(REASON.Q931_MESSAGE)
    }
    return true
  }

  ended({ conn }: Scene): void {
    this.#announced.delete(conn.index)
  }
}

/** Kernel: process_q931(). */
function readPdu(scene: Scene, pdu: Value): boolean {
  const body = pdu.get('body')
  const facility = body?.get('facility')
  if (facility?.get('reason')?.number === CALL_FORWARDED) {
    if (!promiseForwarded(scene, facility.get('alternativeAddress'))) return false
  } else {
    for (const name of ['setup', 'callProceeding', 'connect', 'alerting', 'facility', 'progress']) {
      const message = body?.get(name)
      if (message !== undefined && !readMessage(scene, message)) return false
    }
  }
  return (pdu.get('h245Control')?.items ?? []).every((message) => readControl(scene, message))
}

/** What the messages of a call have in common: a control channel, and channels that are opened at once. */
function readMessage(scene: Scene, message: Value): boolean {
  return promiseControl(scene, message.get('h245Address')) &&
    (message.get('fastStart')?.items ?? []).every((channel) => readOpen(scene, channel))
}

/** Kernel: expect_h245(). */
function promiseControl(scene: Scene, address: Value | undefined): boolean {
  const endpoint = ownEndpointOf(scene, address)
  if (endpoint === null) return true
  return promise(scene, scene.destination(), IPPROTO_TCP, endpoint, H245, 0)
}

/**
 * @kernel   expect_callforwarding() — v6.12
 * @differs  callforward_filter leaves out calls between hosts behind the same route; a capture tells of no routes
 */
function promiseForwarded(scene: Scene, address: Value | undefined): boolean {
  const endpoint = endpointOf(scene, address)
  if (endpoint === null || endpoint.port === 0) return true
  return promise(scene, scene.destination(), IPPROTO_TCP, endpoint, Q931, 0)
}

/** Promises a connection to an endpoint, and gives it a helper of its own. */
function promise(
  scene: Scene, from: Address | null, protocol: number, { address, port }: Endpoint, helper: HelperClass, flags: number,
): boolean {
  const expectation = scene.promise(0, from, address, protocol, -1, port)
  expectation.helper = scene.numberOf(helper)
  expectation.flags = flags
  return scene.expectations.add(expectation) === ADDED
}

/** What a connection's registration said: the port that calls come to, by direction, and its time to live. */
interface Registration { readonly ports: [original: number, reply: number], seconds: number }

/** Registration with a gatekeeper. */
export class Ras implements Helper {
  readonly name = 'RAS'
  readonly family = 0
  readonly protocol = IPPROTO_UDP
  readonly port = 1719
  readonly policies: readonly Policy[] = [{ name: null, most: 32, timeoutSec: 240 }]
  readonly #parameters: Parameters
  readonly #registrations = new Map<number, Registration>()
  readonly #tuple = new Tuple()

  constructor(parameters: Parameters) {
    this.#parameters = parameters
  }

  help(scene: Scene): boolean {
    if (!scene.udp()) return true
    const message = decode(h323Types(), 'RasMessage', scene.bytes, scene.data, Math.min(scene.end, scene.data + MOST_BYTES))
    return message === null || this.#read(scene, message) || scene.drop(REASON.RAS_MESSAGE)
  }

  ended({ conn }: Scene): void {
    this.#registrations.delete(conn.index)
  }

  /** Kernel: process_ras(). */
  #read(scene: Scene, message: Value): boolean {
    const registration = message.get('registrationRequest')
    if (registration !== undefined) return this.#onRegister(scene, registration)
    const confirmation = message.get('registrationConfirm')
    if (confirmation !== undefined) this.#onRegistered(scene, confirmation)
    else if (message.get('unregistrationRequest') !== undefined) this.#onUnregister(scene)
    return onGatekeeper(scene, message.get('gatekeeperConfirm')) && onAdmitted(scene, message.get('admissionConfirm')) &&
      onLocated(scene, message.get('locationConfirm'))
  }

  /** Calls may come from the gatekeeper to the first address that is the sender's own. */
  #onRegister(scene: Scene, request: Value): boolean {
    const registration = this.#registrationOf(scene)
    for (const address of request.get('callSignalAddress')?.items ?? []) {
      const endpoint = ownEndpointOf(scene, address)
      if (endpoint === null) continue
      const caller = this.#parameters.gkrouted_only !== 0 ? scene.destination() : null
      if (!promise(scene, caller, IPPROTO_TCP, endpoint, Q931, EXPECT_PERMANENT)) return false
      registration.ports[scene.dir] = endpoint.port
      break
    }
    registration.seconds = request.get('timeToLive')?.number ?? this.#parameters.default_rrq_ttl
    return true
  }

  /** The control connection lives as long as the registration, and so does the promise where it can be found again. */
  #onRegistered(scene: Scene, confirmation: Value): void {
    const registration = this.#registrationOf(scene)
    registration.seconds = confirmation.get('timeToLive')?.number ?? registration.seconds
    if (registration.seconds === 0) return
    scene.refresh(registration.seconds)
    const promised = this.#findCalls(scene, registration.ports[1 - scene.dir] ?? 0)
    if (promised?.master === scene.conn.index) scene.expectations.setTimeout(promised, Math.imul(registration.seconds, scene.hz))
  }

  #onUnregister(scene: Scene): void {
    scene.expectations.removeAll(scene.conn.index)
    this.#registrationOf(scene).ports.fill(0)
    scene.refresh(UNREGISTERED_SECONDS)
  }

  /** The promise of calls to a port, looked up without a source: one that names the gatekeeper is not found. */
  #findCalls(scene: Scene, port: number): ReturnType<Scene['expectations']['find']> {
    const tuple = this.#tuple
    const { conn } = scene
    const address = scene.destination()
    tuple.proto = conn.l3num | (IPPROTO_TCP << 8) | (conn.zone << 16)
    tuple.destination0 = address[0] ?? 0
    tuple.destination1 = address[1] ?? 0
    tuple.destination2 = address[2] ?? 0
    tuple.destination3 = address[3] ?? 0
    tuple.ports = port
    tuple.seal()
    return scene.expectations.find(tuple)
  }

  #registrationOf({ conn: { index } }: Scene): Registration {
    let registration = this.#registrations.get(index)
    if (registration === undefined) this.#registrations.set(index, registration = { ports: [0, 0], seconds: 0 })
    return registration
  }
}

/** A gatekeeper that is to be registered with elsewhere than it was found. Kernel: process_gcf(). */
function onGatekeeper(scene: Scene, confirmation: Value | undefined): boolean {
  const endpoint = endpointOf(scene, confirmation?.get('rasAddress'))
  if (endpoint === null) return true
  const { conn, dir } = scene
  if (sameAddress(endpoint.address, scene.source()) && endpoint.port === conn.sourcePort(dir)) return true
  if ((conn.status & IPS_EXPECTED) !== 0) return true
  return promise(scene, scene.destination(), IPPROTO_UDP, endpoint, Ras, 0)
}

/** A call that is admitted goes to an address that the gatekeeper names. Kernel: process_acf(). */
function onAdmitted(scene: Scene, confirmation: Value | undefined): boolean {
  const endpoint = endpointOf(scene, confirmation?.get('destCallSignalAddress'))
  if (endpoint === null || sameAddress(endpoint.address, scene.destination())) return true
  return promise(scene, scene.destination(), IPPROTO_TCP, endpoint, Q931, EXPECT_PERMANENT)
}

/** Kernel: process_lcf(). */
function onLocated(scene: Scene, confirmation: Value | undefined): boolean {
  const endpoint = endpointOf(scene, confirmation?.get('callSignalAddress'))
  return endpoint === null || promise(scene, scene.destination(), IPPROTO_TCP, endpoint, Q931, EXPECT_PERMANENT)
}
