// PPTP: the GRE tunnel that a call over the control connection sets up. One call a connection, and the client is the caller
// or the called; the kernel sees it no other way either.
// Kernel: nf_conntrack_pptp.c (v6.12). Not here: NAT.

import { AF_INET, IPPROTO_GRE, IPPROTO_TCP } from '../base/units.ts'
import { ORIGINAL, REPLY } from '../base/verdict.ts'
import { NOT_FOUND } from '../table/table.ts'
import { Tuple } from '../table/tuple.ts'
import { ADDED, type Expectation } from './expectations.ts'
import type { Helper, Scene } from './helper.ts'

const PACKET_HEADER = 8 // bytes: length, type, magic cookie
const CONTROL_HEADER = 4 // bytes: message type, reserved
const CONTROL_PACKET = 1
const MAGIC_COOKIE = 0x1a2b3c4d

// Message types (RFC 2637 section 2), and the least bytes of each behind its headers.
const START_REQUEST = 1
const START_REPLY = 2
const STOP_REQUEST = 3
const STOP_REPLY = 4
const OUT_CALL_REQUEST = 7
const OUT_CALL_REPLY = 8
const IN_CALL_REQUEST = 9
const IN_CALL_REPLY = 10
const IN_CALL_CONNECTED = 11
const CALL_CLEAR_REQUEST = 12
const CALL_DISCONNECT_NOTIFY = 13
const LEAST_BYTES: readonly number[] = [0, 144, 144, 4, 4, 0, 0, 156, 20, 208, 12, 16, 4, 136, 28, 12]

const DONE = 1 // the good result code of every answer

// States of the session, in an order that comparisons rely on.
const NO_SESSION = 0
const SESSION_ERROR = 1
const SESSION_STOPPING = 2
const SESSION_REQUESTED = 3
const SESSION_CONFIRMED = 4

// States of the call.
const NO_CALL = 0
const OUT_REQUESTED = 1
const OUT_CONFIRMED = 2
const IN_REQUESTED = 3
const IN_REPLIED = 4
const IN_CONFIRMED = 5
const CLEARING = 6

interface Call {
  session: number
  call: number
  /** The ids that the server (PAC) and the client (PNS) gave the call. */
  serverId: number
  clientId: number
}

export class Pptp implements Helper {
  readonly name = 'pptp'
  readonly family = AF_INET
  readonly protocol = IPPROTO_TCP
  readonly port = 1723
  readonly policies = [{ name: null, most: 2, timeoutSec: 300 }]
  readonly #calls = new Map<number, Call>()
  readonly #tuple = new Tuple()

  help(scene: Scene): boolean {
    if (!scene.established || !scene.tcp()) return true
    const { data, end, packet: { view } } = scene
    const body = data + PACKET_HEADER + CONTROL_HEADER
    if (body > end || view.getUint16(data + 2) !== CONTROL_PACKET || view.getUint32(data + 4) !== MAGIC_COOKIE) return true
    const message = view.getUint16(data + PACKET_HEADER)
    if (end - body < (LEAST_BYTES[message] ?? 0)) return true
    scene.table.wheel.order() // its end will end its tunnels: each connection has to go at its own tick
    if (scene.dir === ORIGINAL) fromClient(this.#callOf(scene), message, view, body)
    else this.#fromServer(scene, this.#callOf(scene), message, view, body)
    return true
  }

  /** The tunnel ends with its control connection. */
  ended(scene: Scene): void {
    if (scene.conn.confirmed) this.#hangUp(scene, this.#callOf(scene))
    this.#calls.delete(scene.conn.index)
  }

  /** Kernel: pptp_inbound_pkt(). */
  #fromServer(scene: Scene, call: Call, message: number, view: DataView, at: number): void {
    const confirmed = call.session === SESSION_CONFIRMED
    switch (message) {
      case START_REPLY:
        if (call.session >= SESSION_REQUESTED) call.session = view.getUint8(at + 2) === DONE ? SESSION_CONFIRMED : SESSION_ERROR
        break
      case STOP_REPLY:
        if (call.session <= SESSION_STOPPING) call.session = view.getUint8(at) === DONE ? NO_SESSION : SESSION_ERROR
        break
      case OUT_CALL_REPLY:
        if (!confirmed || (call.call !== OUT_REQUESTED && call.call !== OUT_CONFIRMED)) break
        if (view.getUint16(at + 2) !== call.clientId) break
        call.call = view.getUint8(at + 4) === DONE ? OUT_CONFIRMED : NO_CALL
        if (call.call === NO_CALL) break
        call.serverId = view.getUint16(at)
        this.#promiseTunnel(scene, call)
        break
      case IN_CALL_REQUEST:
        if (!confirmed) break
        call.call = IN_REQUESTED
        call.serverId = view.getUint16(at)
        break
      case IN_CALL_CONNECTED:
        if (!confirmed || (call.call !== IN_REPLIED && call.call !== IN_CONFIRMED)) break
        if (view.getUint16(at) !== call.clientId) break
        call.call = IN_CONFIRMED
        this.#promiseTunnel(scene, call)
        break
      case CALL_DISCONNECT_NOTIFY:
        call.call = NO_CALL
        this.#hangUp(scene, call)
        break
    }
  }

  /** Promises GRE in both directions: which comes first is not known. Kernel: exp_gre(). */
  #promiseTunnel(scene: Scene, { clientId, serverId }: Call): void {
    const { expectations, table: { greKeys }, conn: { index } } = scene
    const client = scene.source(ORIGINAL)
    const server = scene.destination(ORIGINAL)
    const there = scene.promise(0, client, server, IPPROTO_GRE, clientId, serverId)
    const back = scene.promise(0, server, client, IPPROTO_GRE, serverId, clientId)
    there.onMet = back.onMet = (met) => { this.#takeBackOther(scene, met) }
    if (expectations.add(there) !== ADDED) return
    if (expectations.add(back) !== ADDED) {
      expectations.remove(there)
      return
    }
    const added = greKeys.add(index, ORIGINAL, there.tuple)
    if (added && greKeys.add(index, REPLY, back.tuple)) return
    if (added) greKeys.remove(index)
    expectations.remove(there)
    expectations.remove(back)
  }

  /** The tunnel has come one way: the other way is part of it. Kernel: pptp_expectfn(). */
  #takeBackOther({ expectations }: Scene, met: Expectation): void {
    const inverse = this.#tuple
    inverse.invert(met.tuple)
    const other = expectations.find(inverse)
    if (other !== null) expectations.remove(other)
  }

  /** Ends the tunnel's connections, or takes back their promise. Kernel: pptp_destroy_siblings(). */
  #hangUp(scene: Scene, { clientId, serverId }: Call): void {
    scene.table.greKeys.remove(scene.conn.index)
    this.#endTunnel(scene, ORIGINAL, clientId, serverId)
    this.#endTunnel(scene, REPLY, serverId, clientId)
  }

  #endTunnel({ conn, table, expectations, kill }: Scene, dir: number, sourceKey: number, destinationKey: number): void {
    const tuple = this.#tuple
    tuple.load(conn.words, conn.base, dir)
    tuple.proto = (tuple.proto & ~0xff00) | (IPPROTO_GRE << 8)
    tuple.ports = (sourceKey << 16) | destinationKey
    tuple.seal()
    const found = table.find(tuple)
    if (found !== NOT_FOUND) {
      kill(found >>> 1)
      return
    }
    const promised = expectations.find(tuple)
    if (promised !== null) expectations.remove(promised)
  }

  #callOf({ conn: { index } }: Scene): Call {
    let call = this.#calls.get(index)
    if (call === undefined) this.#calls.set(index, call = { session: NO_SESSION, call: NO_CALL, serverId: 0, clientId: 0 })
    return call
  }
}

/** Kernel: pptp_outbound_pkt(). */
function fromClient(call: Call, message: number, view: DataView, at: number): void {
  switch (message) {
    case START_REQUEST:
      if (call.session === NO_SESSION) call.session = SESSION_REQUESTED
      break
    case STOP_REQUEST:
      call.session = SESSION_STOPPING
      break
    case OUT_CALL_REQUEST:
      if (call.session !== SESSION_CONFIRMED) break
      call.call = OUT_REQUESTED
      call.clientId = view.getUint16(at)
      break
    case IN_CALL_REPLY:
      if ((call.call !== IN_REQUESTED && call.call !== IN_REPLIED) || view.getUint16(at + 2) !== call.serverId) break
      call.call = view.getUint8(at + 4) === DONE ? IN_REPLIED : NO_CALL
      if (call.call === IN_REPLIED) call.clientId = view.getUint16(at)
      break
    case CALL_CLEAR_REQUEST:
      if (call.session === SESSION_CONFIRMED) call.call = CLEARING
      break
  }
}
