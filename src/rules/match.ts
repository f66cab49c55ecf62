// What a match of a rule is. Matches are plain objects with their parameters in the open, so that lint can read them.

import type { Facts } from './facts.ts'

/** What a rule asks of every plain packet, in numbers. */
export interface Words {
  /** KIND_… bits a packet may have. */
  allowed: number
  /** IPv4 addresses: (address ^ packet's) & mask must be 0. */
  source: number
  sourceMask: number
  destination: number
  destinationMask: number
  /** Ports, inclusive. */
  fromSport: number
  toSport: number
  fromDport: number
  toDport: number
}

/** One condition of a rule. */
export interface Match {
  /** Does the packet fulfil it? Sets `facts.hotdrop` where it cannot be told and the packet goes. */
  test(facts: Facts): boolean
  /** It asks for an interface. */
  readonly asksInterface?: boolean
  /** It keeps count of what it was asked, so the order in which it is asked matters. */
  readonly isStateful?: boolean
  /**
   * Says in words that are compared at once what it asks of a plain packet.
   * @returns  true when the words say all of it
   */
  fold?(words: Words): boolean
}

/** A match that never holds: of a rule that could not be read, with `--lenient`. */
export class NeverMatch implements Match {
  test(): boolean { return false }
}
