// A ruleset of nftables: what its tables hold, in the order of its listing.

import type { Match } from '../match.ts'
import { Rule } from '../rule.ts'
import { Ruleset } from '../ruleset.ts'
import type { Target } from '../target.ts'
import type { Node } from './node.ts'
import type { Objects } from './objects.ts'
import { Counter, Quota } from './statements.ts'

/** A rule, with its statements as the listing has them. */
export class NftRule extends Rule {
  readonly expr: Node
  readonly comment: string | null
  /** Its counters and quotas, in the order of its statements. */
  readonly counters: readonly (Counter | Quota)[]

  constructor(
    place: ConstructorParameters<typeof Rule>[0], matches: readonly Match[], target: Target, expr: Node, comment: string | null,
  ) {
    super(place, matches, target)
    this.expr = expr
    this.comment = comment
    this.counters = matches.filter((match) => match instanceof Counter || match instanceof Quota)
  }
}

/** One table, as it is listed. */
export interface NftTable {
  /** `inet fw` */
  readonly name: string
  readonly family: string
  /** Sets, maps, and objects of a name, in the order of the listing. */
  readonly declared: readonly { readonly kind: string, readonly node: Node }[]
  readonly objects: Objects
}

export class NftRuleset extends Ruleset {
  readonly listed: NftTable[] = []

  constructor(path: string) {
    super(null, path)
  }

  override where({ table, chain, handle }: Pick<Rule, 'table' | 'chain' | 'handle'>): string {
    return `${this.path}: ${table} ${chain}${handle === null ? '' : ` handle ${String(handle)}`}: `
  }
}
