// PPP in its many wrappings (RFC 1661, 1662, 2516). Address and control bytes may be left out, and the protocol may be one byte.

import type { Frame } from '../capture/frame.ts'
import { NO_IP } from './answers.ts'

export const PPPOE_HEADER = 6 // bytes: version and type, code, session, length
export const PPP_ADDRESS_CONTROL = 0xff03
const PPP_IPV4 = 0x0021
const PPP_IPV6 = 0x0057

/**
 * LINKTYPE_PPP (9), and what is in every wrapping.
 * @param at  where PPP begins; may lie behind the frame's end
 * @returns   offset of the IP header, or NO_IP
 */
export function ppp(frame: Frame, at: number): number {
  const { view, end } = frame
  if (end - at < 2) return NO_IP
  if (view.getUint16(at) === PPP_ADDRESS_CONTROL) at += 2
  if (at >= end) return NO_IP
  const first = view.getUint8(at)
  if ((first & 1) !== 0) return isIp(first) ? at + 1 : NO_IP
  return end - at >= 2 && isIp(view.getUint16(at)) ? at + 2 : NO_IP
}

/** IP itself. A header that the link has compressed is not followed, nor are labels (MPLS) behind PPP. */
const isIp = (protocol: number): boolean => protocol === PPP_IPV4 || protocol === PPP_IPV6

/** LINKTYPE_PPP_ETHER (51): a PPPoE session without its Ethernet header. */
export function pppoeFrame(frame: Frame): number {
  return ppp(frame, frame.start + PPPOE_HEADER)
}

/** LINKTYPE_PPP_WITH_DIR (204): one byte before PPP says which way, 0 received and anything else sent. */
export function pppDirection(frame: Frame): number {
  return ppp(frame, frame.start + 1)
}

/** LINKTYPE_PPP_PPPD (166): the direction has taken the place of the address, so both bytes are always there. */
export function pppPppd(frame: Frame): number {
  const { start } = frame
  if (frame.end - start < 4) return NO_IP
  return isIp(frame.view.getUint16(start + 2)) ? start + 4 : NO_IP
}
