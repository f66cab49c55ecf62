// Rules in nft's own spelling. What JSON says of a rule is spelled whether it is supported or not; what is spelled in no known way
// stays JSON.

import { isFlags, spellSelector } from './text-selector.ts'
import { spellConcat, spellSet } from './text-set.ts'
import { spellValue, spellWord } from './text-value.ts'
import type { Node } from './node.ts'

/** What stands behind a `counter` or a `quota` of a rule, by its number among both; null where only their names are wanted. */
export type Counted = ((index: number, name: string) => string) | null

/**
 * Spells a rule.
 */
export function spellRule(expr: Node, comment: string | null, counted: Counted = null): string {
  let counters = 0
  const statements = expr.listOrOne().map((statement) => {
    const name = statement.keys[0] ?? ''
    const inside = statement.at(name)
    if (name !== 'counter' && name !== 'quota') return spellStatement(name, inside, statement)
    const index = counters++
    if (inside.isText) return `${name} name "${inside.text()}"`
    return `${name === 'quota' ? spellQuota(inside) : name}${counted === null ? '' : counted(index, name)}`
  })
  return [...statements.filter((one) => one !== ''), ...(comment === null ? [] : [`comment "${comment}"`])].join(' ')
}

function spellStatement(name: string, node: Node, statement: Node): string {
  switch (name) {
    case 'match': return spellMatch(node)
    case 'accept': case 'drop': case 'return': case 'continue': case 'notrack': return name
    case 'jump': case 'goto': return `${name} ${word(node.at('target'))}`
    case 'vmap': return `${spellSelector(node.at('key'))} vmap ${spellSet(node.at('data'), node.at('key'))}`
    case 'mangle': return spellAssignment(node)
    case 'limit': return node.isText ? `limit name "${node.text()}"` : spellLimit(node)
    case 'log': return spellLog(node)
    case 'reject': return spellReject(node)
    case 'ct helper': return `ct helper set ${quoted(node)}`
    case 'ct timeout': return `ct timeout set ${quoted(node)}`
    case 'snat': case 'dnat': case 'masquerade': case 'redirect': return spellNat(name, node)
    case 'set': return spellSetChange(node)
    case 'ct count': return `ct count ${node.at('inv').value === true ? 'over ' : ''}${word(node.at('val'))}`
    case 'flow': return `flow ${word(node.at('op'))} ${word(node.at('flowtable'))}`
    default: return statement.source
  }
}

const word = (node: Node): string => node.isText || node.isNumber ? String(node.value) : node.source
const quoted = (node: Node): string => `"${word(node)}"`
const text = (node: Node, key: string): string => node.at(key).isNone ? '' : ` ${key} ${word(node.at(key))}`

function spellMatch(node: Node): string {
  const left = node.at('left')
  const right = node.at('right')
  const operator = String(node.at('op').value)
  const [type] = left.keys
  const isSet = right.has('set') || (right.isText && right.text().startsWith('@'))
  const masked = left.has('&') && left.at('&').isList ? left.at('&').list() : []
  const [what, mask] = masked
  const isEqual = operator === '==' || operator === '!='
  if (what !== undefined && mask !== undefined && isFlags(what) && !mask.isNumber && !isSet && isEqual) {
    // Flags under a mask have a form of their own.
    return `${spellSelector(what)} ${operator === '!=' ? '!= ' : ''}${spellValue(right, what)} / ${spellValue(mask, what)}`
  }
  const isBinary = ['&', '|', '^', '<<', '>>'].includes(type ?? '')
  const isShown = operator === '==' ? !isSet && (isBinary || isFlags(left)) : operator !== 'in'
  return `${spellSelector(left)} ${isShown ? `${operator} ` : ''}${isSet ? spellSet(right, left) : spellValue(right, left)}`
}

function spellAssignment(node: Node): string {
  const key = node.at('key')
  const value = node.at('value')
  return `${spellSelector(key)} set ${spellNew(value, key)}`
}

function spellNew(value: Node, key: Node): string {
  if (value.has('map')) {
    const map = value.at('map')
    const data = map.at('data')
    if (!data.has('set')) return `${spellSelector(map.at('key'))} map ${word(data)}`
    const elements = data.at('set').listOrOne().map((one) => {
      const [left, right] = one.pair()
      return `${spellConcat(left, map.at('key'))}${right === undefined ? '' : ` : ${spellValue(right, key)}`}`
    })
    return `${spellSelector(map.at('key'))} map { ${elements.join(', ')} }`
  }
  const isExpression = ['meta', 'ct', 'payload', '&', '|', '^', '<<', '>>', 'numgen', 'jhash', 'symhash'].some((name) => value.has(name))
  return isExpression && !value.isList ? spellSelector(value) : spellValue(value, key)
}

function spellLimit(node: Node): string {
  const over = node.at('inv').value === true ? 'over ' : ''
  const unit = node.at('rate_unit').isText && node.at('rate_unit').value !== 'packets' ? ` ${node.at('rate_unit').text()}` : ''
  const burst = node.at('burst')
  const isUsual = burst.isNone || burst.value === (unit === '' ? 5 : 0)
  const burstText = isUsual ? '' : ` burst ${word(burst)} ${unit === '' ? 'packets' : word(node.at('burst_unit'))}`
  return `limit rate ${over}${word(node.at('rate'))}${unit}/${word(node.at('per'))}${burstText}`
}

function spellQuota(node: Node): string {
  return `quota ${node.at('inv').value === true ? 'over ' : ''}${word(node.at('val'))} ${word(node.at('val_unit'))}`
}

function spellLog(node: Node): string {
  const prefix = node.at('prefix').isNone ? '' : ` prefix ${quoted(node.at('prefix'))}`
  const flags = node.at('flags').isNone ? '' : ` flags ${node.at('flags').listOrOne().map(word).join(',')}`
  return `log${prefix}${text(node, 'group')}${text(node, 'snaplen')}${text(node, 'queue-threshold')}${text(node, 'level')}${flags}`
}

function spellReject(node: Node): string {
  const type = node.at('type')
  const why = node.at('expr')
  if (type.isNone || (type.value === 'icmpx' && why.value === 'port-unreachable')) return 'reject'
  return why.isNone ? `reject with ${word(type)}` : `reject with ${word(type)} ${word(why)}`
}

function spellNat(name: string, node: Node): string {
  const address = node.at('addr')
  const port = node.at('port')
  const family = node.at('family').isText ? ` ${node.at('family').text()}` : ''
  const prefix = node.at('type_flags').isNone ? '' : ` ${node.at('type_flags').listOrOne().map(word).join(' ')}`
  const spelled = (one: Node): string => one.has('map') ? spellNew(one, one) : spellWord(one)
  const to = address.isNone ? '' : spelled(address)
  const ports = port.isNone ? '' : `:${spelled(port)}`
  const place = ports !== '' && to.includes(':') && !address.isObject ? `[${to}]` : to
  const flags = node.at('flags').isNone ? [] : node.at('flags').listOrOne().map(word).filter((flag) => flag !== 'netmap')
  return `${name}${family}${prefix}${place + ports === '' ? '' : ` to ${place}${ports}`}${flags.length === 0 ? '' : ` ${flags.join(',')}`}`
}

/** `add @set { ip saddr timeout 10s }` */
function spellSetChange(node: Node): string {
  const elem = node.at('elem')
  const inner = elem.has('elem') ? elem.at('elem') : null
  const key = spellSelector(inner === null ? elem : inner.at('val'))
  const timeout = inner === null || inner.at('timeout').isNone ? '' : ` timeout ${spellWord(inner.at('timeout'))}s`
  const statements = node.at('stmt').isNone ? '' : ` ${spellRule(node.at('stmt'), null)}`
  return `${word(node.at('op'))} ${word(node.at('set'))} { ${key}${timeout}${statements} }`
}
