// Values as iptables-save writes them. Each reader throws a RuleProblem that says what was wrong with the text.

import { parseIpv4, parseIpv6, type AddressWords } from '../../base/address.ts'
import {
  IPPROTO_AH, IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IGMP, IPPROTO_IPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../../base/units.ts'

/** A rule that cannot be read; the parser adds file and line. */
export class RuleProblem extends Error {
  override readonly name = 'RuleProblem'
}

const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: IPPROTO_ICMP, igmp: IPPROTO_IGMP, ipip: 4, ipencap: 4, tcp: IPPROTO_TCP, udp: IPPROTO_UDP, dccp: IPPROTO_DCCP, ipv6: IPPROTO_IPV6,
  gre: IPPROTO_GRE, esp: 50, ah: IPPROTO_AH, icmpv6: IPPROTO_ICMPV6, 'ipv6-icmp': IPPROTO_ICMPV6, ospf: 89, pim: 103, vrrp: 112,
  l2tp: 115, sctp: IPPROTO_SCTP, udplite: IPPROTO_UDPLITE, mh: 135, 'mobility-header': 135,
}

/** A protocol by name or number; null for all of them. */
export function readProtocol(text: string): number | null {
  const name = text.toLowerCase()
  if (name === 'all' || name === '0') return null
  const number = PROTOCOLS[name] ?? (/^\d{1,3}$/.test(name) ? Number(name) : NaN)
  if (!(number <= 255)) throw new RuleProblem(`unknown protocol "${text}"`)
  return number
}

/** A number, decimal or with 0x, of at most `most`. */
export function readNumber(text: string, most: number, what: string): number {
  const number = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? Number(text) : NaN
  if (!(number <= most)) throw new RuleProblem(`"${text}" is no ${what}`)
  return number
}

const U32 = 2 ** 32 - 1

/** `value/mask`, 32 bits each; without a mask all bits. */
export function readMarked(text: string): { value: number, mask: number } {
  const [value = '', mask] = text.split('/')
  return { value: readNumber(value, U32, 'mark'), mask: mask === undefined ? U32 : readNumber(mask, U32, 'mask') }
}

/** `80`, `1024:65535`, `:1023`, `1024:`; ranges of NAT have a `-`. */
export function readPorts(text: string, separator = ':'): { from: number, to: number } {
  const [low = '', high, more] = text.split(separator)
  if (more !== undefined) throw new RuleProblem(`"${text}" is no range of ports`)
  const from = low === '' && high !== undefined ? 0 : readPort(low)
  const to = high === undefined ? from : high === '' ? 65_535 : readPort(high)
  if (from > to) throw new RuleProblem(`"${text}" is no range of ports: it ends before it begins`)
  return { from, to }
}

function readPort(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new RuleProblem(`"${text}" is no number of a port (iptables-save writes numbers)`)
  return readNumber(text, 65_535, 'number of a port')
}

/** An address of the ruleset's version. */
export function readAddress(text: string, isIpv6: boolean): AddressWords {
  if (isIpv6) {
    const words = parseIpv6(text)
    if (words === null) throw new RuleProblem(`"${text}" is no IPv6 address`)
    return words
  }
  const word = parseIpv4(text)
  if (word === null) throw new RuleProblem(`"${text}" is no IPv4 address`)
  return [word, 0, 0, 0]
}

/** `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `fe80::/10`, or one address. */
export function readNetwork(text: string, isIpv6: boolean): { words: AddressWords, masks: AddressWords } {
  const [address = '', mask, more] = text.split('/')
  if (more !== undefined || text.includes(',')) {
    throw new RuleProblem(`"${text}" is no address or network (iptables-save writes one a rule)`)
  }
  const words = readAddress(address, isIpv6)
  if (mask === undefined) return { words, masks: prefixMask(isIpv6 ? 128 : 32) }
  if (!/^\d{1,3}$/.test(mask)) return { words, masks: readAddress(mask, isIpv6) }
  return { words, masks: prefixMask(readNumber(mask, isIpv6 ? 128 : 32, 'length of a prefix')) }
}

/** The mask of a prefix, four words. */
export function prefixMask(bits: number): AddressWords {
  const word = (at: number): number => {
    const ones = Math.min(Math.max(bits - at * 32, 0), 32)
    return ones === 0 ? 0 : (2 ** 32 - 2 ** (32 - ones))
  }
  return [word(0), word(1), word(2), word(3)]
}

/** `02:00:00:00:00:01` */
export function readMac(text: string): number[] {
  if (!/^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i.test(text)) throw new RuleProblem(`"${text}" is no MAC address`)
  return text.split(':').map((octet) => parseInt(octet, 16))
}

/** Words separated by commas, each a bit. */
export function readBits(text: string, bits: Readonly<Record<string, number>>, what: string): number {
  let all = 0
  for (const word of text.toUpperCase().split(',')) {
    const bit = bits[word]
    if (bit === undefined) throw new RuleProblem(`unknown ${what} "${word}"`)
    all |= bit
  }
  return all
}
