// A ruleset: tables of chains for one IP version, ready to be walked.

import type { Chain } from './chain.ts'
import type { Rule } from './rule.ts'

/** Where chains can be called from. */
export type HookName = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting'

/** A chain that is called from a hook. */
export interface BaseChain {
  readonly hook: HookName
  /** Chains of one hook are called in the order of their priorities, signed; conntrack stands at -200. */
  readonly priority: number
  readonly chain: Chain
  /** What it lets through is what a person asks for: it is there to filter. */
  readonly isFilter: boolean
  /** `nat` chains rewrite addresses, and are asked for new connections only. */
  readonly type: 'filter' | 'nat' | 'route'
  readonly hasIpv4: boolean
  readonly hasIpv6: boolean
}

/** The tables there can be, in the order a packet meets them where it meets several. */
export const TABLES = ['raw', 'mangle', 'nat', 'filter', 'security'] as const
export type TableName = (typeof TABLES)[number]

/** Built-in chains by table: the hooks it stands at. */
export const BUILTIN: Readonly<Record<TableName, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
}

/** Where iptables' tables stand at a hook. Kernel: enum nf_ip_hook_priorities (v6.12), but for nat. */
export const PRIORITIES: Readonly<Record<TableName, number>> = { raw: -300, mangle: -150, nat: -100, filter: 0, security: 50 }

/** Conntrack at the hooks by which packets come in: chains of lower priorities see them before it does. */
export const CONNTRACK_PRIORITY = -200

/** Where destinations are translated, at PREROUTING and OUTPUT; and sources, at INPUT and POSTROUTING. */
export const DNAT_PRIORITY = -100
export const SNAT_PRIORITY = 100

/** Tables of one IP version, or, of nftables, of all families. */
export class Ruleset {
  /** null for both. */
  readonly isIpv6: boolean | null
  /** File it came from, for messages. */
  readonly path: string
  /** Chains by table; of nftables the key is family and name, `inet fw`. */
  readonly tables = new Map<string, Map<string, Chain>>()
  readonly bases: BaseChain[] = []
  /** In the order of the file. */
  readonly rules: Rule[] = []

  constructor(isIpv6: boolean | null, path: string) {
    this.isIpv6 = isIpv6
    this.path = path
  }

  /** A chain of a table, null where the ruleset has no such table. */
  chain(table: string, name: string): Chain | null {
    return this.tables.get(table)?.get(name) ?? null
  }

  /** What stands before a finding about a rule or a chain. */
  where({ line }: Pick<Rule, 'line' | 'table' | 'chain' | 'handle'>): string { return `${this.path}:${String(line)}: ` }
}

/** Something in a ruleset that could not be read; with `--lenient` the rule is kept, and never matches. */
export interface RulesetWarning {
  readonly path: string
  /** From 1; null where the message itself says where. */
  readonly line: number | null
  readonly message: string
}
