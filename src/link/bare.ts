// No link layer to speak of: IP itself, or IP behind the address family.

import type { Frame } from '../capture/frame.ts'
import { NO_IP } from './answers.ts'

const FAMILY = 4 // bytes
/** AF_INET everywhere; AF_INET6 of Linux, the BSDs' three. */
const FAMILIES = Uint8Array.of(2, 10, 24, 28, 30)

/** LINKTYPE_RAW (101; 12 and 14 in files of some systems), LINKTYPE_IPV4 (228), LINKTYPE_IPV6 (229). */
export function rawIp(frame: Frame): number {
  return frame.start
}

/**
 * LINKTYPE_NULL (0): the family in the byte order of the machine that captured; LINKTYPE_LOOP (108): in network order.
 * Both are read in both orders.
 */
export function loopback(frame: Frame): number {
  const { start } = frame
  if (frame.end - start < FAMILY) return NO_IP
  const word = frame.view.getUint32(start)
  const family = (word & 0xffffff) === 0 ? word >>> 24 : word
  return FAMILIES.includes(family) ? start + FAMILY : NO_IP
}
