// One rule of iptables-save: `-A CHAIN …` as matches and a target.

import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../../base/units.ts'
import { InterfacePattern } from '../interfaces.ts'
import type { Match } from '../match.ts'
import { AddressMatch, FragmentMatch, InterfaceMatch, ProtocolMatch } from '../match-ip.ts'
import type { Target } from '../target.ts'
import { COUNT_ONLY, into } from '../targets.ts'
import { MATCH_READERS } from './match-readers.ts'
import type { MatchReader, Surroundings, TargetReader } from './module.ts'
import { targetReader } from './target-readers.ts'
import { readNetwork, readProtocol, RuleProblem } from './values.ts'

/** What stands behind the chain of a rule. */
export interface ReadRule {
  readonly matches: readonly Match[]
  readonly target: Target
  /** It jumps to a chain of this name, which may be declared later. */
  readonly chain: string | null
}

const IMPLIED: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp', 33: 'dccp', 136: 'udplite' }

/** Reads the words behind `-A CHAIN`. */
export class RuleReader {
  readonly #words: readonly string[]
  readonly #surroundings: Surroundings
  readonly #ip: Match[] = []
  readonly #matches: { readonly name: string, readonly reader: MatchReader }[] = []
  #target: (TargetReader & { make(protocol?: number | null): Target }) | null = null
  #chain: { readonly name: string, readonly isGoto: boolean } | null = null
  #protocol: number | null = null
  #isProtocolInverted = false
  #at = 0

  constructor(words: readonly string[], surroundings: Surroundings) {
    this.#words = words
    this.#surroundings = surroundings
  }

  /** @throws RuleProblem */
  read(): ReadRule {
    while (this.#at < this.#words.length) this.#readOption()
    const target = this.#chain !== null ? into(this.#chain.name, this.#chain.isGoto) : this.#target?.make(this.#protocol) ?? COUNT_ONLY
    const matches = [...inKernelOrder(this.#ip), ...this.#matches.flatMap(({ reader }) => reader.make())]
    return { matches, target, chain: this.#chain?.name ?? null }
  }

  #take(option: string): string {
    const word = this.#words[this.#at++]
    if (word === undefined) throw new RuleProblem(`${option} stands at the end, with nothing behind it`)
    return word
  }

  #readOption(): void {
    let word = this.#take('')
    const isInverted = word === '!'
    if (isInverted) word = this.#take('!')
    const take = (): string => this.#take(word)
    const { isIpv6, interfaces } = this.#surroundings
    switch (word) {
      case '-s': case '--source': case '--src': case '-d': case '--destination': case '--dst': {
        const { words, masks } = readNetwork(take(), isIpv6)
        this.#ip.push(new AddressMatch(word.startsWith('-s') || word.startsWith('--s'), words, masks, isIpv6, isInverted))
        return
      }
      case '-i': case '--in-interface': case '-o': case '--out-interface':
        this.#ip.push(new InterfaceMatch(word === '-i' || word === '--in-interface', new InterfacePattern(take(), interfaces), isInverted))
        return
      case '-f': case '--fragment': this.#ip.push(new FragmentMatch(isInverted)); return
      case '-p': case '--protocol': case '--proto': this.#readProtocol(take(), isInverted); return
      case '-m': case '--match': this.#addMatch(take()); return
      case '-j': case '--jump': this.#readTarget(take(), false); return
      case '-g': case '--goto': this.#readTarget(take(), true); return
      case '-c': case '--set-counters':
        take()
        take()
        return
      default: if (!this.#offer(word, isInverted)) throw new RuleProblem(`option ${word} is not supported${this.#behind()}`)
    }
  }

  #readProtocol(text: string, isInverted: boolean): void {
    this.#protocol = readProtocol(text)
    this.#isProtocolInverted = isInverted
    if (this.#protocol !== null) this.#ip.push(new ProtocolMatch(this.#protocol, isInverted))
  }

  #addMatch(name: string): MatchReader {
    const make = MATCH_READERS[name === 'icmpv6' ? 'icmp6' : name]
    if (make === undefined) throw new RuleProblem(`match "${name}" is not supported; there are ${Object.keys(MATCH_READERS).join(', ')}`)
    const reader = make(this.#surroundings)
    this.#matches.push({ name, reader })
    return reader
  }

  #readTarget(name: string, isGoto: boolean): void {
    if (this.#target !== null || this.#chain !== null) throw new RuleProblem('a rule has one target')
    this.#target = isGoto ? null : targetReader(name, this.#surroundings)
    if (this.#target !== null) return
    // In capitals it is meant for a target; the parser finds out whether there is such a chain.
    this.#chain = { name, isGoto }
  }

  /** Offers an option to the target and to the matches, the last first; else to the match that the protocol implies. */
  #offer(option: string, isInverted: boolean): boolean {
    const take = (): string => this.#take(option)
    if (this.#target?.option(option, isInverted, take) === true) return true
    for (let i = this.#matches.length - 1; i >= 0; i--) if (this.#matches[i]!.reader.option(option, isInverted, take)) return true
    const implied = this.#implied()
    if (implied === undefined || this.#matches.some(({ name }) => name === implied)) return false
    return this.#addMatch(implied).option(option, isInverted, take)
  }

  #implied(): string | undefined {
    if (this.#protocol === null || this.#isProtocolInverted) return undefined
    if (this.#protocol === IPPROTO_ICMP) return this.#surroundings.isIpv6 ? undefined : 'icmp'
    if (this.#protocol === IPPROTO_ICMPV6) return this.#surroundings.isIpv6 ? 'icmp6' : undefined
    return IMPLIED[this.#protocol]
  }

  #behind(): string {
    const names = this.#matches.map(({ name }) => name)
    return names.length === 0 ? '' : ` (of matches ${names.join(', ')})`
  }
}

/** Addresses, then interfaces, then the protocol, in whatever order they are written. Kernel: ip_packet_match() */
function inKernelOrder(matches: readonly Match[]): Match[] {
  const rank = (match: Match): number => match instanceof AddressMatch ? 0 : match instanceof InterfaceMatch ? 1 : 2
  return [...matches].sort((a, b) => rank(a) - rank(b))
}
