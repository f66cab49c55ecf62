// Sets and maps of a ruleset, named and anonymous, read when an expression asks for them.

import { readSpans, type Span } from './datatype.ts'
import { Domain } from './domain.ts'
import type { Node } from './node.ts'
import type { Key } from './selector.ts'
import type { NftSurroundings } from './surroundings.ts'

const MOST_COMBINED = 4096 // elements that one with patterns of names may come to

/** What a key is looked up for. */
export type Purpose = 'membership' | 'verdict' | 'number' | 'address' | 'address6' | 'ports'

/** The sets of one table, and what their elements are read with. */
export class Sets {
  readonly surroundings: NftSurroundings
  readonly #named: ReadonlyMap<string, Node>
  /** By name, purpose, and the types of the key. */
  readonly #read = new Map<string, Domain<unknown>>()
  readonly #warned = new Set<string>()
  readonly #warn: (message: string) => void

  /** @param named  sets and maps by name @param warn  is told what is read otherwise than the kernel has it */
  constructor(surroundings: NftSurroundings, named: ReadonlyMap<string, Node>, warn: (message: string) => void) {
    this.surroundings = surroundings
    this.#named = named
    this.#warn = warn
  }

  /**
   * Reads a set or a map.
   * @param node     `"@name"`, or `{"set": [...]}`
   * @param key      what its elements are values of
   * @param purpose  what for: a set that is asked for two things is read twice
   * @param meaning  reads what an element stands for; of a set it is given undefined
   * @differs        sets that change: elements neither expire nor are added
   */
  domain<Meaning>(node: Node, key: Key, purpose: Purpose, meaning: (node: Node | undefined) => Meaning): Domain<Meaning> {
    if (!node.isText) return this.#elements(node.has('set') ? node.at('set') : node, key, meaning)
    const name = node.text().slice(1)
    const declared = this.#named.get(name)
    if (declared === undefined) return node.fail(`there is no set "${name}" in this table`)
    const use = [name, purpose, ...key.selectors.map(({ type }) => type.name)].join(' ')
    const known = this.#read.get(use)
    if (known !== undefined) return known as Domain<Meaning>
    this.#warnOnce(name, declared)
    const elements = declared.at('elem')
    const domain = elements.isNone ? new Domain<Meaning>(key.widths) : this.#elements(elements, key, meaning)
    this.#read.set(use, domain)
    return domain
  }

  /** Tells what of a set is not as the kernel has it. */
  #warnOnce(name: string, declared: Node): void {
    if (this.#warned.has(name)) return
    this.#warned.add(name)
    if (declared.at('flags').value !== undefined && declared.at('flags').listOrOne().some(({ value }) => value === 'dynamic')) {
      this.#warn(`${declared.path}: rules may add to this set while it is asked; here it stays as it was listed`)
    }
    if (!declared.at('timeout').isNone) this.#warn(`${declared.path}: its elements expire; here they stay`)
  }

  #elements<Meaning>(node: Node, key: Key, meaning: (node: Node | undefined) => Meaning): Domain<Meaning> {
    const domain = new Domain<Meaning>(key.widths)
    for (const one of node.listOrOne()) {
      const [left, right] = one.pair()
      const value = left.has('elem') ? left.at('elem').at('val') : left
      if (value.value === '*') domain.addOther(meaning(right))
      else for (const spans of combined(value, key)) domain.add(spans, meaning(right))
    }
    return domain
  }
}

/** The spans of an element, one a part of the key; several where a part stands for several. */
function combined(node: Node, { selectors }: Key): Span[][] {
  const parts = selectors.length === 1 ? [node] : node.at('concat').list('list of values')
  if (parts.length !== selectors.length) node.fail(`an element should have ${String(selectors.length)} parts`)
  let all: Span[][] = [[]]
  for (const [i, selector] of selectors.entries()) {
    const spans = readSpans(parts[i]!, selector.type)
    if (all.length * spans.length > MOST_COMBINED) node.fail('stands for too many interfaces')
    all = all.flatMap((before) => spans.map((span) => [...before, span]))
  }
  return all
}
