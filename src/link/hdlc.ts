// HDLC framing: Cisco's own (RFC 1547 section 4.3.1) with an EtherType behind address and control, or PPP's.

import type { Frame } from '../capture/frame.ts'
import { NO_IP } from './answers.ts'
import { behindType } from './ethertype.ts'
import { ppp } from './ppp.ts'

export const CISCO_HDLC_HEADER = 4 // bytes: address, control, EtherType 2
const UNICAST = 0x0f
const MULTICAST = 0x8f

/** LINKTYPE_C_HDLC (104). @returns offset of the IP header, or NO_IP */
export function ciscoHdlc(frame: Frame): number {
  const { start } = frame
  if (frame.end - start < CISCO_HDLC_HEADER) return NO_IP
  return behindType(frame, frame.view.getUint16(start + 2), start + CISCO_HDLC_HEADER)
}

/** LINKTYPE_PPP_HDLC (50): PPP, or Cisco HDLC. @returns offset of the IP header, or NO_IP */
export function pppHdlc(frame: Frame): number {
  return isCiscoHdlc(frame) ? ciscoHdlc(frame) : ppp(frame, frame.start)
}

/** PPP's address is FF, or left out; these two are Cisco's, and odd, so that no protocol number of PPP begins with them. */
export function isCiscoHdlc({ view, start, end }: Frame): boolean {
  if (start >= end) return false
  const address = view.getUint8(start)
  return address === UNICAST || address === MULTICAST
}
