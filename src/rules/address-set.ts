// Sets of addresses and ports, as `ipset save` writes them, and the match that asks them.
// Kernel: set_match_v3(), hash:ip, hash:net, hash:ip,port, hash:net,port (v6.12).

import { prefixMask, readAddress, readNumber, readPorts, readProtocol, RuleProblem } from './iptables/values.ts'
import type { Facts } from './facts.ts'
import type { Match } from './match.ts'

const TYPES = ['hash:ip', 'hash:net', 'hash:ip,port', 'hash:net,port', 'bitmap:port'] as const
type SetType = (typeof TYPES)[number]

/** One set. */
export class AddressSet {
  readonly name: string
  readonly type: SetType
  readonly isIpv6: boolean
  /** Members by prefix length: keys of masked addresses, with protocol and port where the type has them. */
  readonly #byPrefix = new Map<number, Set<string>>()
  /** Members with `nomatch`, likewise. */
  readonly #exceptions = new Map<number, Set<string>>()

  constructor(name: string, type: SetType, isIpv6: boolean) {
    this.name = name
    this.type = type
    this.isIpv6 = isIpv6
  }

  /** @param entry  `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1,tcp:80`, `1024-2048` @throws RuleProblem */
  add(entry: string, isException: boolean): void {
    const [address = '', port] = this.type === 'bitmap:port' ? [undefined, entry] : entry.split(',')
    const { words, bits } = this.type === 'bitmap:port' ? { words: [0, 0, 0, 0], bits: 0 } : this.#readPrefix(address)
    const known = isException ? this.#exceptions : this.#byPrefix
    const members = known.get(bits) ?? new Set()
    known.set(bits, members)
    for (const suffix of this.#suffixes(port)) members.add(keyOf(words, bits) + suffix)
  }

  #readPrefix(text: string): { words: readonly number[], bits: number } {
    const most = this.isIpv6 ? 128 : 32
    const [address = '', prefix] = text.split('/')
    return { words: readAddress(address, this.isIpv6), bits: prefix === undefined ? most : readNumber(prefix, most, 'length of a prefix') }
  }

  #suffixes(port: string | undefined): string[] {
    if (port === undefined) return ['']
    const [protocol, range] = port.includes(':') ? port.split(':') : ['tcp', port]
    const { from, to } = readPorts(range!, '-')
    const number = this.type === 'bitmap:port' ? '' : `:${String(readProtocol(protocol!) ?? 0)}`
    return Array.from({ length: to - from + 1 }, (_, i) => `${number}:${String(from + i)}`)
  }

  /** Is this in the set? @param words  of the address @param protocol  with `port` */
  has(words: readonly number[], protocol: number, port: number): boolean {
    const ofPort = `:${String(port)}`
    const suffix = this.type === 'bitmap:port' ? ofPort : this.type.endsWith(',port') ? `:${String(protocol)}${ofPort}` : ''
    return !holds(this.#exceptions, words, suffix) && holds(this.#byPrefix, words, suffix)
  }
}

function holds(byPrefix: ReadonlyMap<number, ReadonlySet<string>>, words: readonly number[], suffix: string): boolean {
  for (const [bits, members] of byPrefix) if (members.has(keyOf(words, bits) + suffix)) return true
  return false
}

function keyOf(words: readonly number[], bits: number): string {
  return `${String(bits)}/${prefixMask(bits).map((mask, i) => ((words[i]! & mask) >>> 0).toString(16)).join(':')}`
}

/** `-m set --match-set NAME src,dst` */
export class SetMatch implements Match {
  readonly set: AddressSet
  /** One word a part of the set's type: true where it is the source's. */
  readonly sources: readonly boolean[]
  readonly isInverted: boolean

  constructor(set: AddressSet, sources: readonly boolean[], isInverted: boolean) {
    this.set = set
    this.sources = sources
    this.isInverted = isInverted
  }

  test(facts: Facts): boolean {
    if (facts.isIpv6 !== this.set.isIpv6 && this.set.type !== 'bitmap:port') return this.isInverted
    const words = this.sources[0] === true ? [facts.source0, facts.source1, facts.source2, facts.source3]
      : [facts.destination0, facts.destination1, facts.destination2, facts.destination3]
    const port = (this.sources[this.sources.length - 1] === true ? facts.sport : facts.dport)
    return this.set.has(words, facts.protocol, port) !== this.isInverted
  }
}

/**
 * Reads what `ipset save` writes.
 * @param path  for messages
 * @throws      RuleProblem, with the line
 */
export function parseSets(text: string, path: string): Map<string, AddressSet> {
  const sets = new Map<string, AddressSet>()
  for (const [i, line] of text.split('\n').entries()) {
    const words = line.trim().split(/\s+/)
    try {
      readSetLine(words, sets)
    } catch (error) {
      if (!(error instanceof RuleProblem)) throw error
      throw new RuleProblem(`${path}:${String(i + 1)}: ${error.message}`)
    }
  }
  return sets
}

function readSetLine(words: readonly string[], sets: Map<string, AddressSet>): void {
  const [verb = '', name = '', third = ''] = words
  if (verb === '' || verb.startsWith('#')) return
  if (verb === 'create') {
    const type = TYPES.find((one) => one === third)
    if (type === undefined) throw new RuleProblem(`sets of type ${third} are not supported; there are ${TYPES.join(', ')}`)
    sets.set(name, new AddressSet(name, type, words.includes('inet6')))
  } else if (verb === 'add') {
    const set = sets.get(name)
    if (set === undefined) throw new RuleProblem(`there is no set "${name}"`)
    set.add(third, words.includes('nomatch'))
  } else throw new RuleProblem(`"${verb}" is none of create and add`)
}
