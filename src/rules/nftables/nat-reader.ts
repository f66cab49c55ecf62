// `snat`, `dnat`, `masquerade`, `redirect` of nftables.
// Kernel: nft_nat_eval(), nft_masq_ipv4_eval(), nft_redir_eval() (v6.12).

import type { Facts } from '../facts.ts'
import type { Match } from '../match.ts'
import { ANY_RANGE, type NatKind, type NatRange } from '../nat/range.ts'
import { NatTarget } from '../nat/target.ts'
import { ACCEPT, type Target } from '../target.ts'
import { type DataType, IPV4, IPV6, PORT, readSpans, type Span } from './datatype.ts'
import type { Domain } from './domain.ts'
import { readKey } from './expression.ts'
import { VersionMatch } from './needs.ts'
import type { Node } from './node.ts'
import type { Key } from './selector.ts'
import type { Purpose, Sets } from './sets.ts'

const KINDS: Readonly<Record<string, NatKind>> = { snat: 'SNAT', dnat: 'DNAT', masquerade: 'MASQUERADE', redirect: 'REDIRECT' }

export const isNat = (name: string): boolean => Object.hasOwn(KINDS, name)

/** A part of a range that stands in a map, by something of the packet. */
interface Mapped {
  readonly key: Key
  readonly domain: Domain<Partial<NatRange>>
}

/** A translation of which maps tell a part, the rule's last match and its target: a rule does not match what a map lacks. */
class MappedNat implements Target, Match {
  readonly name: NatKind
  readonly way = ACCEPT
  readonly #range: NatRange
  #found: NatRange
  readonly #maps: readonly Mapped[]

  constructor(name: NatKind, range: NatRange, maps: readonly Mapped[]) {
    this.name = name
    this.#range = this.#found = range
    this.#maps = maps
  }

  test(facts: Facts): boolean {
    let range = this.#range
    for (const { key, domain } of this.#maps) {
      const found = key.load(facts) ? domain.find(key.words) : undefined
      if (found === undefined) return false
      range = { ...range, ...found }
    }
    this.#found = range
    return true
  }

  /** As the maps had it for the packet that was tested last. */
  act(facts: Facts): number {
    return facts.nat === null || !facts.hasConnection ? ACCEPT : facts.nat.setUp(this.name, this.#found)
  }
}

/**
 * `{"dnat": {"family": "ip", "addr": "10.0.0.1", "port": 80}}`
 * @param family  of the table
 * @throws        RuleProblem
 */
export function readNat(name: string, node: Node, family: string, sets: Sets): { needs: readonly Match[], target: Target } {
  const kind = KINDS[name]!
  if ((kind === 'MASQUERADE' || kind === 'REDIRECT') && !sets.surroundings.hasOwnAddress(family === 'ip6')) {
    node.fail(`${name} translates to an address of the machine's own: tell it with --local ADDRESS=INTERFACE`)
  }
  const version = node.at('family').isText ? node.at('family').text() : family
  const needs: Match[] = family === 'inet' && version !== 'inet' ? [new VersionMatch(version === 'ip6')] : []
  let range: NatRange = { ...ANY_RANGE, ...readFlags(node) }
  const maps: Mapped[] = []
  const part = (one: Node, purpose: Purpose, read: (inside: Node) => Partial<NatRange>): void => {
    if (one.isNone) return
    if (!one.has('map')) {
      range = { ...range, ...read(one) }
      return
    }
    const map = one.at('map')
    const key = readKey(map.at('key'), sets)
    needs.push(...key.needs)
    const data = map.at('data')
    maps.push({ key, domain: sets.domain(data, key, purpose, (meaning) => read(meaning ?? data.fail('a map should stand here'))) })
  }
  if (!node.at('addr').isNone && version !== 'ip' && version !== 'ip6') node.fail('an address needs a family: ip or ip6')
  const isIpv6 = version === 'ip6'
  part(node.at('addr'), isIpv6 ? 'address6' : 'address', (one) => readAddresses(one, isIpv6 ? IPV6 : IPV4))
  part(node.at('port'), 'ports', (one) => ({ ports: portsOf(only(one, PORT)) }))
  if (maps.length === 0) return { needs, target: new NatTarget(kind, range) }
  const target = new MappedNat(kind, range, maps)
  return { needs: [...needs, target], target }
}

/** An address or a range of them; in a map a port may stand behind it. */
function readAddresses(node: Node, type: DataType): Partial<NatRange> {
  const [address, port, more] = node.has('concat') ? node.at('concat').list() : [node]
  if (address === undefined || more !== undefined) return node.fail('an address should stand here, and at most a port')
  const { from, to } = only(address, type)
  const padded = (words: readonly number[]): number[] => [...words, 0, 0, 0].slice(0, 4)
  return {
    addresses: { from: padded(from), to: padded(to) }, ...(port === undefined ? {} : { ports: portsOf(only(port, PORT)) }),
  }
}

function only(node: Node, type: DataType): Span {
  const [span, more] = readSpans(node, type)
  return span !== undefined && more === undefined ? span : node.fail(`one ${type.name} or a range should stand here`)
}

const portsOf = ({ from, to }: Span): NatRange['ports'] => ({ from: from[0] ?? 0, to: to[0] ?? 0 })

const FLAGS = ['random', 'fully-random', 'persistent']

function readFlags(node: Node): Pick<NatRange, 'isRandom' | 'isPersistent'> {
  if (!node.at('type_flags').isNone) node.at('type_flags').fail('translation of prefixes is not supported')
  const flags = node.at('flags').isNone ? [] : node.at('flags').listOrOne()
  const nameOf = (one: Node): string =>
    FLAGS.find((flag) => flag === one.value) ?? one.fail(`a flag should stand here: ${FLAGS.join(', ')}`)
  const names = flags.map(nameOf)
  return { isRandom: names.includes('random') || names.includes('fully-random'), isPersistent: names.includes('persistent') }
}
