// Sets and maps within rules, in nft's spelling.

import type { Node } from './node.ts'
import { spellValue, spellWord } from './text-value.ts'

/** `{ 22, 80-90 }`, `{ 22 : accept }`, `@name` */
export function spellSet(node: Node, key: Node): string {
  if (node.isText) return node.text()
  const elements = node.has('set') ? node.at('set') : node
  if (!elements.isList) return `{ ${spellElement(elements, key)} }`
  return `{ ${elements.list().map((one) => spellElement(one, key)).join(', ')} }`
}

function spellElement(node: Node, key: Node): string {
  const [left, right] = node.pair()
  const value = left.has('elem') ? left.at('elem').at('val') : left
  const name = spellConcat(value, key)
  return right === undefined ? name : `${name} : ${spellMeaning(right)}`
}

/** What an element of a map stands for: a verdict, or a value. */
export function spellMeaning(node: Node): string {
  if (node.isObject) {
    const [name = ''] = node.keys
    if (name === 'jump' || name === 'goto') return `${name} ${spellWord(node.at(name).at('target'))}`
    if (['accept', 'drop', 'continue', 'return'].includes(name)) return name
  }
  return spellWord(node)
}

export function spellConcat(node: Node, key: Node): string {
  if (!node.has('concat')) return spellValue(node, key)
  const keys = key.has('concat') ? key.at('concat').listOrOne() : []
  return node.at('concat').listOrOne().map((one, i) => spellValue(one, keys[i] ?? key)).join(' . ')
}
