// A ruleset: tables of chains for one IP version, ready to be walked.

import type { Chain } from './chain.ts'
import type { Rule } from './rule.ts'

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

/** One IP version's tables. */
export class Ruleset {
  readonly isIpv6: boolean
  /** File it came from, for messages. */
  readonly path: string
  readonly tables = new Map<TableName, Map<string, Chain>>()
  /** In the order of the file. */
  readonly rules: Rule[] = []

  constructor(isIpv6: boolean, path: string) {
    this.isIpv6 = isIpv6
    this.path = path
  }

  /** A built-in chain, null where the ruleset has no such table. */
  chain(table: TableName, name: string): Chain | null {
    return this.tables.get(table)?.get(name) ?? null
  }
}

/** Something in a ruleset that could not be read; with `--lenient` the rule is kept, and never matches. */
export interface RulesetWarning {
  readonly path: string
  /** From 1. */
  readonly line: number
  readonly message: string
}
