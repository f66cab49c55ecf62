// Ethernet II. (Walking skeleton: VLAN, SNAP, MPLS and PPPoE come with the other link types.)

import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../base/units.ts'
import type { Frame } from '../capture/frame.ts'

/** LINKTYPE_ETHERNET (1). @returns offset of the IP header, or -1 */
export function ethernet(frame: Frame): number {
  if (frame.end - frame.start < 14) return -1
  const type = frame.view.getUint16(frame.start + 12)
  return type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6 ? frame.start + 14 : -1
}
