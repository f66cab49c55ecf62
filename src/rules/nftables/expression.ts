// Expressions: what is read of a packet, alone or several at once, with bits masked.

import type { Facts } from '../facts.ts'
import { readCt } from './ct.ts'
import { integer, readValue } from './datatype.ts'
import { readFib, readMeta } from './meta.ts'
import type { Node } from './node.ts'
import { readPayload } from './payload.ts'
import { Key, type Selector } from './selector.ts'
import type { Sets } from './sets.ts'

type Binary = '&' | '|' | '^' | '<<' | '>>'

/** The key of a set, or what a comparison reads. @throws RuleProblem */
export function readKey(node: Node, sets: Sets): Key {
  const parts = node.has('concat') ? node.at('concat').list('list of expressions') : [node]
  return new Key(parts.map((one) => readSelector(one, sets)))
}

/** @throws RuleProblem */
export function readSelector(node: Node, sets: Sets): Selector {
  const [name, inside] = node.only('expression')
  switch (name) {
    case 'payload': return readPayload(inside)
    case 'meta': return readMeta(inside, sets.surroundings)
    case 'ct': return readCt(inside, sets.surroundings)
    case 'fib': return readFib(inside, sets.surroundings)
    case '&': case '|': case '^': case '<<': case '>>': return binary(name, inside, sets)
    case 'map': return mapped(inside, sets)
    default: return node.fail(`the expression "${name}" is not supported`)
  }
}

/** `{"&": [expression, value]}` */
function binary(operator: Binary, node: Node, sets: Sets): Selector {
  const [left, right, more] = node.list('list of two')
  if (left === undefined || right === undefined || more !== undefined) return node.fail('an operator has two sides')
  const selector = readSelector(left, sets)
  const { type } = selector
  const value = operator === '<<' || operator === '>>' ? [right.number(63, 'number of bits')] : readValue(right, type)
  return {
    type, needs: selector.needs, asksInterface: selector.asksInterface === true,
    read: (facts, out, at) => {
      if (!selector.read(facts, out, at)) return false
      for (let i = 0; i < type.words; i++) out[at + i] = operate(operator, out[at + i]!, value[i]!, type.bits)
      return true
    },
  }
}

/** On words of up to 48 bits: the high ones apart, since the language's operators take 32. */
function operate(operator: Binary, left: number, right: number, bits: number): number {
  if (operator === '<<') return left * 2 ** right % 2 ** Math.min(bits, 53)
  if (operator === '>>') return Math.floor(left / 2 ** right)
  const part = (a: number, b: number): number => (operator === '&' ? a & b : operator === '|' ? a | b : a ^ b) >>> 0
  return part(Math.floor(left / 2 ** 32), Math.floor(right / 2 ** 32)) * 2 ** 32 + part(left | 0, right | 0)
}

/** `{"map": {"key": …, "data": …}}`: the value that a map has for a key. */
function mapped(node: Node, sets: Sets): Selector {
  const key = readKey(node.at('key'), sets)
  const domain = sets.domain(node.at('data'), key, 'number', (meaning) =>
    readValue(meaning ?? node.fail('a map should stand here, not a set'), integer(32)))
  return {
    type: integer(32), needs: key.needs,
    read: (facts: Facts, out, at) => {
      const found = key.load(facts) ? domain.find(key.words) : undefined
      if (found === undefined) return false
      out[at] = found[0]!
      return true
    },
  }
}
