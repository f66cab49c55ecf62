// From a frame to the offset where its IP header starts. One function a link type; the frame is never copied.

import type { Frame } from '../capture/frame.ts'
import { ethernet } from './ethernet.ts'

/** The frame carries no IP packet. */
export const NO_IP = -1
/** The link type is not one we read. */
export const UNSUPPORTED = -2

/**
 * Finds the IP header in a frame.
 * @returns  offset of its first byte in `frame.bytes`, NO_IP or UNSUPPORTED
 */
export function findIp(frame: Frame): number {
  switch (frame.linkType) {
    case 1: return ethernet(frame)
    default: return UNSUPPORTED
  }
}
