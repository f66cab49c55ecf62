// A ruleset with what its rules have counted, as `iptables-save -c` prints it.

import type { Firewall } from '../rules/firewall.ts'
import type { Ruleset } from '../rules/ruleset.ts'
import { DROP } from '../rules/target.ts'

/** `[packets:bytes]` of a rule or a policy. */
function counted(firewall: Firewall, id: number): string {
  const { counters } = firewall.walked
  return `[${String(counters[id * 2] ?? 0)}:${String(counters[id * 2 + 1] ?? 0)}]`
}

/** The lines of one ruleset, tables and chains in the order of its file. */
export function printRulesSave(firewall: Firewall, ruleset: Ruleset): string {
  const lines: string[] = []
  for (const [table, chains] of ruleset.tables) {
    lines.push(`*${table}`)
    for (const { name, policy, id } of chains.values()) {
      lines.push(policy === null ? `:${name} - [0:0]` : `:${name} ${policy === DROP ? 'DROP' : 'ACCEPT'} ${counted(firewall, id)}`)
    }
    for (const rule of ruleset.rules) {
      if (rule.table === table) lines.push(`${counted(firewall, rule.id)} -A ${rule.chain}${rule.text === '' ? '' : ` ${rule.text}`}`)
    }
    lines.push('COMMIT')
  }
  return `${lines.join('\n')}\n`
}
