// A client and a server that talk over TCP or UDP, packet by packet into a capture.

import { IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP } from '../../src/base/units.ts'
import { concat, ipv4, ipv6, sixteen, udp } from '../../test/support/ip-packets.ts'
import type { Capture } from '../captures/capture.ts'

/** Which way a packet goes. */
export type Way = 'there' | 'back'

export interface Sides {
  readonly isIpv6: boolean
  /** Last byte of the addresses 10.0.0.x or 2001:db8::x */
  readonly client: number
  readonly server: number
  readonly clientPort: number
  readonly serverPort: number
}

const FIN = 1
const SYN = 2
const RST = 4
const ACK = 16

/** One connection. */
export class Talk {
  readonly sides: Sides
  readonly isTcp: boolean
  readonly #capture: Capture
  #sent = { there: 1_000_000, back: 2_000_000 }

  constructor(capture: Capture, sides: Sides, isTcp: boolean) {
    this.#capture = capture
    this.sides = sides
    this.isTcp = isTcp
  }

  /** The three packets that open a TCP connection; nothing over UDP. */
  open(): this {
    if (!this.isTcp) return this
    this.#segment('there', SYN).#segment('back', SYN | ACK).#segment('there', ACK)
    return this
  }

  /** Sends a payload; `captured` bytes of the packet are left of it by the snap length. */
  say(way: Way, payload: Uint8Array, captured = Infinity): this {
    if (this.isTcp) return this.#segment(way, ACK, payload, captured)
    const { clientPort, serverPort } = this.sides
    const isThere = way === 'there'
    this.#add(way, IPPROTO_UDP, udp(payload, isThere ? clientPort : serverPort, isThere ? serverPort : clientPort), captured)
    return this
  }

  /** Sends the last payload once more. */
  again(way: Way, payload: Uint8Array): this {
    this.#sent[way] -= payload.length
    return this.say(way, payload)
  }

  /** Acknowledges what the other side said. */
  acknowledge(way: Way): this { return this.#segment(way, ACK) }

  close(way: Way = 'there'): this {
    const other = way === 'there' ? 'back' : 'there'
    return this.isTcp ? this.#segment(way, FIN | ACK).#segment(other, FIN | ACK).#segment(way, ACK) : this
  }

  reset(way: Way): this { return this.isTcp ? this.#segment(way, RST) : this }

  /** An ICMP error about a packet of this connection that went the other way. */
  error(way: Way): this {
    const { isIpv6, client, server, clientPort, serverPort } = this.sides
    const isThere = way === 'there' // the error goes there, so the packet it is about went back
    const ports = concat(sixteen(isThere ? serverPort : clientPort), sixteen(isThere ? clientPort : serverPort), new Uint8Array(16))
    const [from, to] = isThere ? [server, client] : [client, server]
    const protocol = this.isTcp ? IPPROTO_TCP : IPPROTO_UDP
    const inner = isIpv6 ? ipv6(protocol, ports, { from, to }) : ipv4(ports, { protocol, from, to })
    const body = concat(isIpv6 ? [1, 4, 0, 0, 0, 0, 0, 0] : [3, 3, 0, 0, 0, 0, 0, 0], inner)
    this.#add(way, isIpv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, body, Infinity)
    return this
  }

  #segment(way: Way, flags: number, payload: Uint8Array = new Uint8Array(0), captured = Infinity): this {
    const { clientPort, serverPort } = this.sides
    const isThere = way === 'there'
    const header = new Uint8Array(20)
    const view = new DataView(header.buffer)
    view.setUint16(0, isThere ? clientPort : serverPort)
    view.setUint16(2, isThere ? serverPort : clientPort)
    view.setUint32(4, this.#sent[way])
    if ((flags & ACK) !== 0) view.setUint32(8, this.#sent[isThere ? 'back' : 'there'])
    view.setUint8(12, 0x50)
    view.setUint8(13, flags)
    view.setUint16(14, 65_535)
    this.#add(way, IPPROTO_TCP, concat(header, payload), captured)
    this.#sent[way] += payload.length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)
    return this
  }

  /** A packet of any protocol between the two. */
  #add(way: Way, protocol: number, body: Uint8Array, captured: number): void {
    const { isIpv6, client, server } = this.sides
    const [from, to] = way === 'there' ? [client, server] : [server, client]
    const packet = isIpv6 ? ipv6(protocol, body, { from, to }) : ipv4(body, { protocol, from, to })
    this.#capture.addCut(packet, Math.min(packet.length, Math.max(captured, isIpv6 ? 60 : 40)))
  }

  /** A packet of PPTP's GRE for the call that the receiver knows by `key`. */
  tunnel(way: Way, key: number): this {
    this.#add(way, IPPROTO_GRE, concat([0x30, 0x01, 0x88, 0x0b, 0, 4], sixteen(key), [0, 0, 0, 1, 255, 3, 192, 33]), Infinity)
    return this
  }
}
