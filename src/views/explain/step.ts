// What an explanation is made of: one step a packet of the connection, and one for each of its ends. Plain objects.

import type { RowTuple } from '../row.ts'

/** The entry as it stood before or after a packet. */
export interface EntryThen {
  /** TCP, SCTP, DCCP: the state's name. */
  readonly state: string | null
  /** Seconds left. */
  readonly timeout: number
  readonly seenReply: boolean
  readonly assured: boolean
}

/** A TCP segment; numbers are relative to the first one its side sent. */
export interface SegmentThen {
  /** `SYN`, `SYN,ACK`, `ACK,PSH`, … */
  readonly flags: string
  readonly seq: number
  /** null without the ACK flag */
  readonly ack: number | null
  /** As it stands in the header. */
  readonly window: number
  /** Bytes of payload. */
  readonly payload: number
}

/** One bound of the window check: `value` is to be at most, or at least, `limit`; both relative. */
export interface Bound {
  readonly name: 'I' | 'II' | 'III' | 'IV'
  readonly says: string
  readonly value: number
  readonly relation: '<=' | '>='
  readonly limit: number
  readonly holds: boolean
}

/** Something the kernel logs of a packet, in its words and in plain ones. */
export interface Said {
  /** Null where it logs nothing, and refuses the packet all the same. */
  readonly kernel: string | null
  readonly meaning: string
  /** The setting that would change it: `nf_conntrack_tcp_be_liberal=1`; null where there is none. */
  readonly setting: string | null
}

/** What promised the connection. */
export interface PromisedBy {
  /** The connection whose payload did, in its original direction; null when it is gone. */
  readonly master: RowTuple | null
  readonly helper: string | null
  /** The frame that held the promise; null where it was not seen. */
  readonly frame: number | null
}

export interface PacketStep {
  readonly kind: 'packet'
  readonly frame: number
  /** Nanoseconds since the epoch, as decimal digits. */
  readonly time: string
  /** Seconds since the connection's first packet here. */
  readonly since: number
  readonly verdict: string
  readonly direction: 'original' | 'reply'
  /** An ICMP error about the connection, not a packet of it. */
  readonly isError: boolean
  readonly segment: SegmentThen | null
  /** SCTP: its chunks, `DATA,SACK`; DCCP: its type; else null. */
  readonly content: string | null
  readonly before: EntryThen | null
  readonly after: EntryThen | null
  /** What decided, a sentence each. */
  readonly decided: readonly string[]
  readonly bounds: readonly Bound[]
  readonly said: readonly Said[]
  /** Frames that held the same packet once more, and were not tracked. */
  readonly copies: readonly number[]
  readonly promise: PromisedBy | null
}

export interface EndStep {
  readonly kind: 'end'
  /** Seconds since the connection's first packet here. */
  readonly since: number
  /** `timeout`, `killed`, `reopened`, `early-drop`, `deleted` */
  readonly reason: string
}

export type Step = PacketStep | EndStep
