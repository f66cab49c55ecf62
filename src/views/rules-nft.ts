// A ruleset of nftables with its counters, as `nft list ruleset` prints it.

import type { Chain } from '../rules/chain.ts'
import type { Firewall } from '../rules/firewall.ts'
import type { Node } from '../rules/nftables/node.ts'
import { NftRule, type NftRuleset, type NftTable } from '../rules/nftables/ruleset.ts'
import { spellRule } from '../rules/nftables/text.ts'
import { spellDeclaration } from '../rules/nftables/text-declaration.ts'
import type { BaseChain } from '../rules/ruleset.ts'
import { DROP } from '../rules/target.ts'

/**
 * Prints a ruleset.
 * @param hasMarks  before each rule stands what it has matched, `[packets:bytes]`, and behind each policy what reached it
 */
export function printNft(firewall: Firewall, ruleset: NftRuleset, hasMarks: boolean): string {
  return ruleset.listed.map((table) => printTable(firewall, ruleset, table, hasMarks)).join('')
}

function printTable(firewall: Firewall, ruleset: NftRuleset, table: NftTable, hasMarks: boolean): string {
  const blocks = [
    ...table.declared.map(({ kind, node }) => printDeclared(kind, node, table)),
    ...[...ruleset.tables.get(table.name)?.values() ?? []].map((chain) => printChain(firewall, ruleset, chain, hasMarks)),
  ]
  return `table ${table.name} {\n${blocks.join('\n')}}\n`
}

function printDeclared(kind: string, node: Node, { objects }: NftTable): string {
  const used = kind === 'counter' ? objects.counted(String(node.at('name').value)) : null
  const lines = used === null ? spellDeclaration(kind, node) : [`packets ${String(used.packets)} bytes ${String(used.bytes)}`]
  return `\t${kind} ${String(node.at('name').value)} {\n${lines.map((line) => `\t\t${line}\n`).join('')}\t}\n`
}

function printChain(firewall: Firewall, ruleset: NftRuleset, chain: Chain, hasMarks: boolean): string {
  const mark = (id: number): string => `[${String(firewall.packetsOf(id))}:${String(firewall.bytesOf(id))}]`
  const base = ruleset.bases.find((one) => one.chain === chain)
  const head = base === undefined ? [] : [`${printBase(base)}${hasMarks ? ` # ${mark(chain.id)}` : ''}`]
  const rules = chain.rules.map((rule) => {
    const counters = rule instanceof NftRule ? rule.counters : []
    const text = !(rule instanceof NftRule) ? rule.text : spellRule(rule.expr, rule.comment, (index, name) =>
      counters[index]?.spelled ?? (name === 'counter' ? ' packets 0 bytes 0' : ''))
    return hasMarks ? `${mark(rule.id)} ${text}` : text
  })
  return `\tchain ${chain.name} {\n${[...head, ...rules].map((line) => `\t\t${line}\n`).join('')}\t}\n`
}

/** Priorities that have names. Source: nft(8). */
const NAMED: readonly (readonly [name: string, priority: number])[] =
  [['raw', -300], ['mangle', -150], ['dstnat', -100], ['filter', 0], ['security', 50], ['srcnat', 100]]
const NEAR = 10 // a priority is spelled by the name it is no farther from

function printBase({ hook, priority, chain, type }: BaseChain): string {
  return `type ${type} hook ${hook} priority ${spellPriority(priority, hook)}; policy ${chain.policy === DROP ? 'drop' : 'accept'};`
}

function spellPriority(priority: number, hook: string): string {
  const isIncoming = hook === 'prerouting' || hook === 'output'
  const near = NAMED.find(([name, one]) => Math.abs(priority - one) <= NEAR &&
    (name !== 'dstnat' || isIncoming) && (name !== 'srcnat' || hook === 'postrouting'))
  if (near === undefined) return String(priority)
  const [name, one] = near
  return priority === one ? name : `${name} ${priority > one ? '+' : '-'} ${String(Math.abs(priority - one))}`
}
