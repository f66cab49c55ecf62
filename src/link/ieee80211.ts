// IEEE 802.11 data frames in the clear. The header's length depends on what the frame control says.

import type { Frame } from '../capture/frame.ts'
import { NO_IP } from './answers.ts'
import { behindType, isSnap, SNAP_HEADER } from './ethertype.ts'

// The two bytes of frame control, as one number.
export const TYPE = 0x0c00
export const TYPE_DATA = 0x0800
const QOS = 0x8000 // subtype with QoS control
const NO_DATA = 0x4000 // subtype without a body
export const TO_DS = 0x0001
export const FROM_DS = 0x0002
const PROTECTED = 0x0040 // encrypted
const ORDER = 0x0080 // with QoS: HT control follows

export const HEADER = 24 // bytes: control 2, duration 2, three addresses, sequence 2
const FOURTH_ADDRESS = 6
const QOS_CONTROL = 2
const HT_CONTROL = 4
const AMSDU = 0x80 // bit of the first byte of QoS control
const AMSDU_HEADER = 14 // bytes of a subframe's: destination, source, length

/** LINKTYPE_IEEE802_11 (105), from `at`, which is not behind the frame's end. @returns offset of the IP header, or NO_IP */
export function ieee80211(frame: Frame, at: number): number {
  const llc = findSnap(frame, at)
  return llc < 0 ? NO_IP : behindType(frame, frame.view.getUint16(llc + 6), llc + SNAP_HEADER)
}

/**
 * Where LLC and SNAP begin. Some radios pad the header to four bytes; of several packets in one frame (A-MSDU) it is the
 * first, and where a driver has taken them apart it has left the bit that says so.
 * @returns  an offset, or -1: no data, encrypted, or something else than SNAP
 */
export function findSnap(frame: Frame, at: number): number {
  const { view, end } = frame
  if (end - at < HEADER) return -1
  const control = view.getUint16(at)
  if ((control & (TYPE | NO_DATA | PROTECTED)) !== TYPE_DATA) return -1
  const body = at + headerLength(control)
  if (isSnap(frame, body)) return body
  if ((control & QOS) === 0) return -1
  if (isSnap(frame, body + 2)) return body + 2
  const qos = at + HEADER + (hasFourth(control) ? FOURTH_ADDRESS : 0)
  const isAmsdu = qos < end && (view.getUint8(qos) & AMSDU) !== 0
  return isAmsdu && isSnap(frame, body + AMSDU_HEADER) ? body + AMSDU_HEADER : -1
}

function headerLength(control: number): number {
  return HEADER + (hasFourth(control) ? FOURTH_ADDRESS : 0) +
    ((control & QOS) === 0 ? 0 : QOS_CONTROL + ((control & ORDER) === 0 ? 0 : HT_CONTROL))
}

/** Between two access points (WDS) frames have four addresses. */
export const hasFourth = (control: number): boolean => (control & (TO_DS | FROM_DS)) === (TO_DS | FROM_DS)
