// What nft asks of a packet before it reads a field: that it is of the field's protocol.

import { KIND_IPV4, KIND_IPV6, KIND_VERSION, type Facts } from '../facts.ts'
import { ProtocolMatch } from '../match-ip.ts'
import type { Match, Words } from '../match.ts'

/** `meta nfproto` */
export class VersionMatch implements Match {
  readonly isIpv6: boolean

  constructor(isIpv6: boolean) {
    this.isIpv6 = isIpv6
  }

  test(facts: Facts): boolean { return facts.isIpv6 === this.isIpv6 }

  fold(words: Words): boolean {
    words.allowed &= ~KIND_VERSION | (this.isIpv6 ? KIND_IPV6 : KIND_IPV4)
    return true
  }
}

/** `meta l4proto`: a packet whose transport header is not found has none, and does not match. */
export class TransportMatch extends ProtocolMatch {
  override test(facts: Facts): boolean { return !facts.hidesProtocol && (facts.protocol === this.protocol) !== this.isInverted }
}

const LINK_ETHERNET = 1

/** `meta iiftype ether` */
export class EthernetMatch implements Match {
  test({ frame }: Facts): boolean { return frame.linkType === LINK_ETHERNET }
}
