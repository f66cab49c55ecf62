// Values, in nft's spelling: as JSON has them, but marks and flags in hexadecimal, times in words, names of interfaces in quotes.

import type { Node } from './node.ts'

/** A value on its own. */
export function spellWord(node: Node): string {
  if (node.has('prefix')) return `${String(node.at('prefix').at('addr').value)}/${String(node.at('prefix').at('len').value)}`
  if (node.has('range')) return node.at('range').listOrOne().map(spellWord).join('-')
  if (node.has('concat')) return node.at('concat').listOrOne().map(spellWord).join(' . ')
  if (node.isText || node.isNumber) return String(node.value)
  return node.source
}

/** How values of an expression are spelled. */
type Form = 'mark' | 'hex' | 'quoted' | 'time' | 'presence' | 'dscp' | 'plain'

const PRESENT = ['exthdr', 'tcp option', 'ip option']
const QUOTED = [
  'iif', 'oif', 'iifname', 'oifname', 'iifgroup', 'oifgroup', 'iifkind', 'oifkind', 'ibrname', 'obrname', 'day', 'hour', 'time',
]

function formOf(of: Node): Form {
  const [name = ''] = of.keys
  const inside = of.at(name)
  const key = String(inside.at('key').value)
  if (['&', '|', '^', '<<', '>>'].includes(name)) {
    const [left] = inside.listOrOne()
    return left === undefined ? 'plain' : formOf(left)
  }
  if (name === 'meta' && key === 'ipsec') return 'presence'
  if (name === 'meta') return key === 'mark' ? 'mark' : QUOTED.includes(key) ? 'quoted' : 'plain'
  if (name === 'ct') return key === 'mark' ? 'mark' : key === 'helper' ? 'quoted' : key === 'expiration' ? 'time' : 'plain'
  if (name === 'payload') {
    const field = inside.at('field').value
    return inside.has('base') || field === 'flags' ? 'hex' : field === 'dscp' ? 'dscp' : 'plain'
  }
  if (name === 'fib') return 'presence'
  if (name === 'osf') return 'quoted'
  return PRESENT.includes(name) && !inside.has('field') ? 'presence' : 'plain'
}

/** A value that is held against an expression, or given to it. @param of  the expression */
export function spellValue(node: Node, of: Node): string {
  const form = formOf(of)
  const spell = (one: Node): string => spellAs(one, form)
  if (node.has('range')) return node.at('range').listOrOne().map(form === 'time' ? inSeconds : spell).join('-')
  if (node.has('set')) return `{ ${node.at('set').listOrOne().map((one) => spellValue(one, of)).join(', ')} }`
  if (node.has('|')) return node.at('|').listOrOne().map((one) => spellValue(one, of)).join(' | ')
  if (node.isList) return node.list().map(spell).join(',')
  return spell(node)
}

function spellAs(node: Node, form: Form): string {
  const { value } = node
  if (typeof value === 'boolean') return value ? 'exists' : 'missing'
  if (typeof value === 'string' && form === 'quoted') return `"${value}"`
  if (typeof value !== 'number') return spellWord(node)
  switch (form) {
    case 'mark': return `0x${value.toString(16).padStart(8, '0')}`
    case 'hex': return `0x${value.toString(16)}`
    case 'dscp': return `0x${value.toString(16).padStart(2, '0')}`
    case 'time': return spellTime(value)
    default: return String(value)
  }
}

const inSeconds = (node: Node): string => `${spellWord(node)}s`

/** `1d2h3m4s` */
function spellTime(seconds: number): string {
  const parts = [[86_400, 'd'], [3600, 'h'], [60, 'm'], [1, 's']] as const
  let left = seconds
  const words = parts.map(([unit, name]) => {
    const count = Math.floor(left / unit)
    left -= count * unit
    return count === 0 ? '' : `${String(count)}${name}`
  })
  return words.join('') || '0s'
}
