// iptables-save and ip6tables-save: text to tables of chains.

import { UsageError } from '../../base/errors.ts'
import { nearest } from '../../base/nearest.ts'
import { Chain, circleOf } from '../chain.ts'
import type { Ids } from '../ids.ts'
import { type Match, NeverMatch } from '../match.ts'
import { NAT_CHAINS, NatTarget } from '../nat/target.ts'
import { Rule } from '../rule.ts'
import { BUILTIN, type HookName, PRIORITIES, Ruleset, type RulesetWarning, type TableName, TABLES } from '../ruleset.ts'
import { ACCEPT, DROP, type Target } from '../target.ts'
import { COUNT_ONLY } from '../targets.ts'
import { splitWords } from '../words.ts'
import type { Surroundings } from './module.ts'
import { RuleReader } from './rule-reader.ts'
import { RuleProblem } from './values.ts'

/** A text of rules for one IP version. */
export interface SaveText {
  readonly path: string
  readonly text: string
}

/** Is this the ruleset of IPv6? Its header says so, or an address, or a protocol. */
export function isIpv6Text(text: string): boolean {
  return /^#.*\bip6tables/m.test(text) || /^\s*(\[\d+:\d+\] )?-A\b[^"\n]*\s(-p (ipv6-icmp|icmpv6)|-[sd] [0-9a-f]*:[0-9a-f:.]*)/m.test(text)
}

/**
 * Reads a ruleset.
 * @param isLenient  rules that cannot be read are kept, and never match; each is a warning
 * @throws           UsageError that names file and line
 */
export class SaveParser {
  readonly ruleset: Ruleset
  readonly warnings: RulesetWarning[] = []
  readonly #source: SaveText
  readonly #surroundings: Surroundings
  readonly #ids: Ids
  readonly #isLenient: boolean
  #table: TableName | null = null

  constructor(source: SaveText, surroundings: Surroundings, ids: Ids, isLenient: boolean) {
    this.#source = source
    this.#surroundings = surroundings
    this.#ids = ids
    this.#isLenient = isLenient
    this.ruleset = new Ruleset(surroundings.isIpv6, source.path)
  }

  parse(): this {
    for (const [i, line] of this.#source.text.split(/\r?\n/).entries()) {
      try {
        this.#readLine(line.trim(), i + 1)
      } catch (error) {
        if (!(error instanceof RuleProblem)) throw error
        this.#fail(i + 1, error.message)
      }
    }
    this.#refuseLoops()
    this.#refuseMisplaced()
    if (this.ruleset.tables.size === 0) this.#fail(1, 'no table: is this the output of iptables-save?')
    return this
  }

  #fail(line: number, message: string): never {
    throw new UsageError(`${this.#source.path}:${String(line)}: ${message}`)
  }

  #readLine(line: string, number: number): void {
    if (line === '' || line.startsWith('#')) return
    if (line.startsWith('*')) this.#beginTable(line.slice(1))
    else if (line === 'COMMIT') this.#table = null
    else if (line.startsWith(':')) this.#declareChain(line.slice(1), number)
    else this.#readRule(line, number)
  }

  #beginTable(name: string): void {
    const table = TABLES.find((one) => one === name)
    if (table === undefined) throw new RuleProblem(`there is no table "${name}": there are ${TABLES.join(', ')}`)
    this.#table = table
    if (!this.ruleset.tables.has(table)) this.ruleset.tables.set(table, new Map())
  }

  #chains(): Map<string, Chain> {
    const chains = this.#table === null ? undefined : this.ruleset.tables.get(this.#table)
    if (chains === undefined) throw new RuleProblem('this line stands outside of a table (*filter … COMMIT)')
    return chains
  }

  #declareChain(text: string, line: number): void {
    const [name = '', policy = '-'] = text.split(/\s+/)
    const chains = this.#chains()
    const table = this.#table!
    const isBuiltin = BUILTIN[table].includes(name)
    if (isBuiltin !== (policy !== '-')) {
      const chains = BUILTIN[table].join(', ')
      throw new RuleProblem(isBuiltin ? `${name} needs a policy` : `only built-in chains of ${table} have a policy: ${chains}`)
    }
    if (isBuiltin && policy !== 'ACCEPT' && policy !== 'DROP') throw new RuleProblem(`there is no policy "${policy}"`)
    if (chains.has(name)) return
    const kept = isBuiltin ? (policy === 'DROP' ? DROP : ACCEPT) : null
    const chain = new Chain({ table, name, line, policy: kept, id: this.#ids.next() })
    chains.set(name, chain)
    if (!isBuiltin) return
    const { isIpv6 } = this.#surroundings
    this.ruleset.bases.push({
      hook: name.toLowerCase() as HookName, priority: PRIORITIES[table], chain, isFilter: table === 'filter' || table === 'security',
      type: table === 'nat' ? 'nat' : 'filter', hasIpv4: !isIpv6, hasIpv6: isIpv6,
    })
  }

  #readRule(text: string, line: number): void {
    const [, body = ''] = /^(?:\[\d+:\d+\]\s+)?(.*)$/.exec(text) ?? []
    const words = splitWords(body)
    if (words === null) throw new RuleProblem('a quote stays open')
    const [verb = '', name = '', ...rest] = words
    if (verb !== '-A' && verb !== '--append') {
      if (/\bactions=/.test(body)) throw new RuleProblem('this is a flow of Open vSwitch: give such a file as --openflow FLOWS')
      throw new RuleProblem(`"${verb}" is none of *table, :CHAIN, -A and COMMIT, which iptables-save writes`)
    }
    const chain = this.#chains().get(name)
    if (chain === undefined) throw new RuleProblem(`there is no chain "${name}" above this line`)
    const number = chain.rules.length + 1
    const place = {
      table: chain.table, chain: name, number, line, text: body.slice(body.indexOf(name) + name.length).trim(),
      id: this.#ids.next(), handle: null,
    }
    const { matches, target, to } = this.#readWords(rest, line)
    if (target instanceof NatTarget && chain.table !== 'nat') throw new RuleProblem(`${target.name} stands in the nat table only`)
    const rule = new Rule(place, matches, target)
    chain.rules.push(rule)
    chain.jumps.push(to)
    this.ruleset.rules.push(rule)
  }

  #readWords(words: readonly string[], line: number): { matches: readonly Match[], target: Target, to: Chain | null } {
    try {
      const { matches, target, chain } = new RuleReader(words, this.#surroundings).read()
      return { matches, target, to: chain === null ? null : this.#chainTo(chain) }
    } catch (error) {
      if (!(error instanceof RuleProblem) || !this.#isLenient) throw error
      this.warnings.push({ path: this.#source.path, line, message: `${error.message}; taken as a rule that never matches` })
      return { matches: [new NeverMatch()], target: COUNT_ONLY, to: null }
    }
  }

  /** Where a rule jumps to. Chains are declared above all rules. */
  #chainTo(name: string): Chain {
    const chains = this.#chains()
    const chain = chains.get(name)
    if (chain === undefined) {
      const known = [...chains.values()].filter(({ policy }) => policy === null).map((one) => one.name)
      const hint = known.length === 0 ? '' : `; did you mean ${nearest(name, known)}?`
      throw new RuleProblem(`there is neither a target nor a chain "${name}" here${hint}`)
    }
    if (chain.policy !== null) throw new RuleProblem(`${name} is a built-in chain: no rule can jump to it`)
    return chain
  }

  #refuseLoops(): void {
    const circle = circleOf([...this.ruleset.tables.values()].flatMap((chains) => [...chains.values()]))
    if (circle !== null) this.#fail(circle[0]!.line, `chains go round in a circle: ${circle.map(({ name }) => name).join(' → ')}`)
  }

  /** The kernel refuses a translation that a wrong hook comes to, be it through other chains. */
  #refuseMisplaced(): void {
    for (const builtin of this.ruleset.tables.get('nat')?.values() ?? []) {
      if (builtin.policy === null) continue
      const reached = new Set([builtin])
      for (const chain of reached) {
        for (const to of chain.successors) reached.add(to)
        for (const { target, line } of chain.rules) {
          if (!(target instanceof NatTarget) || NAT_CHAINS[target.name].includes(builtin.name)) continue
          this.#fail(line, `${target.name} cannot be reached from ${builtin.name}: from ${NAT_CHAINS[target.name].join(' and ')} only`)
        }
      }
    }
  }
}
