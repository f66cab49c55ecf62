// Random traffic between two sides of a bridge, and random rulesets that have something to say about it.

import { concat } from '../../test/support/ip-packets.ts'
import { Chance } from '../captures/flow.ts'
import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../lib/frames.ts'
import { icmp, icmpv6, ip, sctp, sctpInit, tcp, text, type Transport, udp } from '../lib/packets.ts'
import { encodePcap, type Captured } from '../lib/pcap.ts'
import { TcpTalk } from '../lib/tcp-talk.ts'
import { START_NS } from '../lib/timeline.ts'

const NS_PER_MS = 1_000_000n
export const PORTS = [22, 53, 80, 123, 443, 8080] as const

/** A packet of a conversation: which side sends it, and how long after the one before. */
export interface Line {
  readonly isClient: boolean
  readonly packet: Uint8Array
  readonly afterMs: number
}

/**
 * One capture: conversations of all kinds, at once.
 * @param hasTime  their pauses are kept; else all packets come back to back, in the same order
 */
export function makeTraffic(seed: number, conversations: number, hasTime = true): Uint8Array {
  const chance = new Chance(seed)
  const frames: Captured[] = []
  for (let i = 0; i < conversations; i++) {
    let ms = chance.below(60_000)
    for (const { isClient, packet, afterMs } of conversation(chance)) {
      ms += afterMs
      const stations = isClient ? { from: CLIENT_MAC, to: SERVER_MAC } : { from: SERVER_MAC, to: CLIENT_MAC }
      frames.push({ ns: START_NS + BigInt(ms) * NS_PER_MS, bytes: ethernet(ipPayload(packet), stations) })
    }
  }
  frames.sort((a, b) => Number(a.ns - b.ns))
  return encodePcap(frames.map((frame, i) => ({ ...frame, ns: (hasTime ? frame.ns : START_NS) + BigInt(i) * 1000n })), { micro: true })
}

function conversation(chance: Chance): Line[] {
  const isIpv6 = chance.percent(30)
  const side = (net: number): string => `${isIpv6 ? `2001:db8:${String(net)}::` : `10.${String(net)}.0.`}${String(1 + chance.below(6))}`
  return talk(chance, { client: side(1), server: side(2), sport: 40_000 + chance.below(400), dport: chance.of(PORTS) })
}

/** A conversation of any kind between two ends. */
export function talk(chance: Chance, ends: Ends): Line[] {
  const isIpv6 = ends.client.includes(':')
  const kind = chance.below(10)
  if (kind < 5) return tcpTalk(chance, ends)
  if (kind < 7) return udpTalk(chance, ends)
  if (kind < 8) return pings(chance, ends, isIpv6)
  return oddities(chance, ends)
}

export interface Ends { readonly client: string, readonly server: string, readonly sport: number, readonly dport: number }

function tcpTalk(chance: Chance, ends: Ends): Line[] {
  const talk = new TcpTalk({ ...ends, clientStart: chance.below(2 ** 31), serverStart: chance.below(2 ** 31) })
  const lines: Line[] = []
  const say = (isClient: boolean, flags: string, bytes = 0): void => {
    const payload = new Uint8Array(bytes)
    const packet = isClient ? talk.fromClient(flags, payload) : talk.fromServer(flags, payload)
    // Now and then one is not seen, or seen late.
    if (!chance.percent(4)) lines.push({ isClient, packet, afterMs: chance.percent(5) ? chance.below(140_000) : chance.below(80) })
    if (chance.percent(4)) lines.push({ isClient, packet, afterMs: chance.below(1000) })
  }
  if (!chance.percent(10)) {
    say(true, 'S')
    if (chance.percent(12)) return lines
    if (chance.percent(8)) {
      say(false, 'RA')
      return lines
    }
    say(false, 'SA')
    say(true, 'A')
  }
  for (let i = chance.below(5); i > 0; i--) {
    say(chance.percent(50), 'PA', 1 + chance.below(900))
    say(chance.percent(50), 'A')
  }
  if (chance.percent(60)) {
    say(true, 'FA')
    say(false, 'FA')
    say(true, 'A')
  } else if (chance.percent(40)) say(chance.percent(50), 'R')
  return lines
}

function udpTalk(chance: Chance, { client, server, sport, dport }: Ends): Line[] {
  const lines: Line[] = []
  for (let i = 1 + chance.below(4); i > 0; i--) {
    const question = ip(client, server, udp({ sport, dport, payload: text('?'.repeat(1 + chance.below(60))) }))
    lines.push({ isClient: true, packet: question, afterMs: chance.percent(10) ? chance.below(40_000) : chance.below(900) })
    if (chance.percent(15)) lines.push({ isClient: false, packet: unreachable(server, client, question), afterMs: 5 })
    else if (chance.percent(80)) {
      const answer = ip(server, client, udp({ sport: dport, dport: sport, payload: text('!'.repeat(1 + chance.below(200))) }))
      lines.push({ isClient: false, packet: answer, afterMs: chance.below(50) })
    }
  }
  return lines
}

/** Port unreachable about a packet. */
function unreachable(from: string, to: string, packet: Uint8Array): Uint8Array {
  return ip(from, to, from.includes(':') ? icmpv6(1, 4, 0, packet) : icmp(3, 3, 0, packet.subarray(0, 28)))
}

function pings(chance: Chance, { client, server, sport }: Ends, isIpv6: boolean): Line[] {
  const lines: Line[] = []
  for (let i = 0; i < 1 + chance.below(3); i++) {
    const echo = (type4: number, type6: number): Transport => {
      const rest = (sport << 16) | i
      return isIpv6 ? icmpv6(type6, 0, rest, new Uint8Array(20)) : icmp(type4, 0, rest, new Uint8Array(20))
    }
    lines.push({ isClient: true, packet: ip(client, server, echo(8, 128)), afterMs: 400 })
    if (chance.percent(80)) lines.push({ isClient: false, packet: ip(server, client, echo(0, 129)), afterMs: chance.below(90) })
  }
  return lines
}

/** What conntrack does not like, and what few rules think of. */
function oddities(chance: Chance, { client, server, sport, dport }: Ends): Line[] {
  const cut = ({ protocol, bytes }: Transport, length: number): Transport => ({ protocol, bytes: bytes.subarray(0, length) })
  const transport: Transport = chance.of([
    () => tcp({ sport, dport, flags: 'SF', seq: 1 }),
    () => tcp({ sport, dport, flags: '', seq: 1 }),
    () => tcp({ sport, dport, flags: 'RA', seq: 1, ack: 5 }),
    () => cut(tcp({ sport, dport, flags: 'S' }), chance.below(20)),
    () => cut(udp({ sport, dport }), chance.below(8)),
    () => cut(icmp(8, 0, 7), chance.below(8)),
    () => sctp({ sport, dport }, sctpInit(1, 1)),
    () => ({ protocol: 99, bytes: concat(text('nothing anybody knows')) }),
    () => ({ protocol: 47, bytes: concat([0, 0, 8, 0], text('inner')) }),
  ])()
  const packet = ip(client, server, transport)
  return Array.from({ length: 1 + chance.below(2) }, () => ({ isClient: true, packet, afterMs: 1 + chance.below(2000) }))
}

/** What a kernel that answers can do beside the usual, and what its machine is. */
export interface Setting {
  /** It has the modules connmark, limit, mac, length, REDIRECT: not every kernel that keeps the capture's clock does. */
  readonly hasMore: boolean
  /** It is a router, and not a bridge: packets are to it and from it too. */
  readonly isRouter?: boolean
}

const STATES = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED'] as const

/** A ruleset of raw, mangle and filter, with chains of its own: for FORWARD, and on a router for INPUT and OUTPUT too. */
export function makeRules(seed: number, isIpv6: boolean, { hasMore, isRouter = false }: Setting): string {
  const chance = new Chance(seed)
  const not = (percent = 12): string => chance.percent(percent) ? '! ' : ''
  const address = (net: number): string => isIpv6
    ? chance.of([`2001:db8:${String(net)}::/48`, `2001:db8:${String(net)}::${String(1 + chance.below(6))}`, '2001:db8::/32'])
    : chance.of([`10.${String(net)}.0.0/16`, `10.${String(net)}.0.${String(1 + chance.below(6))}`, '10.0.0.0/13', '10.0.0.2/255.0.0.254'])
  const port = (): string => chance.of(['22', '53', '80', '443', '1:1023', '40000:40199', '1024:65535'])
  const states = (): string => STATES.filter(() => chance.percent(35)).join(',') || 'NEW'

  const protocol = (): string => {
    switch (chance.below(9)) {
      case 0: case 1: case 2: return `-p tcp -m tcp ${not()}--dport ${port()}`
      case 3:
        return `-p tcp -m tcp ${not()}--sport ${port()} ` +
          `${not()}--tcp-flags ${chance.of(['FIN,SYN,RST,ACK SYN', 'SYN,ACK ACK', 'FIN,RST FIN'])}`
      case 4: return `-p udp -m udp ${not()}--dport ${port()}`
      case 5:
        return `-p ${chance.of(['tcp', 'udp'])} -m multiport ${not()}--${chance.of(['dports', 'sports', 'ports'])} ` +
          '22,80:443,40000:40100'
      case 6: return isIpv6 ? `-p ipv6-icmp -m icmp6 ${not()}--icmpv6-type ${chance.of(['128', '1/4', '129'])}`
        : `-p icmp -m icmp ${not()}--icmp-type ${chance.of(['8', '3/3', '0', 'any'])}`
      case 7: return `${not(40)}-p ${chance.of(['tcp', 'udp', 'sctp', '99', 'gre'])}`
      default: return ''
    }
  }
  const tracking = (): string => {
    switch (chance.below(8)) {
      case 0: case 1: case 2: return `-m conntrack ${not()}--ctstate ${states()}`
      case 3: return `-m state --state ${states()}`
      case 4: return `-m conntrack --ctdir ${chance.of(['ORIGINAL', 'REPLY'])}`
      case 5: return `-m conntrack ${not()}--ctstatus ${chance.of(['ASSURED', 'SEEN_REPLY', 'CONFIRMED', 'EXPECTED'])}`
      case 6: return `-m conntrack ${not()}--ctproto ${chance.of(['tcp', 'udp'])} --ctorigdstport ${chance.of(['80', '1:1023', '443'])}`
      default:
        return `-m conntrack --ctstate ${states()} ${not()}--ctorigsrc ${address(chance.of([1, 2])).replace(/\/255.*/, '')} ` +
          `--ctdir ${chance.of(['ORIGINAL', 'REPLY'])}`
    }
  }
  const more = (): string => chance.of<() => string>([
    () => `-m mark ${not()}--mark ${chance.of(['0x1', '0x2/0x3', '0x0'])}`,
    () => isRouter ? '' : `-m physdev ${not()}--physdev-in ${chance.of(['tap0', 'tap1', 'tap+'])}`,
    () => isRouter ? '' : '-m physdev --physdev-is-bridged',
    () => '-m comment --comment "a \\"quoted\\" word"',
    () => hasMore ? `-m connmark ${not()}--mark ${chance.of(['0x1', '0x4/0x4'])}` : '',
    () => hasMore ? `-m length ${not()}--length ${chance.of(['0:60', '61:100', '1000:65535'])}` : '',
    () => hasMore && !isRouter ? `-m mac ${not()}--mac-source 02:00:00:00:00:01` : '',
  ])()
  const matches = (isRaw: boolean): string => [
    chance.percent(35) ? `${not()}-s ${address(chance.of([1, 2]))}` : '',
    chance.percent(30) ? `${not()}-d ${address(chance.of([1, 2]))}` : '',
    chance.percent(65) ? protocol() : '', !isRaw && chance.percent(55) ? tracking() : '', chance.percent(20) ? more() : '',
  ].filter((part) => part !== '').join(' ')
  const mark = (): string => `MARK --set-xmark ${chance.of(['0x1/0xffffffff', '0x2/0x2', '0x0/0x1', '0x3/0x0'])}`
  const connmark = (): string => !hasMore ? mark() : `CONNMARK ${chance.of([
    '--set-xmark 0x4/0x4', '--save-mark --nfmask 0xff --ctmask 0xff', '--restore-mark --nfmask 0x3 --ctmask 0x3',
  ])}`
  const rule = (chain: string, target: string, isRaw = false): string => {
    const asked = matches(isRaw)
    const fitting = chain === 'POSTROUTING' ? asked.replace(/-m mac .*$/, '') : asked // the kernel refuses it there
    return `-A ${chain} ${fitting} ${target === '' ? '' : `-j ${target}`}`.replace(/ +/g, ' ').trim()
  }
  const rules = (chain: string, count: number, target: () => string, isRaw = false): string[] =>
    Array.from({ length: count }, () => rule(chain, target(), isRaw))

  const table = (name: string, chains: readonly string[], lines: readonly string[]): string[] => [`*${name}`, ...chains, ...lines, 'COMMIT']
  const policy = (): string => chance.percent(50) ? 'DROP' : 'ACCEPT'
  const reject = isRouter || (isIpv6 && !hasMore) ? 'DROP' : 'REJECT' // a router's refusal is a packet of its own
  const onRouter = (chain: string, fewest: number, more: number, target: () => string, isRaw = false): string[] =>
    isRouter ? rules(chain, fewest + chance.below(more), target, isRaw) : []
  const filterTarget = (jumps: readonly string[]) => (): string =>
    chance.of(['ACCEPT', 'ACCEPT', 'DROP', 'RETURN', reject, '', mark(), connmark(), ...jumps.flatMap((jump) => [jump, jump])])
  return [
    ...(isIpv6 ? ['# Generated by ip6tables-save'] : []),
    ...table('raw', [':PREROUTING ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]'],
      rules('PREROUTING', chance.below(4), () =>
        chance.of(['CT --notrack', 'CT --notrack', 'DROP', mark(), `CT --zone ${String(1 + chance.below(3))}`, '']), true)
        .concat(onRouter('OUTPUT', 0, 3, () => chance.of(['CT --notrack', 'DROP', mark(), '']), true))),
    ...table('mangle', ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'].map((name) => `:${name} ACCEPT [0:0]`), [
      ...rules('PREROUTING', chance.below(3), () => chance.of([mark(), connmark(), '', 'ACCEPT'])),
      ...rules('FORWARD', chance.below(3), () => chance.of([mark(), 'DROP', '', connmark()])),
      ...onRouter('INPUT', 0, 3, () => chance.of([mark(), 'DROP', '', connmark()])),
      ...onRouter('OUTPUT', 0, 3, () => chance.of([mark(), 'DROP', '', connmark()])),
      ...rules('POSTROUTING', chance.below(3), () => chance.of([mark(), 'DROP', '', connmark()])),
    ]),
    ...table('filter', [
      `:INPUT ${policy()} [0:0]`, `:FORWARD ${policy()} [0:0]`, ':OUTPUT ACCEPT [0:0]', ':A - [0:0]', ':B - [0:0]', ':C - [0:0]',
    ], [
      ...rules('FORWARD', 3 + chance.below(8), filterTarget(['A', 'B'])),
      ...onRouter('INPUT', 2, 6, filterTarget(['A', 'B'])),
      ...onRouter('OUTPUT', 2, 6, filterTarget(['A', 'B'])),
      ...rules('A', chance.below(6), filterTarget(['B', 'C'])),
      ...(chance.percent(50) ? [`${rule('A', '')} -g C`] : []),
      ...rules('B', chance.below(5), filterTarget(['C'])),
      ...rules('C', chance.below(4), filterTarget([])),
    ]),
    '',
  ].join('\n')
}
