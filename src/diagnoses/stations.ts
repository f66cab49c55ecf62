// Which stations a frame went between, as numbers: read for each frame that is diagnosed.

import type { Frame } from '../capture/frame.ts'

const ETHERNET = 1
const COOKED = 113
const COOKED2 = 276
const OUTGOING = 4 // packet type of cooked captures

/** A MAC address as a number of 48 bits; 0 where the link does not say. */
export class Stations {
  from = 0
  to = 0
  /** 1: sent by the machine that captured; 0: received; -1: the link does not say. */
  outgoing = -1

  read(frame: Frame): void {
    const { view, start } = frame
    this.from = 0
    this.to = 0
    this.outgoing = -1
    if (frame.end - start < 20) return
    if (frame.linkType === ETHERNET) {
      this.to = view.getUint16(start) * 2 ** 32 + view.getUint32(start + 2)
      this.from = view.getUint16(start + 6) * 2 ** 32 + view.getUint32(start + 8)
    } else if (frame.linkType === COOKED) {
      this.outgoing = view.getUint16(start) === OUTGOING ? 1 : 0
      this.from = view.getUint16(start + 6) * 2 ** 32 + view.getUint32(start + 8)
    } else if (frame.linkType === COOKED2) {
      this.outgoing = view.getUint8(start + 10) === OUTGOING ? 1 : 0
      this.from = view.getUint16(start + 12) * 2 ** 32 + view.getUint32(start + 14)
    }
  }
}

/** `02:00:00:00:00:01` */
export function macText(mac: number): string {
  const digits = mac.toString(16).padStart(12, '0')
  return digits.match(/../g)?.join(':') ?? digits
}
