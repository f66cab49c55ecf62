// Linux cooked captures: what `tcpdump -i any` writes, where frames of all kinds share one made-up header.

import type { Frame } from '../capture/frame.ts'
import { NO_IP } from './answers.ts'
import { behindType } from './ethertype.ts'

export const COOKED_HEADER = 16 // bytes: packet type 2, ARPHRD_ type 2, address length 2, address 8, EtherType 2
export const COOKED2_HEADER = 20 // bytes: EtherType 2, reserved 2, ifindex 4, ARPHRD_ type 2, packet type 1, address length 1, address 8

/** LINKTYPE_LINUX_SLL (113). @returns offset of the IP header, or NO_IP */
export function cooked(frame: Frame): number {
  const { start } = frame
  if (frame.end - start < COOKED_HEADER) return NO_IP
  return behindType(frame, frame.view.getUint16(start + 14), start + COOKED_HEADER)
}

/** LINKTYPE_LINUX_SLL2 (276). @returns offset of the IP header, or NO_IP */
export function cooked2(frame: Frame): number {
  const { start } = frame
  if (frame.end - start < COOKED2_HEADER) return NO_IP
  return behindType(frame, frame.view.getUint16(start), start + COOKED2_HEADER)
}
