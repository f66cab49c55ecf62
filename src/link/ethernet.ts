// Ethernet: version II, and 802.3 whose type is a length (then LLC follows).

import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../base/units.ts'
import type { Frame } from '../capture/frame.ts'
import { NO_IP } from './answers.ts'
import { behindType } from './ethertype.ts'

export const ETHERNET_HEADER = 14 // bytes
export const ETHERNET_TYPE = 12 // offset of the type

/** LINKTYPE_ETHERNET (1). @returns offset of the IP header, or NO_IP */
export function ethernet(frame: Frame): number {
  const { start } = frame
  if (frame.end - start < ETHERNET_HEADER) return NO_IP
  const type = frame.view.getUint16(start + ETHERNET_TYPE)
  if (type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6) return start + ETHERNET_HEADER
  return behindType(frame, type, start + ETHERNET_HEADER)
}
