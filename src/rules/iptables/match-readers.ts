// The matches of iptables: their options, and what they come to.

import { SetMatch } from '../address-set.ts'
import { InterfacePattern } from '../interfaces.ts'
import type { Match } from '../match.ts'
import { ConnmarkMatch, HelperMatch } from '../match-conntrack.ts'
import { IcmpMatch, MultiportMatch, PortsMatch, type PortRange } from '../match-transport.ts'
import {
  type AddressType, AddressTypeMatch, LengthMatch, limitAverage, LimitMatch, MacMatch, MarkMatch, PhysdevMatch, RangeMatch, TosMatch,
} from '../match-wire.ts'
import { masterHelper } from '../helper-of.ts'
import { ConntrackReader } from './conntrack-reader.ts'
import type { MatchReader, Surroundings, Take } from './module.ts'
import { readAddress, readBits, readMac, readMarked, readNumber, readPorts, RuleProblem } from './values.ts'

const TCP_FLAGS = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ALL: 63, NONE: 0 }
const SYN_FLAGS = { mask: 23, set: 2 }

/** Reads nothing further: for matches of one option each. */
abstract class Several implements MatchReader {
  protected readonly made: Match[] = []
  protected readonly surroundings: Surroundings

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings
  }

  abstract option(name: string, isInverted: boolean, take: Take): boolean
  make(): readonly Match[] { return this.made }
}

/** What the parser calls for `-m NAME`. */
export const MATCH_READERS: Readonly<Record<string, (surroundings: Surroundings) => MatchReader>> = {
  tcp: () => new PortsReader(new PortsMatch()),
  udp: () => new PortsReader(PortsMatch.udp()),
  udplite: () => new PortsReader(PortsMatch.udp()),
  sctp: () => new PortsReader(new PortsMatch(12)),
  dccp: () => new PortsReader(new PortsMatch(12)),
  icmp: () => new IcmpReader(new IcmpMatch(false)),
  icmp6: () => new IcmpReader(new IcmpMatch(true)),
  multiport: (surroundings) => new MultiportReader(surroundings),
  state: (surroundings) => new ConntrackReader(surroundings),
  conntrack: (surroundings) => new ConntrackReader(surroundings),
  connmark: (surroundings) => new OneOption(surroundings, '--mark', (text, isInverted) => {
    const { value, mask } = readMarked(text)
    return new ConnmarkMatch(value, mask, isInverted)
  }),
  mark: (surroundings) => new OneOption(surroundings, '--mark', (text, isInverted) => {
    const { value, mask } = readMarked(text)
    return new MarkMatch(value, mask, isInverted)
  }),
  helper: (surroundings) => new OneOption(surroundings, '--helper', (text, isInverted) => new HelperMatch(text, isInverted, masterHelper)),
  mac: (surroundings) => new OneOption(surroundings, '--mac-source', (text, isInverted) => new MacMatch(readMac(text), isInverted)),
  length: (surroundings) => new OneOption(surroundings, '--length', (text, isInverted) => {
    const { from, to } = readPorts(text)
    return new LengthMatch(from, to, isInverted)
  }),
  tos: (surroundings) => new OneOption(surroundings, '--tos', (text, isInverted) => {
    const [value = '', mask = '0xff'] = text.split('/')
    return new TosMatch(readNumber(value, 255, 'type of service'), readNumber(mask, 255, 'mask'), isInverted)
  }),
  dscp: (surroundings) => new OneOption(surroundings, '--dscp', (text, isInverted) =>
    new TosMatch(readNumber(text, 63, 'code point') << 2, 0xfc, isInverted)),
  comment: (surroundings) => new OneOption(surroundings, '--comment', () => null),
  limit: (surroundings) => new LimitReader(surroundings),
  physdev: (surroundings) => new PhysdevReader(surroundings),
  iprange: (surroundings) => new RangeReader(surroundings),
  addrtype: (surroundings) => new AddressTypeReader(surroundings),
  set: (surroundings) => new SetReader(surroundings),
}

/** A match that has one option. */
class OneOption extends Several {
  readonly #option: string
  readonly #read: (text: string, isInverted: boolean) => Match | null

  constructor(surroundings: Surroundings, option: string, read: (text: string, isInverted: boolean) => Match | null) {
    super(surroundings)
    this.#option = option
    this.#read = read
  }

  option(name: string, isInverted: boolean, take: Take): boolean {
    if (name !== this.#option) return false
    const match = this.#read(take(), isInverted)
    if (match !== null) this.made.push(match)
    return true
  }
}

class PortsReader implements MatchReader {
  readonly #match: PortsMatch

  constructor(match: PortsMatch) {
    this.#match = match
  }

  option(name: string, isInverted: boolean, take: Take): boolean {
    const match = this.#match
    switch (name) {
      case '--sport': case '--source-port': match.source = rangeOf(take(), isInverted); return true
      case '--dport': case '--destination-port': match.destination = rangeOf(take(), isInverted); return true
      case '--tcp-flags':
        match.flags = { mask: readBits(take(), TCP_FLAGS, 'TCP flag'), set: readBits(take(), TCP_FLAGS, 'TCP flag'), isInverted }
        return true
      case '--syn': match.flags = { ...SYN_FLAGS, isInverted }; return true
      case '--tcp-option': match.option = { kind: readNumber(take(), 255, 'TCP option'), isInverted }; return true
      default: return false
    }
  }

  make(): readonly Match[] { return [this.#match] }
}

const rangeOf = (text: string, isInverted: boolean): PortRange => ({ ...readPorts(text), isInverted })

const ICMP_NAMES: Readonly<Record<string, string>> = {
  any: '255', 'echo-reply': '0', pong: '0', 'destination-unreachable': '3', 'network-unreachable': '3/0', 'host-unreachable': '3/1',
  'protocol-unreachable': '3/2', 'port-unreachable': '3/3', 'fragmentation-needed': '3/4', 'source-quench': '4', redirect: '5',
  'echo-request': '8', ping: '8', 'router-advertisement': '9', 'router-solicitation': '10', 'time-exceeded': '11',
  'ttl-exceeded': '11', 'parameter-problem': '12', 'timestamp-request': '13', 'timestamp-reply': '14',
}
const ICMPV6_NAMES: Readonly<Record<string, string>> = {
  'destination-unreachable': '1', 'packet-too-big': '2', 'time-exceeded': '3', 'ttl-exceeded': '3', 'parameter-problem': '4',
  'echo-request': '128', ping: '128', 'echo-reply': '129', pong: '129', 'router-solicitation': '133', 'router-advertisement': '134',
  'neighbour-solicitation': '135', 'neighbor-solicitation': '135', 'neighbour-advertisement': '136', 'neighbor-advertisement': '136',
  redirect: '137',
}

class IcmpReader implements MatchReader {
  readonly #match: IcmpMatch

  constructor(match: IcmpMatch) {
    this.#match = match
  }

  option(name: string, isInverted: boolean, take: Take): boolean {
    if (name !== '--icmp-type' && name !== '--icmpv6-type') return false
    const match = this.#match
    const text = take()
    const [type = '', code] = ((name === '--icmp-type' ? ICMP_NAMES : ICMPV6_NAMES)[text] ?? text).split('/')
    match.type = readNumber(type, 255, 'ICMP type')
    if (code !== undefined) match.fromCode = match.toCode = readNumber(code, 255, 'ICMP code')
    match.isInverted = isInverted
    return true
  }

  make(): readonly Match[] { return [this.#match] }
}

class MultiportReader extends Several {
  option(name: string, isInverted: boolean, take: Take): boolean {
    const side = name === '--sports' || name === '--source-ports' ? 'source'
      : name === '--dports' || name === '--destination-ports' ? 'destination' : name === '--ports' || name === '--port' ? 'either' : null
    if (side === null) return false
    this.made.push(new MultiportMatch(side, take().split(',').map((range) => readPorts(range)), isInverted))
    return true
  }
}

const USUAL_BURST = 5

class LimitReader implements MatchReader {
  readonly #surroundings: Surroundings
  #average = limitAverage('3/hour')!
  #burst = USUAL_BURST

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  option(name: string, isInverted: boolean, take: Take): boolean {
    if (isInverted) return false
    if (name === '--limit') {
      const text = take()
      const average = limitAverage(text)
      if (average === null) throw new RuleProblem(`"${text}" is no rate`)
      this.#average = average
      return true
    }
    if (name !== '--limit-burst') return false
    this.#burst = readNumber(take(), 10_000, 'burst')
    return true
  }

  make(): readonly Match[] {
    const match = new LimitMatch(this.#average, this.#burst, this.#surroundings.hz)
    if (!match.isPossible) throw new RuleProblem('the kernel refuses this limit: its credit overflows')
    return [match]
  }
}

class PhysdevReader implements MatchReader {
  readonly #match = new PhysdevMatch()
  readonly #surroundings: Surroundings

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  option(name: string, isInverted: boolean, take: Take): boolean {
    const match = this.#match
    const port = (): NonNullable<PhysdevMatch['in']> =>
      ({ pattern: new InterfacePattern(take(), this.#surroundings.interfaces), isInverted })
    switch (name) {
      case '--physdev-in': match.in = port(); return true
      case '--physdev-out': match.out = port(); return true
      case '--physdev-is-in': match.isIn = !isInverted; return true
      case '--physdev-is-out': match.isOut = !isInverted; return true
      case '--physdev-is-bridged': match.isBridged = !isInverted; return true
      default: return false
    }
  }

  make(): readonly Match[] { return [this.#match] }
}

class RangeReader extends Several {
  option(name: string, isInverted: boolean, take: Take): boolean {
    if (name !== '--src-range' && name !== '--dst-range') return false
    if (this.surroundings.isIpv6) throw new RuleProblem('ranges of IPv6 addresses are not supported')
    const [from = '', to = from] = take().split('-')
    const word = (text: string): number => readAddress(text, false)[0]
    this.made.push(new RangeMatch(name === '--src-range', word(from), word(to), isInverted))
    return true
  }
}

const ADDRESS_TYPES: readonly AddressType[] = ['LOCAL', 'BROADCAST', 'MULTICAST', 'UNICAST']

class AddressTypeReader extends Several {
  option(name: string, isInverted: boolean, take: Take): boolean {
    if (name !== '--src-type' && name !== '--dst-type') return false
    const types = take().split(',').map((text) => {
      const type = ADDRESS_TYPES.find((one) => one === text)
      if (type === undefined) throw new RuleProblem(`addresses of type ${text} are not supported; there are ${ADDRESS_TYPES.join(', ')}`)
      return type
    })
    this.made.push(new AddressTypeMatch(name === '--src-type', types, isInverted, this.surroundings.isLocal))
    return true
  }
}

class SetReader extends Several {
  option(name: string, isInverted: boolean, take: Take): boolean {
    if (name !== '--match-set') return false
    const wanted = take()
    const set = this.surroundings.sets.get(wanted)
    if (set === undefined) throw new RuleProblem(`the members of set "${wanted}" are not known: give them with --sets FILE (ipset save)`)
    this.made.push(new SetMatch(set, take().split(',').map((side) => side === 'src'), isInverted))
    return true
  }
}
