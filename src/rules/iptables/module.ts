// What the parser knows of a match or a target: the options it takes, and what comes of them.

import type { Interfaces } from '../interfaces.ts'
import type { Facts } from '../facts.ts'
import type { Match } from '../match.ts'
import type { Target } from '../target.ts'
import type { AddressSet } from '../address-set.ts'

/** What rules need to know of their surroundings. */
export interface Surroundings {
  readonly isIpv6: boolean
  readonly interfaces: Interfaces
  /** Ticks a second. */
  readonly hz: number
  /** Is an address one of the machine's own? */
  readonly isLocal: (facts: Facts, isSource: boolean) => boolean
  /** Is an address of the machine's own known, of the rules' IP version? */
  readonly hasOwnAddress: boolean
  /** Sets of addresses by name. */
  readonly sets: ReadonlyMap<string, AddressSet>
}

/** Hands out what stands behind an option. @throws RuleProblem where there is nothing more */
export type Take = () => string

/** The reader of one match or target of one rule. */
export interface Reader<Made> {
  /** Reads an option. @returns false when it is none of its own */
  option(name: string, isInverted: boolean, take: Take): boolean
  /** What came of them. @throws RuleProblem */
  make(): Made
}

export type MatchReader = Reader<readonly Match[]>
export type TargetReader = Reader<Target>
