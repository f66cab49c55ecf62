// Ports, flags, types: what rules ask of the transport header.
// Kernel: tcp_mt(), udp_mt(), icmp_match(), icmp6_match(), multiport_mt(), sctp_mt() (v6.12).

import { NO_PORT, type Facts } from './facts.ts'
import type { Match, Words } from './match.ts'

/** Bytes of the header each match reads; with fewer the packet is dropped. */
const TCP_HEADER = 20
const UDP_HEADER = 8
const ICMP_HEADER = 8

export interface PortRange {
  readonly from: number
  readonly to: number
  readonly isInverted: boolean
}

const ANY_PORT: PortRange = { from: 0, to: 65_535, isInverted: false }

const isWithin = (port: number, { from, to, isInverted }: PortRange): boolean => (port >= from && port <= to) !== isInverted

/** `-m tcp`, `-m udp`, `-m sctp`, `-m dccp`, `-m udplite`: ports, and of TCP flags and options. */
export class PortsMatch implements Match {
  source: PortRange = ANY_PORT
  destination: PortRange = ANY_PORT
  /** TCP flags: those looked at, and those of them that are set; null for not asked. */
  flags: { readonly mask: number, readonly set: number, readonly isInverted: boolean } | null = null
  /** Kind of a TCP option; null for not asked. */
  option: { readonly kind: number, readonly isInverted: boolean } | null = null
  readonly #header: number

  /** @param header  bytes the match reads */
  constructor(header = TCP_HEADER) {
    this.#header = header
  }

  static udp(): PortsMatch { return new PortsMatch(UDP_HEADER) }

  test(facts: Facts): boolean {
    if (facts.room < this.#header) {
      facts.hotdrop = true
      return false
    }
    return isWithin(facts.sport, this.source) && isWithin(facts.dport, this.destination) && this.#flagsFit(facts) && this.#optionFits(facts)
  }

  #flagsFit({ packet }: Facts): boolean {
    const { flags } = this
    if (flags === null) return true
    return ((packet.view.getUint8(packet.l4 + 13) & flags.mask) === flags.set) !== flags.isInverted
  }

  #optionFits(facts: Facts): boolean {
    const { option } = this
    if (option === null) return true
    const { view, l4, end } = facts.packet
    const length = (view.getUint8(l4 + 12) >>> 4) * 4
    if (length < TCP_HEADER || end - l4 < length) {
      facts.hotdrop = true
      return false
    }
    for (let at = TCP_HEADER; at < length;) {
      const kind = view.getUint8(l4 + at)
      if (kind === option.kind) return !option.isInverted
      at += kind < 2 || at === length - 1 ? 1 : Math.max(view.getUint8(l4 + at + 1), 1)
    }
    return option.isInverted
  }

  fold(words: Words): boolean {
    const { source, destination } = this
    if (!source.isInverted && source !== ANY_PORT) {
      words.fromSport = source.from
      words.toSport = source.to
    }
    if (!destination.isInverted && destination !== ANY_PORT) {
      words.fromDport = destination.from
      words.toDport = destination.to
    }
    return this.flags === null && this.option === null && !source.isInverted && !destination.isInverted
  }
}

/** `-m multiport` */
export class MultiportMatch implements Match {
  readonly side: 'source' | 'destination' | 'either'
  readonly ranges: readonly { readonly from: number, readonly to: number }[]
  readonly isInverted: boolean

  constructor(side: MultiportMatch['side'], ranges: MultiportMatch['ranges'], isInverted: boolean) {
    this.side = side
    this.ranges = ranges
    this.isInverted = isInverted
  }

  test(facts: Facts): boolean {
    if (facts.sport === NO_PORT) {
      facts.hotdrop = true
      return false
    }
    const { ranges, side } = this
    for (let i = 0; i < ranges.length; i++) {
      const { from, to } = ranges[i]!
      if ((side !== 'destination' && facts.sport >= from && facts.sport <= to) ||
        (side !== 'source' && facts.dport >= from && facts.dport <= to)) return !this.isInverted
    }
    return this.isInverted
  }
}

const ANY_TYPE = 255

/** `-m icmp`, `-m icmp6` */
export class IcmpMatch implements Match {
  /** 255 is any, in IPv4. */
  type = ANY_TYPE
  fromCode = 0
  toCode = 255
  isInverted = false
  readonly #isIpv6: boolean

  constructor(isIpv6: boolean) {
    this.#isIpv6 = isIpv6
  }

  test(facts: Facts): boolean {
    if (facts.room < ICMP_HEADER) {
      facts.hotdrop = true
      return false
    }
    const { view, l4 } = facts.packet
    const type = view.getUint8(l4)
    const code = view.getUint8(l4 + 1)
    const isAny = !this.#isIpv6 && this.type === ANY_TYPE
    return (isAny || (type === this.type && code >= this.fromCode && code <= this.toCode)) !== this.isInverted
  }
}
