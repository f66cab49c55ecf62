// SNAT, DNAT, MASQUERADE, REDIRECT as targets of rules.
// Kernel: xt_nat.c, xt_MASQUERADE.c, xt_REDIRECT.c (v6.12).

import type { Facts } from '../facts.ts'
import { ACCEPT, type Target } from '../target.ts'
import type { NatKind, NatRange } from './range.ts'

/** Built-in chains of the nat table that each may be reached from. */
export const NAT_CHAINS: Readonly<Record<NatKind, readonly string[]>> = {
  SNAT: ['POSTROUTING', 'INPUT'],
  DNAT: ['PREROUTING', 'OUTPUT'],
  MASQUERADE: ['POSTROUTING'],
  REDIRECT: ['PREROUTING', 'OUTPUT'],
}

export class NatTarget implements Target {
  readonly name: NatKind
  readonly way = ACCEPT
  readonly range: NatRange

  constructor(name: NatKind, range: NatRange) {
    this.name = name
    this.range = range
  }

  /** Without a connection, or in a walk that no translation stands behind, the packet goes on as it is. */
  act(facts: Facts): number {
    return facts.nat === null || !facts.hasConnection ? ACCEPT : facts.nat.setUp(this.name, this.range)
  }
}
