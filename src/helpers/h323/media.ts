// What H.245 messages and their kin in call signalling promise: media streams, T.120 data, control channels.
// Kernel: expect_rtp_rtcp(), expect_t120(), process_olc(), process_olca(), process_h245() in nf_conntrack_h323_main.c (v6.12).
// Not here: NAT. Each function returns false when a promise could not be made: the packet is dropped.

import { AF_INET, IPPROTO_TCP, IPPROTO_UDP } from '../../base/units.ts'
import { ADDED, EXPECT_PERMANENT } from '../expectations.ts'
import { sameAddress, type Address, type Scene } from '../helper.ts'
import type { Value } from './per.ts'

const SEPARATE_LAN_STACK = 10 // of the alternatives of DataProtocol

/** An address and a port. */
export interface Endpoint { address: Address, port: number }

/** Reads an address of the family that the connection is of, and the port behind it. */
export function endpointOf({ conn, packet: { view } }: Scene, address: Value | undefined): Endpoint | null {
  const isIpv4 = conn.l3num === AF_INET
  const ip = address?.get(isIpv4 ? 'ip4' : 'ip6')?.get('ip')
  if (ip === undefined) return null
  const { at } = ip
  return isIpv4 ? { address: Int32Array.of(view.getInt32(at), 0, 0, 0), port: view.getUint16(at + 4) } : {
    address: Int32Array.of(view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12)),
    port: view.getUint16(at + 16),
  }
}

/** The same, where it is the sender's own: nothing is promised to others. */
export function ownEndpointOf(scene: Scene, address: Value | undefined): Endpoint | null {
  const endpoint = endpointOf(scene, address)
  return endpoint !== null && endpoint.port !== 0 && sameAddress(endpoint.address, scene.source()) ? endpoint : null
}

/** Promises a media stream on an even port and its control on the odd one behind it. */
function promiseMedia(scene: Scene, address: Value | undefined): boolean {
  const endpoint = ownEndpointOf(scene, address?.get('unicast'))
  if (endpoint === null) return true
  const { expectations } = scene
  const peer = scene.destination()
  const stream = scene.promise(0, peer, endpoint.address, IPPROTO_UDP, -1, endpoint.port & ~1)
  const control = scene.promise(0, peer, endpoint.address, IPPROTO_UDP, -1, endpoint.port | 1)
  if (expectations.add(stream) !== ADDED) return false
  if (expectations.add(control) === ADDED) return true
  expectations.remove(stream)
  return false
}

/** Promises T.120's connections, as many as will come. */
function promiseT120(scene: Scene, separateStack: Value | undefined): boolean {
  const endpoint = ownEndpointOf(scene, separateStack?.get('networkAddress')?.get('local')?.get('unicast'))
  if (endpoint === null) return true
  const expectation = scene.promise(0, scene.destination(), endpoint.address, IPPROTO_TCP, -1, endpoint.port)
  expectation.flags = EXPECT_PERMANENT
  return scene.expectations.add(expectation) === ADDED
}

/** A channel's parameters, or the acknowledgement of them. */
function readChannel(scene: Scene, parameters: Value | undefined): boolean {
  return promiseMedia(scene, parameters?.get('mediaChannel')) && promiseMedia(scene, parameters?.get('mediaControlChannel'))
}

/** OpenLogicalChannel, of H.245 or of a fast start. */
export function readOpen(scene: Scene, channel: Value): boolean {
  const forward = channel.get('forward')
  const data = forward?.get('dataType')?.get('data')?.get('application')?.get('t120')
  return readChannel(scene, forward?.get('multiplex')?.get('h2250')) &&
    readChannel(scene, channel.get('reverse')?.get('multiplex')?.get('h2250')) &&
    (data?.number !== SEPARATE_LAN_STACK || promiseT120(scene, channel.get('separateStack')))
}

function readOpenAck(scene: Scene, ack: Value): boolean {
  return readChannel(scene, ack.get('reverse')?.get('multiplex')?.get('h2250')) &&
    readChannel(scene, ack.get('forwardAck')?.get('h2250')) &&
    promiseT120(scene, ack.get('separateStack'))
}

/** A message of H.245. */
export function readControl(scene: Scene, message: Value): boolean {
  const open = message.get('request')?.get('openLogicalChannel')
  if (open !== undefined) return readOpen(scene, open)
  const ack = message.get('response')?.get('openLogicalChannelAck')
  return ack === undefined || readOpenAck(scene, ack)
}
