// What radios put before an 802.11 frame: how it was received. Only the length matters here.

import type { Frame } from '../capture/frame.ts'
import { NO_IP } from './answers.ts'
import { ieee80211 } from './ieee80211.ts'

const SHORTEST = 8 // bytes, of each
const PRISM_HEADER = 144 // bytes
const AVS_MAGIC = 0x8021 // upper half

/** LINKTYPE_IEEE802_11_RADIOTAP (127). @returns offset of the IP header, or NO_IP */
export const radiotap = (frame: Frame): number => behindRadio(frame, radiotapEnd(frame))

/** LINKTYPE_IEEE802_11_PRISM (119). @returns offset of the IP header, or NO_IP */
export const prism = (frame: Frame): number => behindRadio(frame, prismEnd(frame))

/** LINKTYPE_IEEE802_11_AVS (163). @returns offset of the IP header, or NO_IP */
export const avs = (frame: Frame): number => behindRadio(frame, avsEnd(frame))

function behindRadio(frame: Frame, at: number): number {
  return at < 0 ? NO_IP : ieee80211(frame, at)
}

// Each of these gives the offset of the 802.11 frame, or -1 when there is none.

/** Version, pad, length (little-endian). */
export function radiotapEnd(frame: Frame): number {
  const { start, end, view } = frame
  return end - start < SHORTEST ? -1 : within(frame, view.getUint16(start + 2, true))
}

/** A header of fixed length, in place of which some drivers write AVS's. */
export function prismEnd(frame: Frame): number {
  const { start, end, view } = frame
  const isAvs = end - start >= SHORTEST && view.getUint16(start) === AVS_MAGIC
  return isAvs ? avsEnd(frame) : within(frame, PRISM_HEADER)
}

/** Magic, length (big-endian). */
export function avsEnd(frame: Frame): number {
  const { start, end, view } = frame
  return end - start < SHORTEST ? -1 : within(frame, view.getUint32(start + 4))
}

function within({ start, end }: Frame, length: number): number {
  return length < SHORTEST || length > end - start ? -1 : start + length
}
