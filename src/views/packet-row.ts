// What conntrack said of one packet, as a plain object.

import type { Frame } from '../capture/frame.ts'
import type { Packet } from '../ip/packet.ts'
import { REPLY, VERDICT_NAMES, VERDICT_NEW, type VerdictName } from '../base/verdict.ts'
import { reasonText } from './reason-text.ts'

export interface PacketRow {
  /** Number of the frame, from 1. */
  frame: number
  /** Nanoseconds since the epoch, as decimal digits: more than a number holds. */
  time: string
  verdict: VerdictName
  /** Null where the packet belongs to no connection. */
  direction: 'original' | 'reply' | null
  /** What the kernel logs of it, several joined by `; `; null for nothing. */
  reason: string | null
  /** Number of the frame that this is a copy of, which was tracked in its place; absent where it is none. */
  copyOf?: number
}

/** Copies what is known of the packet of a frame just taken. */
export function packetRowOf(frame: Frame, packet: Packet): PacketRow {
  const row: PacketRow = {
    frame: frame.number,
    time: timeText(frame),
    verdict: VERDICT_NAMES[packet.verdict] ?? '-',
    direction: packet.verdict < VERDICT_NEW ? null : packet.direction === REPLY ? 'reply' : 'original',
    reason: packet.reasonCount === 0 ? null : reasonText(packet),
  }
  if (packet.copyOf !== 0) row.copyOf = packet.copyOf
  return row
}

/** Nanoseconds since the epoch. */
export function timeText(frame: Frame): string {
  return frame.sec === 0 ? String(frame.nsec) : `${String(frame.sec)}${String(frame.nsec).padStart(9, '0')}`
}
