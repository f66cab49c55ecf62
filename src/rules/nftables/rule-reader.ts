// One rule of nftables: its statements as matches and a target.

import type { Chain, ChoosingTarget } from '../chain.ts'
import type { Match } from '../match.ts'
import { ACCEPT, CONTINUE, DROP, GOTO, JUMP, RETURN, type Target } from '../target.ts'
import { COUNT_ONLY } from '../targets.ts'
import { readKey } from './expression.ts'
import { isNat, readNat } from './nat-reader.ts'
import type { Node } from './node.ts'
import { readStatement, type TableParts } from './statement-reader.ts'
import { isVerdict, readVerdict, VerdictMap } from './verdict.ts'

export interface ReadNftRule {
  readonly matches: readonly Match[]
  readonly target: Target
  readonly to: Chain | ChoosingTarget | null
}

const NAMES: Readonly<Record<number, string>> = { [ACCEPT]: 'accept', [DROP]: 'drop', [CONTINUE]: 'continue', [RETURN]: 'return' }
const REJECT: Target = { name: 'reject', way: DROP, isReject: true }

/** @throws RuleProblem */
export function readNftRule(expr: Node, chains: ReadonlyMap<string, Chain>, parts: TableParts): ReadNftRule {
  const matches: Match[] = []
  const statements = expr.list('list of statements')
  for (const [i, statement] of statements.entries()) {
    const [name, inside] = statement.only('statement')
    const end = name === 'continue' ? null : readEnd(name, statement, inside, chains, parts)
    if (end !== null) {
      statements[i + 1]?.fail('nothing can stand behind a verdict')
      return { matches: [...matches, ...end.needs], target: end.target, to: end.to }
    }
    const read = readStatement(name, inside, parts)
    if (read === null) return unsupported(name, statement)
    matches.push(...read)
  }
  return { matches, target: COUNT_ONLY, to: null }
}

/** A verdict, or what comes to one; null for other statements. */
function readEnd(
  name: string, statement: Node, inside: Node, chains: ReadonlyMap<string, Chain>, { sets, family }: TableParts,
): { needs: readonly Match[], target: Target, to: Chain | ChoosingTarget | null } | null {
  if (name === 'reject') return { needs: [], target: REJECT, to: null }
  if (name === 'vmap') {
    const key = readKey(inside.at('key'), sets)
    const domain = sets.domain(inside.at('data'), key, 'verdict', (node) =>
      readVerdict(node ?? inside.at('data').fail('a map of verdicts should stand here, not a set'), chains))
    const target = new VerdictMap(key, domain)
    return { needs: [...key.needs, target], target, to: target }
  }
  if (isNat(name)) return { ...readNat(name, inside, family, sets), to: null }
  if (!isVerdict(name)) return null
  const { way, to } = readVerdict(statement, chains)
  return { needs: [], target: { name: to?.name ?? NAMES[way] ?? name, way: to === null ? way : way === GOTO ? GOTO : JUMP }, to }
}

const INSTEAD: Readonly<Record<string, string>> = {
  xt: 'iptables-nft made this rule: give the output of iptables-nft-save for it',
  queue: 'what a program makes of queued packets is not known here',
}

function unsupported(name: string, statement: Node): never {
  const more = Object.hasOwn(INSTEAD, name) ? `: ${INSTEAD[name] ?? ''}` : ''
  return statement.fail(`the statement "${name}" is not supported${more}`)
}
