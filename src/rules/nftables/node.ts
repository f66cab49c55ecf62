// A piece of JSON and where it stands, so that whatever is wrong with it can be said with its path.

import { RuleProblem } from '../iptables/values.ts'

const DEEPEST = 60

export class Node {
  readonly value: unknown
  /** `nftables[7].rule.expr[0].match` */
  readonly path: string
  readonly #depth: number

  constructor(value: unknown, path = '', depth = 0) {
    this.value = value
    this.path = path
    this.#depth = depth
  }

  fail(message: string): never {
    throw new RuleProblem(`${this.path === '' ? 'the document' : this.path}: ${message}`)
  }

  get isText(): boolean { return typeof this.value === 'string' }
  get isNumber(): boolean { return typeof this.value === 'number' }
  get isList(): boolean { return Array.isArray(this.value) }
  get isObject(): boolean { return typeof this.value === 'object' && this.value !== null && !this.isList }
  /** Absent, or null. */
  get isNone(): boolean { return this.value === undefined || this.value === null }

  /** A member of an object; one of undefined where it is absent. */
  at(key: string): Node {
    const value = this.has(key) ? (this.value as Record<string, unknown>)[key] : undefined
    return this.#below(value, this.path === '' ? key : `${this.path}.${key}`)
  }

  has(key: string): boolean { return this.isObject && Object.hasOwn(this.value as object, key) }

  /** Names of an object's members. */
  get keys(): string[] { return this.isObject ? Object.keys(this.value as object) : [] }

  /** The members of a list. */
  list(what = 'list'): Node[] {
    if (!Array.isArray(this.value)) this.fail(`a ${what} should stand here`)
    return this.value.map((one, i) => this.#below(one, `${this.path}[${String(i)}]`))
  }

  /** The members of a list; what is no list counts as its only member. */
  listOrOne(): Node[] { return this.isList ? this.list() : [this] }

  /** An element of a set; or of a map, with what it stands for behind it. */
  pair(): readonly [element: Node, meaning: Node | undefined] {
    if (!this.isList) return [this, undefined]
    const [element, meaning] = this.list()
    return [element ?? this.fail('an element of a map has two members'), meaning]
  }

  /** As JSON. */
  get source(): string { return this.value === undefined ? '' : JSON.stringify(this.value) }

  text(what = 'text'): string {
    if (typeof this.value !== 'string') this.fail(`a ${what} should stand here`)
    return this.value
  }

  /** A whole number from `least` to `most`. */
  number(most: number, what = 'number', least = 0): number {
    if (typeof this.value !== 'number' || !Number.isInteger(this.value) || this.value < least || this.value > most) {
      this.fail(`a ${what} should stand here, from ${String(least)} to ${String(most)}`)
    }
    return this.value
  }

  /** The only member of an object: its name, and what stands there. */
  only(what: string): readonly [name: string, inside: Node] {
    const [name, second] = this.keys
    if (name === undefined || second !== undefined) this.fail(`a ${what} should stand here, an object of one member`)
    return [name, this.at(name)]
  }

  #below(value: unknown, path: string): Node {
    if (this.#depth === DEEPEST) this.fail('nested too deep')
    return new Node(value, path, this.#depth + 1)
  }
}
