// How rules of nftables end: a verdict, or a map of them.

import type { Chain, ChoosingTarget } from '../chain.ts'
import type { Facts } from '../facts.ts'
import type { Match } from '../match.ts'
import { ACCEPT, CONTINUE, DROP, GOTO, JUMP, RETURN } from '../target.ts'
import type { Domain } from './domain.ts'
import type { Node } from './node.ts'
import type { Key } from './selector.ts'

/** A verdict as a map has it. */
export interface Verdict {
  readonly way: number
  /** The chain it leads to. */
  readonly to: Chain | null
}

const WAYS: Readonly<Record<string, number>> = { accept: ACCEPT, drop: DROP, continue: CONTINUE, return: RETURN, jump: JUMP, goto: GOTO }

/** Is this the name of a verdict? */
export const isVerdict = (name: string): boolean => Object.hasOwn(WAYS, name)

/** `{"jump": {"target": "web"}}` @throws RuleProblem */
export function readVerdict(node: Node, chains: ReadonlyMap<string, Chain>): Verdict {
  const [name, inside] = node.only('verdict')
  const way = isVerdict(name) ? WAYS[name]! : node.fail(`"${name}" is no verdict; there are ${Object.keys(WAYS).join(', ')}`)
  if (way !== JUMP && way !== GOTO) return { way, to: null }
  const target = inside.at('target')
  const to = chains.get(target.text('name of a chain')) ?? target.fail(`there is no chain "${target.text()}" in this table`)
  if (to.policy !== null) target.fail(`${to.name} is called from a hook: no rule can jump to it`)
  return { way, to }
}

/** `vmap`, the rule's last match and its target: a rule does not match a packet whose key the map lacks. */
export class VerdictMap implements ChoosingTarget, Match {
  readonly name = 'vmap'
  readonly way = CONTINUE
  choice: Chain | null = null
  #found = CONTINUE
  readonly #key: Key
  readonly #domain: Domain<Verdict>

  constructor(key: Key, domain: Domain<Verdict>) {
    this.#key = key
    this.#domain = domain
  }

  test(facts: Facts): boolean {
    const found = this.#key.load(facts) ? this.#domain.find(this.#key.words) : undefined
    if (found === undefined) return false
    this.#found = found.way
    this.choice = found.to
    return true
  }

  /** What the map held for the packet that was tested last. */
  act(): number { return this.#found }

  get chains(): Chain[] { return this.#domain.meanings.flatMap(({ to }) => to ?? []) }
}
