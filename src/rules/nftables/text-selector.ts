// What a rule reads of a packet, in nft's spelling.

import type { Node } from './node.ts'
import { spellValue } from './text-value.ts'

/** Keys of `meta` that nft prints without the word. */
const BARE = ['iif', 'oif', 'iifname', 'oifname', 'iifgroup', 'oifgroup']

/** Is the value a set of bits, whose equality is spelled? */
export function isFlags(node: Node): boolean {
  const { value: field } = node.at('payload').at('field')
  const { value: key } = node.at('ct').at('key')
  if (field === 'flags') return node.at('payload').at('protocol').value === 'tcp'
  return key === 'state' || key === 'status' || key === 'label'
}

const word = (node: Node): string => typeof node.value === 'string' || typeof node.value === 'number' ? String(node.value) : ''

export function spellSelector(node: Node): string {
  const [name = ''] = node.keys
  const inside = node.at(name)
  switch (name) {
    case 'payload': return inside.has('base') ? `@${word(inside.at('base'))},${word(inside.at('offset'))},${word(inside.at('len'))}`
      : `${word(inside.at('protocol'))} ${word(inside.at('field'))}`
    case 'meta': return `${BARE.includes(word(inside.at('key'))) ? '' : 'meta '}${word(inside.at('key'))}`
    case 'ct': return `ct ${inside.has('dir') ? `${word(inside.at('dir'))} ` : ''}${word(inside.at('key'))}`
    case 'fib': return `fib ${inside.at('flags').listOrOne().map(word).join(' . ')} ${word(inside.at('result'))}`
    case 'concat': return inside.listOrOne().map(spellSelector).join(' . ')
    case '&': case '|': case '^': case '<<': case '>>': return spellBinary(name, inside)
    case 'numgen': return `numgen ${word(inside.at('mode'))} mod ${word(inside.at('mod'))}${offset(inside)}`
    case 'jhash': return `jhash ${spellSelector(inside.at('expr'))} mod ${word(inside.at('mod'))}${offset(inside)}`
    case 'symhash': return `symhash mod ${word(inside.at('mod'))}${offset(inside)}`
    case 'exthdr': return `${inside.has('field') ? '' : 'exthdr '}${word(inside.at('name'))}${field(inside)}`
    case 'tcp option': case 'ip option': return `${name} ${word(inside.at('name'))}${field(inside)}`
    case 'socket': case 'osf': return `${name} ${word(inside.at('key'))}`
    case 'rt': return `rt ${inside.has('family') ? `${word(inside.at('family'))} ` : ''}${word(inside.at('key'))}`
    case 'ipsec': return `ipsec ${word(inside.at('dir'))} ${word(inside.at('key'))}`
    default: return node.source
  }
}

const field = (node: Node): string => node.has('field') ? ` ${word(node.at('field'))}` : ''
const offset = (node: Node): string => node.at('offset').value === 0 || node.at('offset').isNone ? '' : ` offset ${word(node.at('offset'))}`

function spellBinary(operator: string, node: Node): string {
  const [left, right] = node.listOrOne()
  if (left === undefined || right === undefined) return node.source
  // The value beside the operator is of the type of what it is applied to.
  let typed = left
  for (;;) {
    const [name = ''] = typed.keys
    const [inner] = ['&', '|', '^', '<<', '>>'].includes(name) ? typed.at(name).listOrOne() : []
    if (inner === undefined) break
    typed = inner
  }
  return `${spellSelector(left)} ${operator} ${operator === '<<' || operator === '>>' ? word(right) : spellValue(right, typed)}`
}
