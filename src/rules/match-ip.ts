// What the rule itself asks, before its matches: addresses, protocol, interfaces, fragments.
// Kernel: ip_packet_match(), ip6_packet_match() (v6.12).

import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../base/units.ts'
import { KIND_PROTOCOL, protocolKind, type Facts } from './facts.ts'
import type { InterfacePattern } from './interfaces.ts'
import type { Match, Words } from './match.ts'

/** Addresses as four words each, of which IPv4 has the first: `-s`, `-d`. */
export class AddressMatch implements Match {
  readonly isSource: boolean
  readonly words: readonly number[]
  readonly masks: readonly number[]
  readonly isIpv6: boolean
  readonly isInverted: boolean

  constructor(isSource: boolean, words: readonly number[], masks: readonly number[], isIpv6: boolean, isInverted: boolean) {
    this.isSource = isSource
    this.words = words.map((word, i) => (word & masks[i]!) | 0)
    this.masks = masks.map((mask) => mask | 0)
    this.isIpv6 = isIpv6
    this.isInverted = isInverted
  }

  test(facts: Facts): boolean {
    const { words, masks } = this
    const isFit = this.isSource
      ? (facts.source0 & masks[0]!) === words[0] && (!this.isIpv6 || ((facts.source1 & masks[1]!) === words[1] &&
        (facts.source2 & masks[2]!) === words[2] && (facts.source3 & masks[3]!) === words[3]))
      : (facts.destination0 & masks[0]!) === words[0] && (!this.isIpv6 || ((facts.destination1 & masks[1]!) === words[1] &&
        (facts.destination2 & masks[2]!) === words[2] && (facts.destination3 & masks[3]!) === words[3]))
    return isFit !== this.isInverted
  }

  /** The first word says all of an IPv4 address, and of an IPv6 prefix of 32 bits or fewer. */
  fold(words: Words): boolean {
    if (this.isInverted) return false
    const [word, ...tail] = this.words
    const [mask, ...tailMasks] = this.masks
    if (this.isSource) {
      words.source = word!
      words.sourceMask = mask!
    } else {
      words.destination = word!
      words.destinationMask = mask!
    }
    return !this.isIpv6 || tail.every((one, i) => one === 0 && tailMasks[i] === 0)
  }
}

const TOLD_APART = new Set([IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP])

/** `-p` */
export class ProtocolMatch implements Match {
  readonly protocol: number
  readonly isInverted: boolean

  constructor(protocol: number, isInverted: boolean) {
    this.protocol = protocol
    this.isInverted = isInverted
  }

  test(facts: Facts): boolean {
    if (facts.isIpv6 && facts.packet.l4 < 0) {
      if (facts.hidesProtocol) facts.hotdrop = true
      return false
    }
    return (facts.protocol === this.protocol) !== this.isInverted
  }

  fold(words: Words): boolean {
    const kind = protocolKind(this.protocol)
    if (!TOLD_APART.has(this.protocol)) {
      if (!this.isInverted) words.allowed &= ~KIND_PROTOCOL | kind
      return false
    }
    words.allowed &= this.isInverted ? ~kind : ~KIND_PROTOCOL | kind
    return true
  }
}

/** `-i`, `-o` */
export class InterfaceMatch implements Match {
  readonly asksInterface = true
  readonly isIn: boolean
  readonly pattern: InterfacePattern
  readonly isInverted: boolean

  constructor(isIn: boolean, pattern: InterfacePattern, isInverted: boolean) {
    this.isIn = isIn
    this.pattern = pattern
    this.isInverted = isInverted
  }

  test(facts: Facts): boolean {
    return this.pattern.fits(this.isIn ? facts.inIface : facts.outIface) !== this.isInverted
  }
}

/** `-f`: later fragments, which conntrack has put together before any rule is asked. */
export class FragmentMatch implements Match {
  readonly isInverted: boolean

  constructor(isInverted: boolean) {
    this.isInverted = isInverted
  }

  test(): boolean { return this.isInverted }
}
