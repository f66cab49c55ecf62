// A flow's text as parts: `KEY`, `KEY=VALUE`, `KEY:VALUE` or `KEY(VALUE)`, between commas or blanks.

import { RuleProblem } from '../iptables/values.ts'

export interface Part {
  readonly key: string
  /** null where the key stands alone. */
  readonly value: string | null
  /** The part as it is written. */
  readonly text: string
}

const MOST_PARTS = 10_000

/** Splits at commas and blanks; parentheses and quotes hold together. @throws RuleProblem */
export function splitParts(text: string): Part[] {
  const parts: Part[] = []
  let from = -1
  let depth = 0
  let isQuoted = false
  for (let at = 0; at <= text.length; at++) {
    const character = at < text.length ? text[at]! : ','
    if (isQuoted && at < text.length) {
      isQuoted = character !== '"'
      continue
    }
    if (character === '"') isQuoted = true
    else if (character === '(') depth++
    else if (character === ')') depth--
    if (depth < 0) throw new RuleProblem('a parenthesis is closed that was not opened')
    if (at === text.length && depth > 0) throw new RuleProblem('a parenthesis stays open')
    const isEnd = at === text.length || (depth === 0 && /[,\s]/.test(character))
    if (!isEnd) {
      if (from < 0) from = at
    } else if (from >= 0) {
      parts.push(part(text.slice(from, at)))
      if (parts.length > MOST_PARTS) throw new RuleProblem('too many parts')
      from = -1
    }
  }
  return parts
}

function part(text: string): Part {
  const [, key = text, separator, rest = ''] = /^([^=:(]+)([=:(])(.*)$/s.exec(text) ?? []
  if (separator === undefined || text.startsWith('"')) return { key: text, value: null, text }
  if (separator !== '(') return { key, value: rest, text }
  if (!rest.endsWith(')')) throw new RuleProblem(`"${text}": something stands behind the parenthesis`)
  return { key, value: rest.slice(0, -1), text }
}
