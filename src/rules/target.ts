// What a rule does with the packets it matches.

import type { Facts } from './facts.ts'

// How the walk goes on after a rule has matched.
export const ACCEPT = 0
export const DROP = 1
export const CONTINUE = 2
export const RETURN = 3
export const JUMP = 4
export const GOTO = 5

/** A target: where the walk goes on, and what is done to the packet before. */
export interface Target {
  /** As the ruleset names it: `ACCEPT`, `LOG`, the name of a chain. */
  readonly name: string
  /** ACCEPT … GOTO */
  readonly way: number
  /** The sender is told (REJECT). */
  readonly isReject?: boolean
  /** Changes the packet or its connection. @returns how the walk goes on, in place of `way` */
  act?(facts: Facts): number
}
