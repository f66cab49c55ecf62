// Counters, limits, quotas and helpers that a table declares by name: each is one, whoever refers to it.

import type { Node } from './node.ts'
import type { AttachHelper, Counter, Limit, Quota } from './statements.ts'

/** How each kind is made of its declaration. */
export interface Makers {
  readonly counter: () => Counter
  readonly limit: (node: Node) => Limit
  readonly quota: (node: Node) => Quota
  readonly helper: (node: Node) => AttachHelper
}

export class Objects {
  readonly #declared: ReadonlyMap<string, Node>
  readonly #makers: Makers
  readonly #counters = new Map<string, Counter>()
  readonly #limits = new Map<string, Limit>()
  readonly #quotas = new Map<string, Quota>()
  readonly #helpers = new Map<string, AttachHelper>()

  /** @param declared  by kind and name: `counter web`, `ct helper ftp-standard` */
  constructor(declared: ReadonlyMap<string, Node>, makers: Makers) {
    this.#declared = declared
    this.#makers = makers
  }

  counter(name: Node): Counter { return this.#find('counter', name, this.#counters, this.#makers.counter) }
  limit(name: Node): Limit { return this.#find('limit', name, this.#limits, this.#makers.limit) }
  quota(name: Node): Quota { return this.#find('quota', name, this.#quotas, this.#makers.quota) }
  helper(name: Node): AttachHelper { return this.#find('ct helper', name, this.#helpers, this.#makers.helper) }

  /** What a counter has counted; null where no rule refers to it. */
  counted(name: string): Counter | null { return this.#counters.get(name) ?? null }

  #find<Made>(kind: string, name: Node, made: Map<string, Made>, make: (node: Node) => Made): Made {
    const text = name.text(`name of a ${kind}`)
    const known = made.get(text)
    if (known !== undefined) return known
    const declared = this.#declared.get(`${kind} ${text}`)
    const one = make(declared ?? name.fail(`there is no ${kind} "${text}" in this table`))
    made.set(text, one)
    return one
  }
}
