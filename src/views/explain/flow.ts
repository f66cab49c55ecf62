// Connections as people name them, and the one that a packet belongs to.

import { type AddressWords, parseIpv4, parseIpv6 } from '../../base/address.ts'
import { UsageError } from '../../base/errors.ts'
import { AF_INET, AF_INET6, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../../base/units.ts'
import { ORIGINAL, REPLY, VERDICT_NONE } from '../../base/verdict.ts'
import type { Frame } from '../../capture/frame.ts'
import type { Conntrack } from '../../conntrack/conntrack.ts'
import { readAddresses } from '../../conntrack/tuple-of.ts'
import type { Engine } from '../../engine.ts'
import type { Packet } from '../../ip/packet.ts'
import { Connection } from '../../table/connection.ts'
import { Tuple } from '../../table/tuple.ts'
import { readTuple } from '../packet-tuple.ts'
import { protocolNumber } from '../snapshot.ts'

const ECHO = 8
const ECHO6 = 128

/** Do two tuples name the same direction of the same connection? */
export function isSameTuple(a: Tuple, b: Tuple): boolean {
  if (a.proto !== b.proto || a.ports !== b.ports || a.source0 !== b.source0 || a.destination0 !== b.destination0) return false
  return !a.isIpv6 || (a.source1 === b.source1 && a.source2 === b.source2 && a.source3 === b.source3 &&
    a.destination1 === b.destination1 && a.destination2 === b.destination2 && a.destination3 === b.destination3)
}

/**
 * Reads a connection as this program prints it: `tcp 10.0.0.1:40000 10.0.0.2:80`, `udp [2001:db8::1]:53 → [2001:db8::2]:53`,
 * `icmp 10.0.0.1 10.0.0.2 id 77` (an echo request where no `type 13 code 0` stands), `gre 10.0.0.1 10.0.0.2`,
 * `gre 10.0.0.1 key 0x1 10.0.0.2 key 0x2` (PPTP), `50 10.0.0.1 10.0.0.2`. An arrow may stand between the ends.
 *
 * @throws  UsageError
 */
export function parseFlow(text: string): Tuple {
  const words = text.trim().replace(/^protocol\s+/, '').replace(/→|->/g, ' ').split(/\s+/)
  const fail = (): never => {
    throw new UsageError(`flow "${text}": write 'tcp 10.0.0.1:40000 10.0.0.2:80', IPv6 as [2001:db8::1]:80, ` +
      '\'icmp 10.0.0.1 10.0.0.2 id 77\', or \'gre 10.0.0.1 10.0.0.2\'')
  }
  const protocol = protocolNumber(words[0] ?? '') ?? fail()
  const source = parseEnd(words[1] ?? '') ?? fail()
  const sourceKey = words[2] === 'key' ? number(words.splice(2, 2)[1]) ?? fail() : 0
  const destination = parseEnd(words[2] ?? '') ?? fail()
  if (destination.isIpv4 !== source.isIpv4 || words.length % 2 === 0) return fail()
  const named = new Map<string, number>()
  for (let i = 3; i < words.length; i += 2) named.set(words[i] ?? '', number(words[i + 1]) ?? fail())

  const tuple = new Tuple()
  tuple.proto = (source.isIpv4 ? AF_INET : AF_INET6) | (protocol << 8)
  const [source0, source1, source2, source3] = source.words
  const [destination0, destination1, destination2, destination3] = destination.words
  // Words of a tuple are signed.
  Object.assign(tuple, { source0: source0 | 0, source1: source1 | 0, source2: source2 | 0, source3: source3 | 0 })
  Object.assign(tuple, {
    destination0: destination0 | 0, destination1: destination1 | 0, destination2: destination2 | 0, destination3: destination3 | 0,
  })
  tuple.ports = (source.port << 16) | destination.port
  const take = (name: string, otherwise: number, most: number): number => {
    const value = named.get(name) ?? otherwise
    named.delete(name)
    return value <= most ? value : fail()
  }
  if (protocol === IPPROTO_GRE) tuple.ports = (Math.min(sourceKey, 0xffff) << 16) | take('key', 0, 0xffff)
  else if (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6) {
    if (!named.has('id')) throw new UsageError(`flow "${text}": say which query: id 77`)
    const type = take('type', protocol === IPPROTO_ICMP ? ECHO : ECHO6, 255)
    tuple.ports = (take('id', 0, 0xffff) << 16) | (type << 8) | take('code', 0, 255)
  }
  if (named.size > 0 || sourceKey > 0xffff || (sourceKey !== 0 && protocol !== IPPROTO_GRE)) return fail()
  tuple.seal()
  return tuple
}

/** Reads `77` or `0x4d`. @returns null where the text is no number */
function number(text = ''): number | null {
  return /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : null
}

function parseEnd(text: string): { words: AddressWords, port: number, isIpv4: boolean } | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text)
  const address = match?.[1] ?? match?.[2] ?? text // text: IPv6 without a port
  const port = Number(match?.[3] ?? 0)
  const word = parseIpv4(address)
  const words: AddressWords | null = word === null ? parseIpv6(address) : [word, 0, 0, 0]
  return words === null || port > 65_535 ? null : { words, port, isIpv4: word !== null }
}

/**
 * The connection that a packet just taken belongs to, or would have, in its original direction; null where there is nothing to tell
 * it by.
 */
export function flowOf(packet: Packet, conntrack: Conntrack): Tuple | null {
  const tuple = new Tuple()
  if (packet.connection >= 0) {
    const conn = new Connection(conntrack.table.records).at(packet.connection)
    if (conn.l3num !== 0) {
      tuple.load(conn.words, conn.base, ORIGINAL)
      return tuple
    }
  }
  if (!readTuple(packet, conntrack, tuple)) return null
  if (packet.connection < 0 || packet.direction !== REPLY) return tuple
  // A free record has no family: the packet has ended the connection.
  const original = new Tuple()
  return original.invert(tuple) ? original : null
}

const FRAGMENT_BITS = 0x3fff // of IPv4's flags and offset: more fragments, or not the first
const FRAGMENT_HEADER = 44 // of IPv6

function isFragment({ view, ip, version }: Packet): boolean {
  return version === 4 ? (view.getUint16(ip + 6) & FRAGMENT_BITS) !== 0 : view.getUint8(ip + 6) === FRAGMENT_HEADER
}

/**
 * Finds the connection that a frame belongs to, while a replay goes by: that of its packet, or of the datagram that its fragment
 * becomes a part of.
 */
export class FlowFinder {
  readonly #number: number
  readonly #waiting = new Tuple()
  /** IPv4's identification of the datagram that is waited for; IPv6's is gone once it is whole. */
  #id = 0
  #state: 'unseen' | 'waiting' | 'nameless' | Tuple = 'unseen'

  /** @param number  of the frame, from 1 */
  constructor(number: number) {
    this.#number = number
  }

  /** To be called for every packet, right after the engine took it. */
  onPacket({ packet, conntrack }: Engine, frame: Frame): void {
    if (frame.number === this.#number) {
      if (packet.verdict === VERDICT_NONE && packet.copyOf === 0 && isFragment(packet)) {
        this.#state = 'waiting'
        readAddresses(packet.view, packet.ip, packet.version, 0, this.#waiting)
        this.#id = packet.version === 4 ? packet.view.getUint16(packet.ip + 4) : 0
      } else this.#state = flowOf(packet, conntrack) ?? 'nameless'
    } else if (this.#state === 'waiting' && this.#isWhole(packet, frame)) this.#state = flowOf(packet, conntrack) ?? 'nameless'
  }

  /** The connection, in its original direction. @throws UsageError where there is none */
  get flow(): Tuple {
    const frame = `frame ${String(this.#number)}`
    switch (this.#state) {
      case 'unseen': throw new UsageError(`${frame}: the capture has no IP packet with that number`)
      case 'waiting': throw new UsageError(`${frame}: a fragment of a datagram that never was whole, so nothing became of it`)
      case 'nameless': throw new UsageError(`${frame}: nothing tells which connection it belongs to`)
      default: return this.#state
    }
  }

  /** The capture had the frame. */
  get isSeen(): boolean { return this.#state !== 'unseen' }

  /** The datagram that is waited for: put together out of several frames, between the same addresses. */
  #isWhole(packet: Packet, frame: Frame): boolean {
    if (packet.verdict === VERDICT_NONE || packet.bytes === frame.bytes) return false
    const own = new Tuple()
    readAddresses(packet.view, packet.ip, packet.version, 0, own)
    return isSameTuple(own, this.#waiting) && (packet.version !== 4 || packet.view.getUint16(packet.ip + 4) === this.#id)
  }
}
