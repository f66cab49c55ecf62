// Values of fields as Open vSwitch writes them, with their masks. Each reader throws a RuleProblem that says what was wrong.

import { nearest } from '../../base/nearest.ts'
import { readAddress, readMac, readNetwork, RuleProblem } from '../iptables/values.ts'
import { CT_STATE_BITS, type Field, type FieldKind, fieldNames, findField } from './fields.ts'
import type { Ports } from './ports.ts'

/** A value and the bits of it that count. Big, for up to 128 bits. */
export interface Masked {
  readonly value: bigint
  readonly mask: bigint
}

/** Some bits of a field. */
export interface Subfield {
  readonly field: Field
  /** Lowest bit, and how many. */
  readonly from: number
  readonly bits: number
}

export const ones = (bits: number): bigint => (1n << BigInt(bits)) - 1n

const TCP_FLAG_BITS: Readonly<Record<string, number>> = {
  fin: 0x001, syn: 0x002, rst: 0x004, psh: 0x008, ack: 0x010, urg: 0x020, ece: 0x040, cwr: 0x080, ns: 0x100,
  '[200]': 0x200, '[400]': 0x400, '[800]': 0x800,
}

// Bits of nw_frag: a fragment, and a later one.
const FRAGMENTS: Readonly<Record<string, readonly [value: number, mask: number]>> = {
  no: [0, 3], yes: [1, 1], first: [1, 3], later: [3, 3], not_later: [0, 2],
}

/** `reg0`, `NXM_NX_REG0[]`, `reg0[0..15]`, `reg0[3]`. */
export function readSubfield(text: string): Subfield {
  const [, name = '', range] = /^([^[\]]+)(\[.*\])?$/.exec(text) ?? []
  const field = findField(name)
  if (field === null) throw new RuleProblem(`unknown field "${name || text}"; did you mean ${nearest(name.toLowerCase(), fieldNames())}?`)
  if (range === undefined || range === '[]') return { field, from: 0, bits: field.bits }
  const [, low = '', high = low] = /^\[(\d{1,3})(?:\.\.(\d{1,3}))?\]$/.exec(range) ?? []
  const from = Number(low)
  const to = Number(high)
  if (low === '' || from > to || to >= field.bits) {
    throw new RuleProblem(`"${text}": the bits of ${field.name} are 0 to ${String(field.bits - 1)}`)
  }
  return { field, from, bits: to - from + 1 }
}

/** A number, decimal or with 0x, of at most so many bits. */
export function readBig(text: string, bits: number): bigint {
  if (!/^(0x[0-9a-f]{1,32}|\d{1,39})$/i.test(text)) throw new RuleProblem(`"${text}" is no number`)
  const value = BigInt(text)
  if (value > ones(bits)) throw new RuleProblem(`"${text}" is too large: there are ${String(bits)} bits`)
  return value
}

/** A value for a field, in a match or to be set: `VALUE`, `VALUE/MASK`, or the flags of ct_state and TCP. */
export function readValue(text: string, { field, bits }: Subfield, ports: Ports): Masked {
  const readers: Readonly<Record<FieldKind, () => Masked>> = {
    number: () => readNumbers(text, bits),
    port: () => ({ value: BigInt(ports.read(text)), mask: ones(bits) }),
    mac: () => readMacs(text, bits),
    ipv4: () => readNet(text, false, bits),
    ipv6: () => readNet(text, true, bits),
    ct_state: () => readFlags(text, CT_STATE_BITS, bits, 'ct_state'),
    tcp_flags: () => readFlags(text, TCP_FLAG_BITS, bits, 'TCP flag'),
    nw_frag: () => readFragment(text, bits),
  }
  return readers[field.kind]()
}

function readNumbers(text: string, bits: number): Masked {
  const [value = '', mask, more] = text.split('/')
  if (more !== undefined) throw new RuleProblem(`"${text}" is no number`)
  return { value: readBig(value, bits), mask: mask === undefined ? ones(bits) : readBig(mask, bits) }
}

/** True where the text is a bare number, as `load` and parts of a field take it. */
const isNumber = (text: string): boolean => /^(0x[0-9a-f]+|\d+)(\/(0x[0-9a-f]+|\d+))?$/i.test(text)

function readMacs(text: string, bits: number): Masked {
  if (isNumber(text)) return readNumbers(text, bits)
  const [value = '', mask] = text.split('/')
  const read = (one: string): bigint => readMac(one).reduce((all, octet) => all * 256n + BigInt(octet), 0n)
  return { value: read(value), mask: mask === undefined ? ones(bits) : read(mask) }
}

function readNet(text: string, isIpv6: boolean, bits: number): Masked {
  if (isNumber(text)) return readNumbers(text, bits)
  const { words, masks } = readNetwork(text, isIpv6)
  return { value: join(words, isIpv6), mask: join(masks, isIpv6) }
}

/** An address on its own, four words. */
export const readAddressWords = (text: string, isIpv6: boolean): readonly number[] => readAddress(text, isIpv6)

const join = (words: readonly number[], isIpv6: boolean): bigint =>
  words.slice(0, isIpv6 ? 4 : 1).reduce((all, word) => (all << 32n) + BigInt(word), 0n)

/** `+trk-new`; `trk|new` for exactly these; or numbers. */
function readFlags(text: string, names: Readonly<Record<string, number>>, bits: number, what: string): Masked {
  if (isNumber(text)) return readNumbers(text, bits)
  const bitOf = (name: string): number => {
    const bit = names[name]
    if (bit === undefined) throw new RuleProblem(`unknown ${what} "${name}"`)
    return bit
  }
  if (!/^[+-]/.test(text)) {
    const value = text === '0' ? 0 : text.split('|').reduce((all, name) => all | bitOf(name), 0)
    return { value: BigInt(value), mask: ones(bits) }
  }
  let value = 0
  let mask = 0
  for (const [word, sign, name = ''] of text.matchAll(/([+-])([^+-]*)/g)) {
    const bit = bitOf(name)
    if ((mask & bit) !== 0) throw new RuleProblem(`"${text}": ${word} is said already, or its contrary`)
    mask |= bit
    if (sign === '+') value |= bit
  }
  return { value: BigInt(value), mask: BigInt(mask) }
}

function readFragment(text: string, bits: number): Masked {
  const found = FRAGMENTS[text]
  if (found === undefined) return readNumbers(text, bits)
  return { value: BigInt(found[0]), mask: BigInt(found[1]) }
}

/** A word of a key, and what is to stand under a mask there. */
export type WordPart = readonly [word: number, value: number, mask: number]

/** The words of a key that some bits of a field cover; those of which no bit counts are left out. */
export function wordsOf({ field, from }: Pick<Subfield, 'field' | 'from'>, { value, mask }: Masked): WordPart[] {
  const shift = BigInt(field.shift + from)
  const count = Math.ceil((field.shift + field.bits) / 32)
  const all: WordPart[] = []
  for (let i = 0; i < count; i++) {
    const down = BigInt(32 * (count - 1 - i))
    const part = (big: bigint): number => Number(BigInt.asIntN(32, (big << shift) >> down))
    if (part(mask) !== 0) all.push([field.word + i, part(value) & part(mask), part(mask)])
  }
  return all
}
