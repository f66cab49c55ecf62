// What captures for us: a program of its own, whose output is a capture that we read. If it crashes, we do not.

import type { LiveError } from '../index.ts'

/** Who a process becomes when it gives up root. */
export interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

export type Direction = 'in' | 'out' | 'inout'

/** What is asked for, in tcpdump's terms. */
export interface CaptureRequest {
  /** An interface's name, or `any`. */
  readonly device: string
  /** An expression as in pcap-filter(7); empty for all packets. */
  readonly filter: string
  /** Bytes kept of a packet; null for all. */
  readonly snapLength: number | null
  readonly promiscuous: boolean
  readonly direction: Direction
  /** KiB of the kernel's buffer; null for the program's own. */
  readonly bufferKib: number | null
  /** Whom the program becomes once the device is open; null to stay who it is. */
  readonly user: User | null
}

/** Packets lost so far; null where nobody counts them. */
export interface Losses {
  /** There was no room in the kernel's buffer: whoever reads was too slow. */
  readonly kernel: number | null
  readonly interface: number | null
}

export interface CaptureProgram {
  readonly name: string
  /** What it does worse than others, in words; empty where there is nothing to say. */
  readonly limits: string
  /** How late a packet may reach us, ms: what the table shows lies so far back. */
  readonly lagMs: number
  /** It writes its counts when it gets SIGUSR1. */
  readonly tellsLosses: boolean
  /** The file to run and what stands before the arguments; null where it is not there. */
  find(): readonly string[] | null
  /** Its arguments. @throws LiveError for what it cannot do */
  args(request: CaptureRequest): string[]
  /** The last counts in what it said on standard error. */
  losses(said: string): Losses | null
}

/** Makes of what a program said why there is no capture. */
export type Complaint = (program: CaptureProgram, said: string, request: CaptureRequest) => LiveError
