// Frames of flows: Ethernet, IPv4 or IPv6, TCP, UDP, ICMP and fragments, with checksums that are right.

import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP } from '../src/base/units.ts'
import type { CaptureFile } from './capture-file.ts'
import type { Random } from '../scripts/lib/random.ts'

export const FIN = 0x01
export const SYN = 0x02
export const ACK = 0x10
export const PSH_ACK = 0x18

const ETHERNET = 14 // bytes
const IPV4 = 20
const IPV6 = 40

/** Two ends that talk. */
export interface Flow {
  readonly isIpv6: boolean
  /** Addresses as words; IPv6 has them in its last four bytes. */
  readonly client: number
  readonly server: number
  /** Ports; ICMP has its identifier in the first. */
  readonly clientPort: number
  readonly serverPort: number
  /** Next sequence number of each side. */
  clientSeq: number
  serverSeq: number
  /** Packets so far. */
  step: number
}

/** Builds frames and writes them, time moving on a little with each. */
export class Frames {
  readonly #file: CaptureFile
  readonly #random: Random
  readonly #stepUs: number
  readonly #pool = new Uint8Array(1 << 16)
  #sec = 1_700_000_000
  #usec = 0
  #id = 0

  /** @param stepUs  mean time between two frames, microseconds */
  constructor(file: CaptureFile, random: Random, stepUs: number) {
    this.#file = file
    this.#random = random
    this.#stepUs = stepUs
    for (let i = 0; i < this.#pool.length; i++) this.#pool[i] = random.word()
  }

  /** A segment with `length` bytes of payload. @param lag  bytes its ACK stays behind what the other side has sent */
  tcp(flow: Flow, fromClient: boolean, flags: number, length: number, lag = 0): void {
    const isSyn = (flags & SYN) !== 0
    const size = (isSyn ? 40 : 32) + length
    const at = this.#ip(flow, fromClient, IPPROTO_TCP, size, 0x4000, this.#id++)
    const { view } = this.#file
    const clockMs = this.#sec * 1000 + Math.floor(this.#usec / 1000)
    this.#ports(at, flow, fromClient)
    view.setInt32(at + 4, fromClient ? flow.clientSeq : flow.serverSeq)
    view.setInt32(at + 8, (flags & ACK) === 0 ? 0 : (fromClient ? flow.serverSeq : flow.clientSeq) - lag)
    view.setUint16(at + 12, (isSyn ? 10 : 8) << 12 | flags)
    view.setUint16(at + 14, isSyn ? 64_240 : 502)
    view.setUint32(at + 16, 0)
    if (isSyn) {
      view.setUint32(at + 20, 0x020405b4) // MSS 1460
      view.setUint32(at + 24, 0x0402080a) // SACK permitted, timestamps
      view.setUint32(at + 28, clockMs)
      view.setUint32(at + 32, 0)
      view.setUint32(at + 36, 0x01030307) // window scale 7
    } else {
      view.setUint32(at + 20, 0x0101080a)
      view.setUint32(at + 24, clockMs)
      view.setUint32(at + 28, clockMs)
    }
    this.#payload(at + size - length, length)
    const advance = length + (isSyn ? 1 : 0) + (flags & FIN)
    if (fromClient) flow.clientSeq = (flow.clientSeq + advance) | 0
    else flow.serverSeq = (flow.serverSeq + advance) | 0
    this.#finish(flow, IPPROTO_TCP, at, size, 16)
  }

  udp(flow: Flow, fromClient: boolean, length: number): void {
    const at = this.#ip(flow, fromClient, IPPROTO_UDP, 8 + length, 0, this.#id++)
    this.#ports(at, flow, fromClient)
    this.#file.view.setUint32(at + 4, (8 + length) << 16)
    this.#payload(at + 8, length)
    this.#finish(flow, IPPROTO_UDP, at, 8 + length, 6)
  }

  /** An echo request of the client, or the server's reply. */
  ping(flow: Flow, fromClient: boolean, length: number): void {
    const at = this.#ip(flow, fromClient, IPPROTO_ICMP, 8 + length, 0, this.#id++)
    const { view } = this.#file
    view.setUint32(at, fromClient ? 0x08000000 : 0)
    view.setUint32(at + 4, flow.clientPort << 16 | 1)
    this.#payload(at + 8, length)
    view.setUint16(at + 2, checksum(view, at, 8 + length, 0))
    this.#emit(at + 8 + length)
  }

  /** Piece 0, 1 or 2 of a UDP datagram of the client's, without a UDP checksum; `last` bytes are in the last piece. */
  fragment(flow: Flow, piece: number, last: number): void {
    const length = piece === 2 ? last : 1480
    const at = this.#ip(flow, true, IPPROTO_UDP, length, (piece === 2 ? 0 : 0x2000) | piece * 185, flow.clientSeq)
    this.#payload(at, length)
    if (piece === 0) {
      this.#ports(at, flow, true)
      this.#file.view.setUint32(at + 4, (2960 + last) << 16)
    }
    this.#emit(at + length)
  }

  #ip(flow: Flow, fromClient: boolean, protocol: number, size: number, fragment: number, id: number): number {
    const { view } = this.#file
    const at = this.#file.frame()
    const source = fromClient ? flow.client : flow.server
    const destination = fromClient ? flow.server : flow.client
    view.setUint16(at, 0x0200)
    view.setUint32(at + 2, fromClient ? 2 : 1)
    view.setUint16(at + 6, 0x0200)
    view.setUint32(at + 8, fromClient ? 1 : 2)
    view.setUint16(at + 12, flow.isIpv6 ? 0x86dd : 0x0800)
    const ip = at + ETHERNET
    if (flow.isIpv6) {
      view.setUint32(ip, 0x60000000)
      view.setUint32(ip + 4, size << 16 | protocol << 8 | 64)
      this.#ipv6Address(ip + 8, source)
      this.#ipv6Address(ip + 24, destination)
      return ip + IPV6
    }
    view.setUint32(ip, 0x45000000 | (IPV4 + size))
    view.setUint16(ip + 4, id)
    view.setUint16(ip + 6, fragment)
    view.setUint32(ip + 8, 64 << 24 | protocol << 16)
    view.setInt32(ip + 12, source)
    view.setInt32(ip + 16, destination)
    view.setUint16(ip + 10, checksum(view, ip, IPV4, 0))
    return ip + IPV4
  }

  #ipv6Address(at: number, tail: number): void {
    const { view } = this.#file
    view.setUint32(at, 0x20010db8)
    view.setUint32(at + 4, 0)
    view.setUint32(at + 8, 0)
    view.setInt32(at + 12, tail)
  }

  #ports(at: number, flow: Flow, fromClient: boolean): void {
    this.#file.view.setUint16(at, fromClient ? flow.clientPort : flow.serverPort)
    this.#file.view.setUint16(at + 2, fromClient ? flow.serverPort : flow.clientPort)
  }

  #payload(at: number, length: number): void {
    const from = this.#random.below(this.#pool.length - 1500)
    this.#file.bytes.set(this.#pool.subarray(from, from + length), at)
  }

  /** Sets the transport checksum, which lies at `at + where`, and writes the frame. */
  #finish(flow: Flow, protocol: number, at: number, size: number, where: number): void {
    const { view } = this.#file
    const addresses = flow.isIpv6 ? 32 : 8
    const pseudo = sum16(view, at - addresses, addresses) + protocol + size
    const sum = checksum(view, at, size, pseudo)
    view.setUint16(at + where, sum === 0 ? 0xffff : sum)
    this.#emit(at + size)
  }

  #emit(end: number): void {
    this.#file.emit(this.#sec, this.#usec, end)
    this.#usec += Math.floor(this.#stepUs / 2) + this.#random.below(this.#stepUs + 1)
    while (this.#usec >= 1_000_000) {
      this.#usec -= 1_000_000
      this.#sec++
    }
  }
}

/** Sum of big-endian 16-bit words; an odd last byte is the high one. */
function sum16(view: DataView, at: number, length: number): number {
  let sum = 0
  const even = at + (length & ~1)
  for (let i = at; i < even; i += 2) sum += view.getUint16(i)
  return (length & 1) === 0 ? sum : sum + (view.getUint8(even) << 8)
}

/** The Internet checksum (RFC 1071) over a stretch of bytes and what was summed before. */
function checksum(view: DataView, at: number, length: number, before: number): number {
  let sum = sum16(view, at, length) + before
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65_536)
  return ~sum & 0xffff
}
