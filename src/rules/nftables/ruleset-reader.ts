// `nft -j list ruleset`: JSON to tables of chains.

import { UsageError } from '../../base/errors.ts'
import { Chain, circleOf } from '../chain.ts'
import type { Ids } from '../ids.ts'
import type { Match } from '../match.ts'
import { NeverMatch } from '../match.ts'
import type { HookName, RulesetWarning } from '../ruleset.ts'
import { RuleProblem } from '../iptables/values.ts'
import { ACCEPT, DROP } from '../target.ts'
import { COUNT_ONLY } from '../targets.ts'
import { Node } from './node.ts'
import { Objects } from './objects.ts'
import { readNftRule, type ReadNftRule } from './rule-reader.ts'
import { NftRule, NftRuleset } from './ruleset.ts'
import { Sets } from './sets.ts'
import { readHelper, readLimit, readQuota, type TableParts } from './statement-reader.ts'
import { Counter } from './statements.ts'
import type { NftSurroundings } from './surroundings.ts'
import { spellRule } from './text.ts'

/** Is this text JSON, or a listing that nft prints without -j? */
export function isNftText(text: string): boolean { return /^\s*(\{|table (inet|ip6?|bridge|arp|netdev) )/.test(text) }

const FAMILIES = ['ip', 'ip6', 'inet'] as const
const HOOKS: readonly HookName[] = ['prerouting', 'input', 'forward', 'output', 'postrouting']
const TYPES = ['filter', 'nat', 'route'] as const
const DEFRAG_PRIORITY = -400
const OBJECTS = ['counter', 'quota', 'limit', 'ct helper', 'ct timeout', 'ct expectation', 'synproxy', 'secmark', 'tunnel']
const SETS = ['set', 'map', 'meter']

/** What is known of a table while it is read. */
interface Table {
  readonly key: string
  readonly family: string
  readonly chains: Map<string, Chain>
  readonly named: Map<string, Node>
  readonly objects: Map<string, Node>
  readonly declared: { readonly kind: string, readonly node: Node }[]
  parts: TableParts | null
}

/**
 * Reads a ruleset.
 * @throws  UsageError that names the file, the rule and the JSON path
 */
export class NftParser {
  readonly ruleset: NftRuleset
  readonly warnings: RulesetWarning[] = []
  readonly #text: string
  readonly #path: string
  readonly #surroundings: NftSurroundings
  readonly #ids: Ids
  readonly #isLenient: boolean
  readonly #tables = new Map<string, Table>()

  /** @param isLenient  rules that cannot be read are kept, and never match; each is a warning */
  constructor(source: { readonly path: string, readonly text: string }, surroundings: NftSurroundings, ids: Ids, isLenient: boolean) {
    this.#text = source.text
    this.#path = source.path
    this.#surroundings = surroundings
    this.#ids = ids
    this.#isLenient = isLenient
    this.ruleset = new NftRuleset(source.path)
  }

  parse(): this {
    try {
      const items = this.#items()
      for (const [kind, node] of items) this.#declare(kind, node)
      for (const [kind, node] of items) if (kind === 'rule') this.#addRule(node)
      const circle = circleOf([...this.ruleset.tables.values()].flatMap((chains) => [...chains.values()]))
      if (circle !== null) throw new RuleProblem(`chains go round in a circle: ${circle.map(({ name }) => name).join(' → ')}`)
      if (this.#tables.size === 0) throw new RuleProblem('no table: is this what `nft -j list ruleset` printed?')
    } catch (error) {
      if (!(error instanceof RuleProblem)) throw error
      throw new UsageError(`${this.#path}: ${error.message}`)
    }
    return this
  }

  #items(): (readonly [kind: string, node: Node])[] {
    if (/^\s*table /.test(this.#text)) {
      throw new RuleProblem('this is the text of `nft list ruleset`: give the output of `nft -j list ruleset`')
    }
    let document: unknown
    try {
      document = JSON.parse(this.#text)
    } catch (error) {
      throw new RuleProblem(`this is no JSON: ${error instanceof Error ? error.message : ''}`)
    }
    return new Node(document).at('nftables').list('list, as `nft -j list ruleset` prints it,').map((item) => {
      // A file for `nft -j -f` says what to do with each; a listing does not.
      const [name, inside] = item.only('declaration')
      return name === 'add' ? inside.only('declaration') : [name, inside]
    })
  }

  #declare(kind: string, node: Node): void {
    if (kind === 'table') this.#declareTable(node)
    else if (kind === 'chain') this.#declareChain(node)
    else if (SETS.includes(kind) || OBJECTS.includes(kind)) {
      const table = this.#tableOf(node)
      const name = node.at('name').text('name')
      if (SETS.includes(kind)) table.named.set(name, node)
      else table.objects.set(`${kind} ${name}`, node)
      table.declared.push({ kind, node })
    } else if (!['metainfo', 'rule', 'flowtable', 'element', 'flush'].includes(kind)) node.fail(`"${kind}" is not supported`)
  }

  #declareTable(node: Node): void {
    const family = node.at('family').text('family')
    const key = `${family} ${node.at('name').text('name')}`
    if (this.#tables.has(key)) return
    const table: Table = { key, family, chains: new Map(), named: new Map(), objects: new Map(), declared: [], parts: null }
    this.#tables.set(key, table)
    if (!isKnown(family)) this.#warn(`table ${key} is left out: of ${family}, no rule meets an IP packet here`)
  }

  #tableOf(node: Node): Table {
    const key = `${node.at('family').text('family')} ${node.at('table').text('name of a table')}`
    return this.#tables.get(key) ?? node.at('table').fail(`there is no table ${key} above`)
  }

  #declareChain(node: Node): void {
    const table = this.#tableOf(node)
    const name = node.at('name').text('name')
    if (table.chains.has(name)) return
    const isBase = node.has('hook')
    const policy = !isBase ? null : node.at('policy').value === 'drop' ? DROP : ACCEPT
    const chain = new Chain({ table: table.key, name, line: 0, policy, id: this.#ids.next() })
    table.chains.set(name, chain)
    if (!isKnown(table.family)) return
    this.ruleset.tables.set(table.key, table.chains)
    if (!this.ruleset.listed.some((one) => one.name === table.key)) {
      this.ruleset.listed.push({ name: table.key, family: table.family, declared: table.declared, objects: this.#partsOf(table).objects })
    }
    if (isBase) this.#addBase(node, table, chain)
  }

  /** @differs  chains before fragments are put together are shown whole datagrams */
  #addBase(node: Node, { family }: Table, chain: Chain): void {
    const hook = HOOKS.find((one) => one === node.at('hook').value)
    if (hook === undefined) {
      this.#warn(`chain ${chain.table} ${chain.name} is left out: no packet of a capture meets the hook ${String(node.at('hook').value)}`)
      return
    }
    const priority = node.at('prio').number(2 ** 31 - 1, 'priority', -(2 ** 31))
    const type = TYPES.find((one) => one === node.at('type').value) ?? node.at('type').fail(`a type should stand here: ${TYPES.join(', ')}`)
    if (priority <= DEFRAG_PRIORITY && (hook === 'prerouting' || hook === 'output')) {
      this.#warn(`chain ${chain.table} ${chain.name} stands before fragments are put together; here it is shown whole datagrams`)
    }
    this.ruleset.bases.push({
      hook, priority, chain, isFilter: type === 'filter' && (hook === 'input' || hook === 'forward' || hook === 'output'),
      type, hasIpv4: family !== 'ip6', hasIpv6: family !== 'ip',
    })
  }

  #partsOf(table: Table): TableParts {
    table.parts ??= {
      family: table.family,
      sets: new Sets(this.#surroundings, table.named, (message) => { this.#warn(message) }),
      objects: new Objects(table.objects, { counter: () => new Counter(), limit: readLimit, quota: readQuota, helper: readHelper }),
    }
    return table.parts
  }

  #addRule(node: Node): void {
    const table = this.#tableOf(node)
    const name = node.at('chain')
    const chain = table.chains.get(name.text('name of a chain')) ?? name.fail('there is no such chain in this table')
    if (!isKnown(table.family)) return
    const handle = node.at('handle').isNone ? null : node.at('handle').number(Number.MAX_SAFE_INTEGER, 'handle')
    const expr = node.at('expr')
    const comment = node.at('comment').isText ? node.at('comment').text() : null
    const place = {
      table: table.key, chain: chain.name, number: chain.rules.length + 1, line: 0, handle, text: spellRule(expr, comment),
      id: this.#ids.next(),
    }
    const { matches, target, to } = this.#read(place, expr, table)
    const rule = new NftRule(place, matches, target, expr, comment)
    chain.rules.push(rule)
    chain.jumps.push(to)
    this.ruleset.rules.push(rule)
  }

  #read(place: { table: string, chain: string, handle: number | null }, expr: Node, table: Table): ReadNftRule {
    try {
      return readNftRule(expr, table.chains, this.#partsOf(table))
    } catch (error) {
      if (!(error instanceof RuleProblem)) throw error
      const message = `${place.table} ${place.chain}${place.handle === null ? '' : ` handle ${String(place.handle)}`}: ${error.message}`
      if (!this.#isLenient) throw new RuleProblem(message)
      this.#warn(`${message}; taken as a rule that never matches`)
      const never: readonly Match[] = [new NeverMatch()]
      return { matches: never, target: COUNT_ONLY, to: null }
    }
  }

  #warn(message: string): void { this.warnings.push({ path: this.#path, line: null, message }) }
}

const isKnown = (family: string): boolean => FAMILIES.some((one) => one === family)
