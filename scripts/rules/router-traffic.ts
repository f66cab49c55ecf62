// Random traffic through a router, to it and from it, and rulesets that tell it how to translate addresses. What is on its other side sees
// clients and servers as the rules make them: answers go where an engine with the same rules says they would.

import { Engine, Frame, loadFirewall, rowOf } from '../../src/index.ts'
import { Connection } from '../../src/table/connection.ts'
import { internetChecksum, sixteen } from '../../test/support/ip-packets.ts'
import { Chance } from '../captures/flow.ts'
import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../lib/frames.ts'
import { ip } from '../lib/packets.ts'
import { encodePcap, type Captured } from '../lib/pcap.ts'
import { START_NS } from '../lib/timeline.ts'
import { MACHINES } from './compare.ts'
import { type Ends, type Line, PORTS, type Setting, talk } from './generate.ts'

const NS_PER_MS = 1_000_000n

interface Conversation {
  readonly start: number
  readonly lines: readonly Line[]
}

interface Turn extends Line {
  readonly ms: number
  readonly conversation: number
}

/** How the server's side sees a conversation. */
interface View {
  readonly client: string
  readonly server: string
  readonly sport: number
  readonly dport: number
}

export interface TrafficOptions {
  /** Pauses are kept; else all packets come back to back. Default true. */
  readonly hasTime?: boolean
  /** The router talks too. Default true. */
  readonly hasOwn?: boolean
}

/**
 * One capture, as the router's interfaces have it before it translates.
 * @param rules  iptables-save and ip6tables-save output
 */
export function makeRouterTraffic(
  seed: number, conversations: number, rules: readonly string[], { hasTime = true, hasOwn = true }: TrafficOptions = {},
): Uint8Array {
  const chance = new Chance(seed)
  const all = Array.from({ length: conversations }, (_, i): Conversation =>
    ({ start: chance.below(60_000), lines: talk(chance, ends(chance, i, hasOwn)) }))
  const turns = all.flatMap(({ start, lines }, conversation): Turn[] => {
    let ms = start
    return lines.map((line) => ({ ...line, ms: ms += line.afterMs, conversation }))
  }).sort((a, b) => a.ms - b.ms)
  const left = new Set<Turn>() // whose port a kernel would draw
  for (;;) {
    const { frames, drawn } = played(turns.filter((turn) => !left.has(turn)), rules, seed, hasTime)
    if (drawn.length === 0) return encodePcap(frames, { micro: true })
    for (const turn of drawn) left.add(turn)
  }
}

/** Plays conversations through an engine with these rules. */
function played(turns: readonly Turn[], rules: readonly string[], seed: number, hasTime: boolean): { frames: Captured[], drawn: Turn[] } {
  const chance = new Chance(seed + 1)
  const { firewall } = loadFirewall(rules.map((rule, i) => ({ path: `rules${String(i)}`, text: rule })), MACHINES.router)
  const engine = new Engine({ hooks: firewall })
  const views = new Map<number, View>()
  const drawn: Turn[] = []
  const frames = turns.map((turn, i): Captured => {
    const { ms, isClient, packet, conversation } = turn
    const view = views.get(conversation)
    // Now and then an answer comes that nobody translated.
    const bytes = isClient || view === undefined || chance.percent(5) ? packet : asAnswered(packet, view)
    const stations = isOn(bytes, 1) ? { from: CLIENT_MAC, to: SERVER_MAC } : { from: SERVER_MAC, to: CLIENT_MAC }
    const frame = ethernet(ipPayload(bytes), stations)
    const ns = (hasTime ? START_NS + BigInt(ms) * NS_PER_MS : START_NS) + BigInt(i) * 1000n
    const before = firewall.guessedPorts
    push(engine, frame, ns, i + 1)
    if (firewall.guessedPorts > before) drawn.push(turn)
    const { connection } = engine.packet
    if (isClient && view === undefined && connection >= 0) views.set(conversation, viewOf(engine, connection))
    return { ns, bytes: frame }
  })
  return { frames, drawn }
}

function push(engine: Engine, bytes: Uint8Array, ns: bigint, number: number): void {
  engine.push(Object.assign(new Frame(), {
    number, sec: Number(ns / 1_000_000_000n), nsec: Number(ns % 1_000_000_000n), bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset), end: bytes.length, wireLen: bytes.length, linkType: 1,
  }))
}

/** Who talks with whom: across the router, to it, from it, and to addresses that are nobody's. */
function ends(chance: Chance, i: number, hasOwn: boolean): Ends {
  const isIpv6 = chance.percent(25)
  const side = (net: number): string => `${isIpv6 ? `2001:db8:${String(net)}::` : `10.${String(net)}.0.`}${String(1 + chance.below(6))}`
  const own = (net: number): string => isIpv6 ? `2001:db8:${String(net)}::fe` : `10.${String(net)}.0.254`
  type Pair = () => readonly [client: string, server: string]
  const others: readonly [Pair, ...Pair[]] = [
    () => [side(1), side(2)], () => [side(1), side(2)], () => [side(1), side(2)], () => [side(2), side(1)],
    () => [side(1), own(1)], () => [side(2), own(2)], () => [side(2), own(2)], () => [side(1), own(2)],
    () => [side(1), side(9)], () => [side(2), side(9)],
  ]
  const ours: readonly Pair[] = [() => [own(1), side(1)], () => [own(2), side(2)], () => [own(2), side(2)], () => [own(2), side(9)]]
  const [client, server] = chance.of(hasOwn ? [...others, ...ours] : others)()
  return { client, server, sport: 40_000 + i * 3, dport: chance.of(PORTS) }
}

function viewOf(engine: Engine, index: number): View {
  const { reply } = rowOf(new Connection(engine.table.records).at(index), engine.clock.now, engine.clock.hz)
  return {
    client: reply.destination, server: reply.source, sport: reply.destinationPort ?? reply.id ?? 0, dport: reply.sourcePort ?? 0,
  }
}

/** Is a packet's source behind the first interface of the router? */
function isOn(packet: Uint8Array, net: number): boolean {
  return packet[13] === net // the second byte of 10.1.0.1, the sixth of 2001:db8:1::1
}

/** A server's packet with the ends that the server knows, the packet it may quote too. */
function asAnswered(packet: Uint8Array, view: View): Uint8Array {
  return readdressed(packet, { from: view.server, to: view.client, sport: view.dport, dport: view.sport })
}

interface Addresses {
  readonly from: string
  readonly to: string
  readonly sport: number
  readonly dport: number
}

const CHECKSUM_AT: Readonly<Record<number, number>> = { 6: 16, 17: 6, 58: 2 }
const PORTED = [6, 17, 132]

function readdressed(packet: Uint8Array, ends: Addresses): Uint8Array {
  const isIpv6 = packet[0]! >>> 4 === 6
  const header = isIpv6 ? 40 : 20
  const protocol = packet[isIpv6 ? 6 : 9]!
  const bytes = packet.slice(header)
  if (PORTED.includes(protocol) && bytes.length >= 4) bytes.set([...sixteen(ends.sport), ...sixteen(ends.dport)])
  if ((protocol === 1 || protocol === 58) && bytes.length >= 8) {
    const type = bytes[0]!
    if (type === 0 || type === 8 || type >= 128) bytes.set(sixteen(ends.dport), 4)
    else {
      const quoted = readdressed(bytes.slice(8), { from: ends.to, to: ends.from, sport: ends.dport, dport: ends.sport })
      bytes.set(quoted.subarray(0, bytes.length - 8), 8)
    }
  }
  const checksumAt = CHECKSUM_AT[protocol]
  const whole = checksumAt === undefined || bytes.length < checksumAt + 2
  if (!whole) bytes.set([0, 0], checksumAt)
  if (protocol === 1 && bytes.length >= 4) {
    bytes.set([0, 0], 2)
    bytes.set(sixteen(internetChecksum(bytes)), 2)
  }
  return ip(ends.from, ends.to, { protocol, bytes, ...(whole ? {} : { checksumAt }) })
}

/** A ruleset for the router: nat, and a little of mangle and filter around it. */
export function makeNatRules(seed: number, isIpv6: boolean, { hasMore }: Setting): string {
  const chance = new Chance(seed)
  const host = (net: number, number: number): string => `${isIpv6 ? `2001:db8:${String(net)}::` : `10.${String(net)}.0.`}${String(number)}`
  const own = (net: number): string => isIpv6 ? `2001:db8:${String(net)}::fe` : `10.${String(net)}.0.254`
  const network = (net: number): string => isIpv6 ? `2001:db8:${String(net)}::/48` : `10.${String(net)}.0.0/16`
  const range = (net: number, from: number, to: number): string => `${host(net, from)}-${host(net, to)}`
  const at = (addresses: string, ports: string): string =>
    isIpv6 ? `[${addresses}]:${ports}` : `${addresses}:${ports}`
  const persistent = (): string => chance.percent(30) ? ' --persistent' : ''
  const protocol = (): string => chance.of(['-p tcp', '-p tcp', '-p udp'])
  const ported = (): string => `${protocol()} --dport ${String(chance.of(PORTS))}`
  const from = (): string => chance.percent(40) ? `-s ${chance.of([network(1), network(2), host(1, 2)])} ` : ''
  const to = (): string => chance.percent(50) ? `-d ${chance.of([own(1), own(2), network(9), network(2), host(2, 3)])} ` : ''
  const lines: string[] = []
  const add = (chain: string, count: number, make: () => string): void => {
    for (let i = 0; i < count; i++) lines.push(`-A ${chain} ${make()}`.replaceAll(/ +/g, ' ').trim())
  }
  const dnat = (): string => chance.of<() => string>([
    () => `${from()}${to()}${ported()} -j DNAT --to-destination ${at(host(1, 1 + chance.below(4)), '8080')}`,
    () => `${to()}-j DNAT --to-destination ${chance.of([host(2, 4), range(2, 1, 4), range(1, 1, 5)])}${persistent()}`,
    () => `${ported()} -j DNAT --to-destination ${at(chance.of([range(2, 1, 3), host(2, 5)]), chance.of(['5000-5003', '443', '60-90']))}`,
    () => hasMore ? `${from()}${ported()} -j REDIRECT${chance.percent(60) ? ' --to-ports 8080' : ''}` : `${to()}-p tcp`,
    () => `${from()}${protocol()} ${to()}-j ACCEPT`,
    () => '-m conntrack --ctstate NEW',
  ])()
  const snat = (): string => chance.of<() => string>([
    () => `${from()}${to()}-o tap1 -j SNAT --to-source ${chance.of([host(2, 100), range(2, 100, 103), range(3, 0, 200)])}${persistent()}`,
    () => `${from()}${protocol()} -j SNAT --to-source ` +
      at(chance.of([host(2, 90), range(2, 90, 92)]), chance.of(['40000-65000', '1024-65535'])),
    () => `${from()}${to()}-o tap${String(chance.below(2))} -j SNAT --to-source ${host(1, 77)}`,
    () => '-m conntrack --ctstate DNAT', () => '-m conntrack --ctstate RELATED',
  ])()
  const masquerade = (): string => `${from()}-o ${chance.of(['tap1', 'tap0', 'tap+'])} -j MASQUERADE`
  add('PREROUTING', chance.below(4), dnat)
  add('OUTPUT', chance.below(3), dnat)
  add('INPUT', chance.below(2), () => `${from()}${protocol()} -j SNAT --to-source ${host(1, 66)}`)
  add('POSTROUTING', chance.below(4), () => chance.percent(35) ? masquerade() : snat())
  const policy = (percent: number): string => chance.percent(percent) ? 'DROP' : 'ACCEPT'
  const state = (): string => '-m conntrack --ctstate ' +
    chance.of(['NEW', 'ESTABLISHED,RELATED', 'DNAT', 'SNAT', 'INVALID', 'DNAT,ESTABLISHED'])
  const plain = (): string => `${from()}${to()}${chance.percent(60) ? state() : ported()} -j ${chance.of(['ACCEPT', 'ACCEPT', 'DROP'])}`
  const nat = lines.splice(0)
  add('PREROUTING', chance.below(2), () => `${to()}-m conntrack --ctstate ${chance.of(['NEW', 'INVALID', 'ESTABLISHED'])}`)
  add('POSTROUTING', chance.below(2), () => `${from()}${to()}`)
  const mangle = lines.splice(0)
  add('FORWARD', chance.below(5), plain)
  add('INPUT', chance.below(4), plain)
  add('OUTPUT', chance.below(4), plain)
  const table = (name: string, chains: readonly string[], rules: readonly string[]): string[] => [`*${name}`, ...chains, ...rules, 'COMMIT']
  return [
    ...(isIpv6 ? ['# Generated by ip6tables-save'] : []),
    ...table('mangle', ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'].map((name) => `:${name} ACCEPT [0:0]`), mangle),
    ...table('nat', ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'].map((name) => `:${name} ACCEPT [0:0]`), nat),
    ...table('filter', [`:INPUT ${policy(20)} [0:0]`, `:FORWARD ${policy(20)} [0:0]`, `:OUTPUT ${policy(15)} [0:0]`], lines),
    '',
  ].join('\n')
}
