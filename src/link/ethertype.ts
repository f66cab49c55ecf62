// What stands behind an EtherType: IP, or tags and tunnels with another type behind them, to any depth.

import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../base/units.ts'
import type { Frame } from '../capture/frame.ts'
import { NO_IP } from './answers.ts'
import { behindLabels } from './mpls.ts'
import { ppp, PPPOE_HEADER } from './ppp.ts'

const ETHERTYPE_VLAN = 0x8100 // 802.1Q
const ETHERTYPE_SERVICE_VLAN = 0x88a8 // 802.1ad
const ETHERTYPE_OLD_QINQ = 0x9100 // what switches used before 802.1ad
const ETHERTYPE_OLD_QINQ_2 = 0x9200
export const ETHERTYPE_MPLS = 0x8847
export const ETHERTYPE_MPLS_MULTICAST = 0x8848
export const ETHERTYPE_PPPOE = 0x8864 // of a session; discovery (0x8863) carries no IP

export const VLAN_TAG = 4 // bytes: tag control information, then the next type
export const SNAP_HEADER = 8 // bytes: LLC 3, OUI 3, type 2
/** A type up to this one is a length: 802.3, with LLC behind it. */
export const LONGEST_LENGTH = 1500

/**
 * Goes on behind an EtherType.
 * @param at  the first byte that `type` speaks of, not behind the frame's end
 * @returns   offset of the IP header, or NO_IP
 */
export function behindType(frame: Frame, type: number, at: number): number {
  const { view, end } = frame
  while (true) {
    switch (type) {
      case ETHERTYPE_IPV4:
      case ETHERTYPE_IPV6:
        return at
      case ETHERTYPE_VLAN:
      case ETHERTYPE_SERVICE_VLAN:
      case ETHERTYPE_OLD_QINQ:
      case ETHERTYPE_OLD_QINQ_2:
        if (end - at < VLAN_TAG) return NO_IP
        type = view.getUint16(at + 2)
        at += VLAN_TAG
        break
      case ETHERTYPE_MPLS:
      case ETHERTYPE_MPLS_MULTICAST:
        return behindLabels(frame, at)
      case ETHERTYPE_PPPOE:
        return ppp(frame, at + PPPOE_HEADER)
      default:
        if (type > LONGEST_LENGTH || !isSnap(frame, at)) return NO_IP
        type = view.getUint16(at + 6)
        at += SNAP_HEADER
    }
  }
}

/** Is a type one of a VLAN tag? */
export function isVlanType(type: number): boolean {
  return type === ETHERTYPE_VLAN || type === ETHERTYPE_SERVICE_VLAN || type === ETHERTYPE_OLD_QINQ || type === ETHERTYPE_OLD_QINQ_2
}

/** LLC and SNAP with an EtherType (RFC 1042): AA AA 03, OUI 00 00 00, and the type is there too. */
export function isSnap({ view, end }: Frame, at: number): boolean {
  return end - at >= SNAP_HEADER && view.getUint32(at) === 0xaaaa0300 && view.getUint16(at + 4) === 0
}
