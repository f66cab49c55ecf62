// Addresses that routers and directors announce by VRRP (RFC 5798): whoever hears it stands beside them.

import { formatIpv4, formatIpv6Short } from '../base/address.ts'

export const IPPROTO_VRRP = 112
const HEADER = 8 // bytes, in versions 2 and 3
const ADVERTISEMENT = 1
const MOST = 1024

export class VrrpAddresses {
  /** Addresses announced, and the frames that did so first. */
  readonly announced = new Map<string, number>()

  /** A VRRP packet. @param version  of IP */
  note(view: DataView, at: number, end: number, version: number, frame: number): void {
    if (end - at < HEADER || (view.getUint8(at) & 15) !== ADVERTISEMENT) return
    const size = version === 4 ? 4 : 16
    const behind = Math.min(end, at + HEADER + view.getUint8(at + 3) * size)
    for (let next = at + HEADER; next + size <= behind; next += size) {
      const address = version === 4 ? formatIpv4(view.getInt32(next))
        : formatIpv6Short(view.getInt32(next), view.getInt32(next + 4), view.getInt32(next + 8), view.getInt32(next + 12))
      if (this.announced.size < MOST && !this.announced.has(address)) this.announced.set(address, frame)
    }
  }
}
