// Connections as people name them, and the one that a packet belongs to.

import { type AddressWords, parseIpv4, parseIpv6 } from '../../base/address.ts'
import { UsageError } from '../../base/errors.ts'
import { AF_INET, AF_INET6, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../../base/units.ts'
import { ORIGINAL, REPLY } from '../../base/verdict.ts'
import type { Conntrack } from '../../conntrack/conntrack.ts'
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
