// From a frame to the offset where its IP header starts. One function a link type; the frame is never copied, and nothing
// outside of it is read. Whether IPv4 or IPv6 starts there is what the packet itself says: its first four bits.

import type { Frame } from '../capture/frame.ts'
import { UNSUPPORTED } from './answers.ts'
import { loopback, rawIp } from './bare.ts'
import { cooked, cooked2 } from './cooked.ts'
import { ethernet } from './ethernet.ts'
import { ciscoHdlc, pppHdlc } from './hdlc.ts'
import { ieee80211 } from './ieee80211.ts'
import { ppp, pppDirection, pppoeFrame, pppPppd } from './ppp.ts'
import { avs, prism, radiotap } from './radio.ts'

/**
 * Finds the IP header in a frame.
 * @returns  offset of its first byte in `frame.bytes`, not behind `frame.end`; or NO_IP, UNSUPPORTED
 */
export function findIp(frame: Frame): number {
  switch (frame.linkType) {
    case 1: return ethernet(frame)
    case 12: case 14: case 101: case 228: case 229: return rawIp(frame)
    case 113: return cooked(frame)
    case 276: return cooked2(frame)
    case 0: case 108: return loopback(frame)
    case 9: return ppp(frame, frame.start)
    case 50: return pppHdlc(frame)
    case 51: return pppoeFrame(frame)
    case 104: return ciscoHdlc(frame)
    case 105: return ieee80211(frame, frame.start)
    case 119: return prism(frame)
    case 127: return radiotap(frame)
    case 163: return avs(frame)
    case 166: return pppPppd(frame)
    case 204: return pppDirection(frame)
    default: return UNSUPPORTED
  }
}
