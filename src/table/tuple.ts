// A tuple: the two addresses, the protocol and its ports (or ICMP type, code and id; or GRE keys) of one direction.
// Kernel: struct nf_conntrack_tuple, v6.12.

import { ADDR, ADDR6, PORTS, PROTO } from './layout.ts'
import { foldTail } from './fold.ts'
import { AF_INET6, IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../base/units.ts'

/** A tuple in plain numbers, reused for every packet. Words are 32 bits in network order, signed (layout.ts says why). */
export class Tuple {
  /** l3num | protocol << 8 | zone << 16 */
  proto = 0
  /** source << 16 | destination; ICMP: id << 16 | type << 8 | code */
  ports = 0
  isIpv6 = false
  source0 = 0
  source1 = 0
  source2 = 0
  source3 = 0
  destination0 = 0
  destination1 = 0
  destination2 = 0
  destination3 = 0
  /** The other three words of each IPv6 address, folded for the hash; 0 for IPv4. Set by `seal`. */
  sourceTail = 0
  destinationTail = 0

  get protocol(): number { return (this.proto >>> 8) & 255 }
  get sourcePort(): number { return this.ports >>> 16 }
  get destinationPort(): number { return this.ports & 0xffff }

  /** To be called once the addresses are set. */
  seal(): void {
    this.isIpv6 = (this.proto & 255) === AF_INET6
    this.sourceTail = this.isIpv6 ? foldTail(this.source1, this.source2, this.source3) : 0
    this.destinationTail = this.isIpv6 ? foldTail(this.destination1, this.destination2, this.destination3) : 0
  }

  /**
   * Makes this the tuple that an answer to `of` would carry.
   * @returns  false when nothing answers it: an ICMP type without a reply
   * @kernel   nf_ct_invert_tuple() — v6.12
   */
  invert(of: Tuple): boolean {
    this.proto = of.proto
    this.source0 = of.destination0
    this.destination0 = of.source0
    if (of.isIpv6) {
      this.source1 = of.destination1
      this.source2 = of.destination2
      this.source3 = of.destination3
      this.destination1 = of.source1
      this.destination2 = of.source2
      this.destination3 = of.source3
    }
    this.seal()
    const protocol = of.protocol
    if (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6) {
      const type = answerTo(protocol, (of.ports >>> 8) & 255)
      if (type < 0) return false
      this.ports = (of.ports & ~0xff00) | (type << 8)
    } else {
      this.ports = (of.ports << 16) | (of.ports >>> 16)
    }
    return true
  }

  /** Writes this into a record as its tuple of direction `dir`. */
  store(words: Int32Array, base: number, dir: number): void {
    words[base + PORTS + dir] = this.ports
    words[base + ADDR + dir * 2] = this.source0
    words[base + ADDR + dir * 2 + 1] = this.destination0
    if (!this.isIpv6) return
    const tail = base + ADDR6 + dir * 6
    words[tail] = this.source1
    words[tail + 1] = this.source2
    words[tail + 2] = this.source3
    words[tail + 3] = this.destination1
    words[tail + 4] = this.destination2
    words[tail + 5] = this.destination3
  }

  /** Reads a record's tuple of direction `dir`. */
  load(words: Int32Array, base: number, dir: number): void {
    this.proto = words[base + PROTO]!
    this.ports = words[base + PORTS + dir]!
    this.source0 = words[base + ADDR + dir * 2]!
    this.destination0 = words[base + ADDR + dir * 2 + 1]!
    const tail = base + ADDR6 + dir * 6
    this.source1 = words[tail]!
    this.source2 = words[tail + 1]!
    this.source3 = words[tail + 2]!
    this.destination1 = words[tail + 3]!
    this.destination2 = words[tail + 4]!
    this.destination3 = words[tail + 5]!
    this.seal()
  }
}

/**
 * The ICMP type that answers a type, or -1.
 * Echo, timestamp, information and address mask in IPv4; echo and node information in IPv6.
 * @kernel  nf_conntrack_invert_icmp_tuple(), nf_conntrack_invert_icmpv6_tuple() — v6.12
 */
export function answerTo(protocol: number, type: number): number {
  if (protocol === IPPROTO_ICMP) {
    switch (type) {
      case 0: return 8
      case 8: return 0
      case 13: case 15: case 17: return type + 1
      case 14: case 16: case 18: return type - 1
      default: return -1
    }
  }
  switch (type) {
    case 128: case 139: return type + 1
    case 129: case 140: return type - 1
    default: return -1
  }
}
