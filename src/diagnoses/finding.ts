// What a diagnosis says, for people and for programs.

import { grouped } from '../base/grouped.ts'
import type { FindingCode } from './codes.ts'
import type { Context } from './context.ts'

export const SEVERITIES = ['info', 'warning', 'error'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface Finding {
  /** Which diagnosis: `lvs-dr-director`, `syn-flood`, … */
  readonly code: FindingCode
  /** Whom it is about: `198.51.100.1:80/tcp`, an address, or `capture`. */
  readonly subject: string
  readonly severity: Severity
  /** 0 to 1: how sure the evidence makes us. */
  readonly confidence: number
  /** One sentence that a tired engineer understands. */
  readonly sentence: string
  /** What was counted, by name. */
  readonly numbers: Readonly<Record<string, number>>
  /** Why we think so. */
  readonly proof: readonly string[]
  /** Frames that show it, numbered as Wireshark does. */
  readonly frames: readonly number[]
  /** What conntrack holds because of it. */
  readonly table: readonly string[]
  /** What IPVS holds meanwhile, as `ipvsadm -Lnc` spells it. */
  readonly ipvs?: readonly string[]
  /** What a rule such as `ct state invalid drop` would do here. */
  readonly invalidDrop: string
  readonly remedy: readonly string[]
  /** What people try and what changes nothing. */
  readonly noRemedy: readonly string[]
}

/** Looks at all that was gathered, and says what it finds: nothing, usually. */
export type Diagnosis = (context: Context) => Finding[]

const MOST_FRAMES = 12

/** A few frames in order, none twice, none that is 0. */
export function framesOf(...frames: readonly number[]): number[] {
  return [...new Set(frames)].filter((frame) => frame > 0).sort((a, b) => a - b).slice(0, MOST_FRAMES)
}

/** The first word for one thing, the second for several. */
export const verb = (number: number, one: string, many: string): string => (number === 1 ? one : many)

/** `1 flow`, `3 flows`, `3 entries`, `3 addresses`. */
export function count(number: number, thing: string): string {
  const things = thing.endsWith('s') ? `${thing}es` : thing.endsWith('ry') ? `${thing.slice(0, -1)}ies` : `${thing}s`
  return `${grouped(number)} ${number === 1 ? thing : things}`
}
