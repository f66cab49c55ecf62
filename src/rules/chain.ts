// A chain of rules, and the walk through it.
// Kernel: ipt_do_table(), ip6t_do_table() (v6.12).

import type { Facts } from './facts.ts'
import type { Rule } from './rule.ts'
import { ACCEPT, CONTINUE, DROP, GOTO, JUMP, RETURN, type Target } from './target.ts'

/** A target that finds out for every packet which chain it leads to. */
export interface ChoosingTarget extends Target {
  /** Where the last packet goes, when `act` has answered JUMP or GOTO. */
  readonly choice: Chain | null
  /** All chains it can lead to. */
  readonly chains: readonly Chain[]
}

export class Chain {
  readonly table: string
  readonly name: string
  /** Line of the file that declares it, from 1. */
  readonly line: number
  /** ACCEPT or DROP for what reaches the end; null in chains of the user's own, which return. */
  readonly policy: number | null
  /** Index of the policy's counters. */
  readonly id: number
  readonly rules: Rule[] = []
  /** Where a rule jumps to, by its number - 1; null where it does not. */
  readonly jumps: (Chain | ChoosingTarget | null)[] = []

  constructor(place: Pick<Chain, 'table' | 'name' | 'line' | 'policy' | 'id'>) {
    this.table = place.table
    this.name = place.name
    this.line = place.line
    this.policy = place.policy
    this.id = place.id
  }

  /** Where a rule leads the packet that it has just jumped with. */
  leadsTo(at: number): Chain {
    const to = this.jumps[at]!
    return to instanceof Chain ? to : to.choice!
  }

  /** All chains that the rules of this one can lead to. */
  get successors(): Chain[] { return this.jumps.flatMap((to) => to === null ? [] : to instanceof Chain ? [to] : to.chains) }
}

/**
 * The kernel refuses rulesets whose chains go round in a circle.
 * @returns  one such circle, its first chain again at its end; null where there is none
 */
export function circleOf(chains: Iterable<Chain>): Chain[] | null {
  const done = new Set<Chain>()
  const visit = (chain: Chain, trail: readonly Chain[]): Chain[] | null => {
    if (trail.includes(chain)) return [...trail.slice(trail.indexOf(chain)), chain]
    if (done.has(chain)) return null
    for (const to of chain.successors) {
      const circle = visit(to, [...trail, chain])
      if (circle !== null) return circle
    }
    done.add(chain)
    return null
  }
  for (const chain of chains) {
    const circle = visit(chain, [])
    if (circle !== null) return circle
  }
  return null
}

/** Walks packets through chains, and counts. */
export class Walk {
  /** Packets and bytes by id of rules and policies, shape [id][2]. */
  readonly counters: Float64Array
  /** Where the last walk ended: the chain, and the rule, or null for the chain's policy. */
  chain: Chain | null = null
  rule: Rule | null = null
  /** It ended because a match could not read what it must. */
  isHotdrop = false
  readonly #chains: Chain[] = []
  readonly #positions: number[] = []

  /** @param ids  rules and policies there are */
  constructor(ids: number) {
    this.counters = new Float64Array(ids * 2)
  }

  /** Takes a packet through a built-in chain. @returns ACCEPT or DROP */
  run(builtin: Chain, facts: Facts): number {
    let chain = builtin
    let at = 0
    let depth = 0
    const length = facts.packet.length
    this.isHotdrop = false
    for (;;) {
      if (at === chain.rules.length) {
        if (depth === 0) return this.#toPolicy(builtin, length)
        depth--
        chain = this.#chains[depth]!
        at = this.#positions[depth]!
        continue
      }
      const rule = chain.rules[at]!
      if (!rule.matchesPacket(facts)) {
        if (facts.hotdrop) return this.#hotdrop(chain, rule)
        at++
        continue
      }
      this.#count(rule.id, length)
      const target = rule.target
      const way = target.act === undefined ? target.way : target.act(facts)
      switch (way) {
        case CONTINUE: at++; break
        case ACCEPT: case DROP:
          this.chain = chain
          this.rule = rule
          return way
        case RETURN:
          at = chain.rules.length
          break
        case JUMP:
          this.#chains[depth] = chain
          this.#positions[depth] = at + 1
          depth++
          chain = chain.leadsTo(at)
          at = 0
          break
        case GOTO:
          chain = chain.leadsTo(at)
          at = 0
          break
      }
    }
  }

  /** What no rule decided, and what returned from the built-in chain itself. */
  #toPolicy(builtin: Chain, length: number): number {
    this.#count(builtin.id, length)
    this.chain = builtin
    this.rule = null
    return builtin.policy ?? ACCEPT
  }

  #hotdrop(chain: Chain, rule: Rule): number {
    this.chain = chain
    this.rule = rule
    this.isHotdrop = true
    return DROP
  }

  #count(id: number, length: number): void {
    const { counters } = this
    counters[id * 2] = counters[id * 2]! + 1
    counters[id * 2 + 1] = counters[id * 2 + 1]! + length
  }
}
