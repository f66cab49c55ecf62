// What values of expressions are: how many words of 32 bits or fewer they take, and how JSON spells them.

import { readAddress, readMac, readProtocol, RuleProblem } from '../iptables/values.ts'
import type { Interfaces } from '../interfaces.ts'
import type { Node } from './node.ts'
import type { Symbols } from './symbols.ts'

/** From one value to another, both included: big-endian words, compared from the first. */
export interface Span {
  readonly from: readonly number[]
  readonly to: readonly number[]
}

export interface DataType {
  readonly name: string
  /** 1, or the 4 of an IPv6 address. Words of 48 and 64 bits are one number too. */
  readonly words: 1 | 4
  /** Bits of a value of one word. */
  readonly bits: number
  /** Bits by name, where a value is a set of bits. */
  readonly flags?: Symbols
  /** Reads one value. @throws RuleProblem */
  readonly read: (node: Node) => readonly number[]
  /** Reads a value that stands for several, as a pattern of names does. null where it does not. */
  readonly several?: (node: Node) => readonly number[] | null
}

/** Values of all bits of a word, as a number that is exact. */
const mostOf = (bits: number): number => bits >= 53 ? Number.MAX_SAFE_INTEGER : 2 ** bits - 1

/** Runs a reader of text; what it says is told with the path. */
function told<Value>(node: Node, read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof RuleProblem)) throw error
    return node.fail(error.message)
  }
}

export function integer(bits: number, name = 'number'): DataType {
  return { name, words: 1, bits, read: (node) => [node.number(mostOf(bits), name)] }
}

/** Numbers that have names. */
export function named(name: string, bits: number, symbols: Symbols): DataType {
  return {
    name, words: 1, bits,
    read: (node) => {
      if (node.isNumber) return [node.number(mostOf(bits), name)]
      if (typeof node.value === 'boolean') return [node.value ? 1 : 0]
      const text = node.text(name)
      const number = Object.hasOwn(symbols, text) ? symbols[text] : undefined
      return [number ?? node.fail(`there is no ${name} "${text}"; there are ${Object.keys(symbols).join(', ')}`)]
    },
  }
}

/** Bits that have names. */
export function flags(name: string, bits: number, symbols: Symbols): DataType {
  return { ...named(name, bits, symbols), flags: symbols }
}

export const IPV4: DataType = { name: 'IPv4 address', words: 1, bits: 32, read: (node) => [address(node, false)[0]! >>> 0] }
export const IPV6: DataType = { name: 'IPv6 address', words: 4, bits: 32, read: (node) => address(node, true).map((word) => word >>> 0) }

const address = (node: Node, isIpv6: boolean): readonly number[] => told(node, () => readAddress(node.text('address'), isIpv6))

export const MAC: DataType = {
  name: 'MAC address', words: 1, bits: 48,
  read: (node) => [told(node, () => readMac(node.text('MAC address'))).reduce((all, octet) => all * 256 + octet, 0)],
}

export const PROTOCOL: DataType = {
  name: 'protocol', words: 1, bits: 8,
  read: (node) => [node.isNumber ? node.number(255, 'protocol') : told(node, () => readProtocol(node.text('protocol')) ?? 0)],
}

export const PORT: DataType = {
  name: 'port', words: 1, bits: 16,
  read: (node) => node.isText ? node.fail('ports are read as numbers: list the ruleset with -n') : [node.number(65_535, 'port')],
}

/** Seconds in JSON, milliseconds in the kernel. */
export const DURATION: DataType = { name: 'time', words: 1, bits: 32, read: (node) => [node.number(2 ** 32, 'number of seconds') * 1000] }

/** Names of interfaces; a pattern stands for all that are known. */
export function interfaceName(interfaces: Interfaces): DataType {
  return {
    name: 'interface', words: 1, bits: 32,
    read: (node) => node.isNumber ? node.fail('interfaces are read by name') : [interfaces.numberOf(node.text('name of an interface'))],
    several: (node) => node.isText && node.text().endsWith('*') ? interfaces.numbersLike(node.text().slice(0, -1)) : null,
  }
}

/** Reads a value, a prefix, a range, or a pattern. */
export function readSpans(node: Node, type: DataType): Span[] {
  if (node.has('prefix')) return [prefix(node.at('prefix'), type)]
  if (node.has('range')) {
    const [low, high, more] = node.at('range').list('range')
    if (low === undefined || high === undefined || more !== undefined) node.fail('a range has two ends')
    return [{ from: type.read(low), to: type.read(high) }]
  }
  const several = type.several?.(node) ?? null
  if (several !== null) return several.map((one) => ({ from: [one], to: [one] }))
  const value = readValue(node, type)
  return [{ from: value, to: value }]
}

/** Reads one value: of flags, what several come to. */
export function readValue(node: Node, type: DataType): readonly number[] {
  const parts = node.isList ? node.list() : node.has('|') ? node.at('|').list() : null
  if (parts === null) return type.read(node)
  if (type.flags === undefined) node.fail(`several values of a ${type.name}, which is no set of bits`)
  return [parts.reduce((all, one) => (all | (readValue(one, type)[0] ?? 0)) >>> 0, 0)]
}

function prefix(node: Node, type: DataType): Span {
  const from = type.read(node.at('addr'))
  const length = node.at('len').number(type.words * type.bits, 'length of a prefix')
  // Numbers that the bits behind the prefix can be, a word.
  const free = from.map((_, i) => 2 ** Math.min(Math.max(type.bits * (i + 1) - length, 0), type.bits))
  const first = from.map((word, i) => word - word % free[i]!)
  return { from: first, to: first.map((word, i) => word + free[i]! - 1) }
}

/** Does a value lie in a span? Compared as one long number. @param at  where it begins in `words` */
export function isWithin(words: Float64Array, at: number, { from, to }: Span): boolean {
  return compare(words, at, from) >= 0 && compare(words, at, to) <= 0
}

/** Below 0, 0 or above, as a value is less than another, the same, or more. */
export function compare(words: Float64Array, at: number, other: readonly number[]): number {
  for (let i = 0; i < other.length; i++) {
    const difference = words[at + i]! - other[i]!
    if (difference !== 0) return difference
  }
  return 0
}
