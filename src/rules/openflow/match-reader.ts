// What a flow matches: from its text to words of a key.

import { nearest } from '../../base/nearest.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../base/units.ts'
import { RuleProblem } from '../iptables/values.ts'
import {
  CS_INV, CS_TRK, CT_STATE, DL_SRC, DL_TYPE, type Field, fieldNames, findField, IN_PORT, KEY_WORDS, NW_PROTO, type Prerequisite, TP_SRC,
  VLAN_PRESENT, VLAN_TCI,
} from './fields.ts'
import type { Ports } from './ports.ts'
import { readBig, readSubfield, readValue, wordsOf } from './values.ts'

/** What a packet's key must hold: under the mask of each word, its value. */
export class Match {
  readonly values = new Int32Array(KEY_WORDS)
  readonly masks = new Int32Array(KEY_WORDS)

  /** Asks for a word. @throws RuleProblem where something else was asked before */
  add(word: number, value: number, mask: number): void {
    const both = this.masks[word]! & mask
    if (((this.values[word]! ^ value) & both) !== 0) throw new RuleProblem('it asks for two values of one field')
    this.values[word] = this.values[word]! | (value & mask)
    this.masks[word] = this.masks[word]! | mask
  }

  /** The one value that some bits of a word must have, null where there are more. */
  exact(word: number, mask: number): number | null {
    return (this.masks[word]! & mask) === mask ? this.values[word]! & mask : null
  }

  /** The words that are asked for: word, value and mask of each. */
  get conditions(): Int32Array {
    const all: number[] = []
    for (let word = 0; word < KEY_WORDS; word++) if (this.masks[word] !== 0) all.push(word, this.values[word]!, this.masks[word]!)
    return Int32Array.from(all)
  }

  /** Does all that `other` matches match here too? */
  covers(other: Match): boolean {
    for (let word = 0; word < KEY_WORDS; word++) {
      const mask = this.masks[word]!
      if ((other.masks[word]! & mask) !== mask || ((other.values[word]! ^ this.values[word]!) & mask) !== 0) return false
    }
    return true
  }
}

const TYPE_BITS = 0xffff
const PROTOCOL_BITS = 0xff
const ETHERTYPE_ARP = 0x0806
const ETHERTYPE_RARP = 0x8035
const ETHERTYPE_MPLS = 0x8847
const ETHERTYPE_MPLS_MULTICAST = 0x8848
const ICMPV6_SOLICITATION = 135
const ICMPV6_ADVERTISEMENT = 136

/** Words that stand for a type of frame, and a protocol. */
const SHORTHANDS: Readonly<Record<string, readonly [type: number, protocol: number | null]>> = {
  ip: [ETHERTYPE_IPV4, null], ipv4: [ETHERTYPE_IPV4, null], ipv6: [ETHERTYPE_IPV6, null], ip6: [ETHERTYPE_IPV6, null],
  icmp: [ETHERTYPE_IPV4, IPPROTO_ICMP], icmp4: [ETHERTYPE_IPV4, IPPROTO_ICMP], icmp6: [ETHERTYPE_IPV6, IPPROTO_ICMPV6],
  icmpv6: [ETHERTYPE_IPV6, IPPROTO_ICMPV6], tcp: [ETHERTYPE_IPV4, IPPROTO_TCP], tcp4: [ETHERTYPE_IPV4, IPPROTO_TCP],
  tcp6: [ETHERTYPE_IPV6, IPPROTO_TCP], udp: [ETHERTYPE_IPV4, IPPROTO_UDP], udp4: [ETHERTYPE_IPV4, IPPROTO_UDP],
  udp6: [ETHERTYPE_IPV6, IPPROTO_UDP], sctp: [ETHERTYPE_IPV4, IPPROTO_SCTP], sctp4: [ETHERTYPE_IPV4, IPPROTO_SCTP],
  sctp6: [ETHERTYPE_IPV6, IPPROTO_SCTP], arp: [ETHERTYPE_ARP, null], rarp: [ETHERTYPE_RARP, null], mpls: [ETHERTYPE_MPLS, null],
  mplsm: [ETHERTYPE_MPLS_MULTICAST, null],
}

const VLAN_ID = 0xfff
const NO_VLAN = 0xffff
const PCP_SHIFT = 13

/** Does a flow ask for IP? */
export function isIp(match: Match): boolean {
  const type = match.exact(DL_TYPE, TYPE_BITS)
  return type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6
}

/** Reads what a flow matches, part by part. */
export class MatchReader {
  readonly match = new Match()
  readonly #ports: Ports
  readonly #fields: Field[] = []

  constructor(ports: Ports) { this.#ports = ports }

  /** A word on its own. @returns false where it is none that matches */
  word(name: string): boolean {
    const shorthand = Object.hasOwn(SHORTHANDS, name) ? SHORTHANDS[name] : undefined
    if (shorthand === undefined) return false
    const [type, protocol] = shorthand
    this.match.add(DL_TYPE, type, TYPE_BITS)
    if (protocol !== null) this.match.add(NW_PROTO, protocol, PROTOCOL_BITS)
    return true
  }

  /** `KEY=VALUE`. @throws RuleProblem */
  field(key: string, value: string): void {
    if (value === '*' || (value === 'ANY' && key === 'in_port')) return
    switch (key) {
      case 'dl_vlan': this.#vlan(value); return
      case 'dl_vlan_pcp':
        this.match.add(VLAN_TCI, (Number(readBig(value, 3)) << PCP_SHIFT) | VLAN_PRESENT, (7 << PCP_SHIFT) | VLAN_PRESENT)
        return
    }
    const name = /^[^[]*/.exec(key)?.[0] ?? ''
    if (findField(name) === null) {
      throw new RuleProblem(`the match "${key}" is not supported; did you mean ${nearest(key.toLowerCase(), fieldNames())}?`)
    }
    const subfield = readSubfield(key)
    this.#fields.push(subfield.field)
    for (const [word, part, mask] of wordsOf(subfield, readValue(value, subfield, this.#ports))) this.match.add(word, part, mask)
  }

  #vlan(value: string): void {
    const id = Number(readBig(value, 16))
    if (id === NO_VLAN) this.match.add(VLAN_TCI, 0, NO_VLAN)
    else if (id > VLAN_ID) throw new RuleProblem(`"${value}" is no VLAN`)
    else this.match.add(VLAN_TCI, id | VLAN_PRESENT, VLAN_ID | VLAN_PRESENT)
  }

  /**
   * To be called when all is read: leaves out what the flow has not asked the right protocol for, as Open vSwitch does, and
   * notes which stations stand behind which port.
   * @returns  what was left out
   * @throws   RuleProblem where Open vSwitch refuses the flow
   */
  finish(): string[] {
    const { match } = this
    const left = this.#fields.filter(({ needs }) => !isMet(needs, match))
    const refused = left.find(({ needs }) => needs === 'ct')
    if (refused !== undefined) throw new RuleProblem(`${refused.name} needs ${NEEDED.ct}: Open vSwitch refuses the flow`)
    for (const { word, bits, shift } of left) {
      const count = Math.ceil((bits + shift) / 32)
      match.values.fill(0, word, word + count)
      match.masks.fill(0, word, word + count)
    }
    const port = match.exact(IN_PORT, 0xffff)
    const high = match.exact(DL_SRC, 0xffff)
    const low = match.exact(DL_SRC + 1, -1)
    if (port !== null && high !== null && low !== null) this.#ports.learn(high * 2 ** 32 + (low >>> 0), port)
    return left.map(({ name, needs }) => `${name} needs ${NEEDED[needs]}: Open vSwitch leaves it out, and the flow matches whatever it is`)
  }
}

const NEEDED: Readonly<Record<Prerequisite, string>> = {
  none: '', network: 'ip, ipv6 or arp', ip: 'ip or ipv6', ipv4: 'ip or arp', ipv6: 'ipv6', ports: 'tcp, udp, sctp or icmp', tcp: 'tcp',
  arp: 'arp', nd: 'icmp6 with its type', vlan: 'a VLAN',
  ct: 'ip or ipv6, and a ct_state that says the packet is of a connection, such as +trk-inv',
}

/** Has the flow asked for what a field needs? */
function isMet(needs: Prerequisite, match: Match): boolean {
  const type = match.exact(DL_TYPE, TYPE_BITS)
  const protocol = match.exact(NW_PROTO, PROTOCOL_BITS)
  const isArp = type === ETHERTYPE_ARP || type === ETHERTYPE_RARP
  switch (needs) {
    case 'none': return true
    case 'network': return isIp(match) || isArp
    case 'ip': return isIp(match)
    case 'ipv4': return type === ETHERTYPE_IPV4 || isArp
    case 'ipv6': return type === ETHERTYPE_IPV6
    case 'ports': return isIp(match) && [IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_ICMP, IPPROTO_ICMPV6].includes(protocol ?? -1)
    case 'tcp': return isIp(match) && protocol === IPPROTO_TCP
    case 'arp': return isArp
    case 'nd': {
      const message = match.exact(TP_SRC, 0xff)
      return type === ETHERTYPE_IPV6 && protocol === IPPROTO_ICMPV6 && (message === ICMPV6_SOLICITATION || message === ICMPV6_ADVERTISEMENT)
    }
    case 'ct': {
      const state = match.values[CT_STATE]!
      const isNotInvalid = (state & CS_TRK) !== 0 && (match.masks[CT_STATE]! & ~state & CS_INV) !== 0
      return isIp(match) && ((state & ~(CS_TRK | CS_INV)) !== 0 || isNotInvalid)
    }
    case 'vlan': return (match.exact(VLAN_TCI, VLAN_PRESENT) ?? 0) !== 0
  }
}
