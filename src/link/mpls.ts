// MPLS: labels of four bytes, the last one marked. Nothing says what is behind it; IP is known by its version.

import type { Frame } from '../capture/frame.ts'
import { NO_IP } from './answers.ts'

export const LABEL = 4 // bytes
export const BOTTOM_OF_STACK = 0x100 // bit of a label as a word

/** @param at  the first label @returns offset of the IP header, or NO_IP */
export function behindLabels({ view, end }: Frame, at: number): number {
  while (end - at >= LABEL) {
    const label = view.getUint32(at)
    at += LABEL
    if ((label & BOTTOM_OF_STACK) !== 0) return isIpVersion(view, at, end) ? at : NO_IP
  }
  return NO_IP
}

function isIpVersion(view: DataView, at: number, end: number): boolean {
  if (at >= end) return false
  const version = view.getUint8(at) >>> 4
  return version === 4 || version === 6
}
