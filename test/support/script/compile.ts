// From a step of a script to its IP packet, for one version of IP, one pair of addresses, one pair of initial sequence numbers.

import { concat, crc32c, internetChecksum, sixteen } from '../ip-packets.ts'
import { dccpBytes } from './dccp.ts'
import { greBytes } from './gre.ts'
import { icmpBytes } from './icmp.ts'
import { type Flow, type Payload, PROTOCOLS, type Script, type Step } from './script.ts'
import { sctpBytes } from './sctp.ts'
import { tcpBytes } from './tcp.ts'
import { udpBytes } from './udp.ts'

/** One way to run a script. */
export interface Variant {
  readonly isIpv6: boolean
  /** Tells this run's addresses from those of others: 10.HI.LO.HOST, 2001:db8::NET:HOST. 16 bits. */
  readonly net: number
  /** Initial sequence numbers of who sends `>` and of who sends `<`. */
  readonly initial: readonly [number, number]
}

/** A packet and when it is sent. */
export interface Sent {
  /** Number of its step, from 0. */
  readonly step: number
  /** Seconds from the start. */
  readonly at: number
  readonly bytes: Uint8Array
}

const ICMP = 1
const ICMPV6 = 58
const FRAGMENT = 44

/** Where each protocol's checksum stands. */
const CHECKSUMS: Readonly<Record<number, number>> = { 1: 2, 6: 16, 17: 6, 33: 6, 58: 2, 132: 8, 136: 6 }

/** All packets of a script that are sent. */
export function compileScript(script: Script, variant: Variant): Sent[] {
  const compiler = new Compiler(variant)
  script.flows.forEach((flow) => { compiler.addFlow(flow) })
  const sent: Sent[] = []
  script.steps.forEach((step, i) => {
    const bytes = compiler.add(step)
    if (step.at !== null) sent.push({ step: i, at: step.at, bytes })
  })
  return sent
}

/** Compiles step by step: an ICMP error quotes one before it. */
export class Compiler {
  readonly #variant: Variant
  readonly #flows = new Map<string, Flow>()
  readonly #packets: Uint8Array[] = []

  constructor(variant: Variant) {
    this.#variant = variant
  }

  addFlow(flow: Flow): void {
    this.#flows.set(flow.name, flow)
  }

  /** @returns the IP packet of the next step */
  add(step: Step): Uint8Array {
    const flow = this.#flows.get(step.flow)!
    const { payload, piece, dir } = step
    const { isIpv6 } = this.#variant
    let [from, to] = [flow.ends[dir]!.host, flow.ends[1 - dir]!.host]
    if (payload.protocol === 'icmp') {
      const quoted = this.#packets[(payload.about ?? 0) - 1]
      if (quoted !== undefined) [from, to] = isIpv6 ? [quoted[39]!, quoted[23]!] : [quoted[19]!, quoted[15]!]
      from = payload.from ?? from
      to = payload.to ?? to
    }
    const protocol = this.#protocol(payload, flow)
    let body = this.#body(payload, flow, dir)
    // RFC 4861 section 8.1: only a neighbour redirects.
    const isRedirect6 = isIpv6 && payload.protocol === 'icmp' && payload.message === 'redirect'
    const [source, destination] = [isRedirect6 ? linkLocal(from) : this.#address(from), this.#address(to)]
    if (step.checksum !== 'none') sign(body, protocol, isIpv6, source, destination, payload)
    if (step.checksum === 'bad') body[CHECKSUMS[protocol]!]! ^= 0x55
    if (step.cut !== undefined) body = body.slice(0, step.cut)
    const piecemeal = piece === undefined ? null
      : { id: piece.id, offset: piece.from, more: piece.more ?? piece.to < body.length, data: body.subarray(piece.from, piece.to) }
    const packet = isIpv6 ? ipv6(source, destination, protocol, body, piecemeal, isRedirect6 ? 255 : 64)
      : ipv4(source, destination, protocol, body, piecemeal)
    this.#packets.push(packet)
    return packet
  }

  #protocol(payload: Payload, flow: Flow): number {
    const name = payload.protocol === 'raw' ? flow.protocol : payload.protocol
    const number = PROTOCOLS[name] ?? Number(name)
    return number === ICMP && this.#variant.isIpv6 ? ICMPV6 : number
  }

  #body(payload: Payload, flow: Flow, dir: number): Uint8Array {
    switch (payload.protocol) {
      case 'raw': return payload.bytes.slice()
      case 'gre': return greBytes(payload)
      case 'icmp': return icmpBytes(payload, this.#variant.isIpv6, flow.id, this.#quote(payload.about, payload.quote))
      case 'udp': case 'udplite': return withPorts(udpBytes(payload), flow, dir)
      case 'sctp': return withPorts(sctpBytes(payload), flow, dir)
      case 'dccp': return withPorts(dccpBytes(payload), flow, dir)
      case 'tcp': {
        const [a, b] = this.#variant.initial
        return withPorts(tcpBytes(payload, dir === 0 ? [a, b] : [b, a]), flow, dir)
      }
    }
  }

  #quote(about: number | undefined, bytes: number | undefined): Uint8Array {
    const packet = about === undefined ? undefined : this.#packets[about - 1]
    if (packet === undefined) return new Uint8Array(0)
    return packet.subarray(0, bytes ?? (packet[0]! >>> 4 === 6 ? 48 : (packet[0]! & 15) * 4 + 8))
  }

  #address(host: number): Uint8Array {
    const { isIpv6, net } = this.#variant
    if (!isIpv6) return Uint8Array.of(10, net >>> 8, net & 255, host)
    return Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, net >>> 8, net & 255, 0, host)
  }
}

const linkLocal = (host: number): Uint8Array => Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host)

function withPorts(bytes: Uint8Array, { ends }: Flow, dir: number): Uint8Array {
  bytes.set([...sixteen(ends[dir]!.port), ...sixteen(ends[1 - dir]!.port)])
  return bytes
}

/** Fills in the checksum of a transport header, whose field is zero. */
function sign(body: Uint8Array, protocol: number, isIpv6: boolean, source: Uint8Array, destination: Uint8Array, payload: Payload): void {
  const at = CHECKSUMS[protocol]
  if (at === undefined || payload.protocol === 'raw' || body.length < at + 2) return
  if (payload.protocol === 'sctp') {
    body.set(crc32c(body), at)
    return
  }
  const covered = payload.protocol === 'udplite' && payload.says !== undefined && payload.says >= 8 ? body.subarray(0, payload.says) : body
  const pseudo = protocol === ICMP ? new Uint8Array(0)
    : isIpv6 ? concat(source, destination, [0, 0], sixteen(body.length), [0, 0, 0, protocol])
      : concat(source, destination, [0, protocol], sixteen(body.length))
  const sum = internetChecksum(concat(pseudo, covered))
  body.set(sixteen(sum === 0 ? 0xffff : sum), at)
}

interface PieceBytes {
  readonly id: number
  readonly offset: number
  readonly more: boolean
  readonly data: Uint8Array
}

function ipv4(source: Uint8Array, destination: Uint8Array, protocol: number, body: Uint8Array, piece: PieceBytes | null): Uint8Array {
  const data = piece === null ? body : piece.data
  const fragment = piece === null ? 0 : (piece.more ? 0x2000 : 0) | (piece.offset >>> 3)
  const header = concat(
    [0x45, 0], sixteen(20 + data.length), sixteen(piece?.id ?? 0), sixteen(fragment), [64, protocol, 0, 0], source, destination)
  header.set(sixteen(internetChecksum(header)), 10)
  return concat(header, data)
}

function ipv6(
  source: Uint8Array, destination: Uint8Array, protocol: number, body: Uint8Array, piece: PieceBytes | null, hops: number,
): Uint8Array {
  const payload = piece === null ? body : concat([protocol, 0],
    sixteen((piece.offset & 0xfff8) | (piece.more ? 1 : 0)), sixteen(piece.id >>> 16), sixteen(piece.id & 0xffff), piece.data)
  return concat([0x60, 0, 0, 0], sixteen(payload.length), [piece === null ? protocol : FRAGMENT, hops], source, destination, payload)
}
