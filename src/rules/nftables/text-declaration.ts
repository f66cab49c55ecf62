// Sets, maps and objects of a table, in nft's spelling.

import type { Node } from './node.ts'
import { spellRule } from './text.ts'
import { spellMeaning } from './text-set.ts'
import { spellWord } from './text-value.ts'

const word = (node: Node): string => node.listOrOne().map((one) => String(one.value)).join(' . ')

/** The lines between the braces of a declaration. */
export function spellDeclaration(kind: string, node: Node): string[] {
  if (kind === 'set' || kind === 'map' || kind === 'meter') return spellSet(node)
  if (kind === 'counter') return [`packets ${word(node.at('packets'))} bytes ${word(node.at('bytes'))}`]
  if (kind === 'limit') {
    const burst = node.at('burst')
    const burstText = burst.isNone || burst.value === 5 ? '' : ` burst ${word(burst)} packets`
    return [`rate ${node.at('inv').value === true ? 'over ' : ''}${word(node.at('rate'))}/${word(node.at('per'))}${burstText}`]
  }
  if (kind === 'quota') return [`${node.at('inv').value === true ? 'over ' : ''}${word(node.at('bytes'))} bytes`]
  if (kind === 'ct helper') {
    return [`type "${word(node.at('type'))}" protocol ${word(node.at('protocol'))}`, `l3proto ${word(node.at('l3proto'))}`]
  }
  return [node.source]
}

function spellSet(node: Node): string[] {
  const type = word(node.at('type'))
  const elements = node.at('elem').isNone ? [] : node.at('elem').listOrOne().map(spellElement)
  return [
    `type ${type}${node.at('map').isNone ? '' : ` : ${word(node.at('map'))}`}`,
    ...(node.at('flags').isNone ? [] : [`flags ${node.at('flags').listOrOne().map((one) => String(one.value)).join(',')}`]),
    ...(node.at('timeout').isNone ? [] : [`timeout ${word(node.at('timeout'))}s`]),
    ...(node.at('stmt').isNone ? [] : [spellRule(node.at('stmt'), null)]),
    ...(elements.length === 0 ? [] : [`elements = { ${elements.join(', ')} }`]),
  ]
}

function spellElement(node: Node): string {
  const [left, right] = node.pair()
  const name = left.has('elem') ? left.at('elem').at('val') : left
  const value = name.has('concat') ? name.at('concat').listOrOne().map(spellWord).join(' . ') : spellWord(name)
  return right === undefined ? value : `${value} : ${spellMeaning(right)}`
}
