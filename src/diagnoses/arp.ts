// Who says that an address is theirs: answers of ARP over Ethernet, and what hosts announce unasked.

import { formatIpv4 } from '../base/address.ts'
import type { Frame } from '../capture/frame.ts'

const MOST_ADDRESSES = 4096
const MOST_STATIONS = 8 // of an address
const ETHERNET = 1
const COOKED = 113
const COOKED2 = 276
const ARP = 0x0806
const VLAN = 0x8100
const REPLY = 2
const LENGTH = 28 // bytes of a message for IPv4

/** When a station said that it had an address. Milliseconds of the evidence's clock. */
export interface Claim {
  readonly frame: number
  readonly firstMs: number
  lastMs: number
}

export class ArpClaims {
  /** Claims by address, by station. */
  readonly byAddress = new Map<string, Map<number, Claim>>()

  /** To be called with every frame that holds no IP packet. */
  note({ view, start, end, linkType, number }: Frame, ms: number): void {
    let type = linkType === ETHERNET ? start + 12 : linkType === COOKED ? start + 14 : linkType === COOKED2 ? start : -1
    if (type < 0 || type + 2 > end) return
    while (linkType === ETHERNET && type + 6 <= end && view.getUint16(type) === VLAN) type += 4
    const at = linkType === COOKED2 ? start + 20 : type + 2
    if (end < at + LENGTH || view.getUint16(type) !== ARP || view.getUint16(at + 6) !== REPLY) return
    const address = formatIpv4(view.getInt32(at + 14))
    const station = view.getUint16(at + 8) * 2 ** 32 + view.getUint32(at + 10)
    let claims = this.byAddress.get(address)
    if (claims === undefined) {
      if (this.byAddress.size >= MOST_ADDRESSES) return
      claims = new Map<number, Claim>()
      this.byAddress.set(address, claims)
    }
    const claim = claims.get(station)
    if (claim !== undefined) claim.lastMs = ms
    else if (claims.size < MOST_STATIONS) claims.set(station, { frame: number, firstMs: ms, lastMs: ms })
  }
}
