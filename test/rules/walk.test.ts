// The walk of a packet through tables and hooks, and what it leaves in the connection table.

import { describe, expect, test } from 'vitest'
import { Engine, Frame, loadFirewall, type Firewall, snapshot } from '../../src/index.ts'
import { tcp, udp } from '../support/traffic.ts'

const table = (name: string, ...lines: readonly string[]): string => [`*${name}`, ...lines, 'COMMIT', ''].join('\n')
const filter = (policy: string, ...rules: readonly string[]): string =>
  table('filter', ':INPUT ACCEPT [0:0]', `:FORWARD ${policy} [0:0]`, ':OUTPUT ACCEPT [0:0]', ':USER - [0:0]', ':DEEP - [0:0]', ...rules)
const raw = (rule: string): string => table('raw', ':PREROUTING ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', rule)

interface Ran {
  readonly engine: Engine
  readonly firewall: Firewall
  readonly fates: readonly string[]
  readonly rows: readonly string[]
}

/** Runs Ethernet frames through rules, a second apart. */
function run(text: string, frames: readonly Uint8Array[], options: Parameters<typeof loadFirewall>[1] = {}): Ran {
  const { firewall } = loadFirewall([{ path: 'fw', text }], options)
  const engine = new Engine({ hooks: firewall })
  const fates = frames.map((bytes, i) => {
    engine.push(Object.assign(new Frame(), {
      number: i + 1, sec: 1000 + i, bytes, view: new DataView(bytes.buffer, bytes.byteOffset), end: bytes.length, wireLen: bytes.length,
      linkType: 1,
    }))
    const { isDropped, chain, rule } = firewall.decision
    return `${isDropped ? 'drop' : 'accept'} ${chain === null ? '-' : `${chain.name} ${String(rule?.number ?? 'policy')}`}`
  })
  const rows = snapshot(engine).map(({ l4, original }) => `${l4} ${String(original.sourcePort)}`)
  return { engine, firewall, fates, rows }
}

const SYN = tcp({}, 'S', { seq: 1000 })
const SYNACK = tcp({ from: 2, to: 1, sport: 80, dport: 40_000 }, 'SA', { seq: 5000, ack: 1001 })

describe('confirmation', () => {
  test('a packet dropped on its way makes no entry', () => {
    expect(run(filter('DROP'), [SYN, SYN])).toMatchObject({ fates: ['drop FORWARD policy', 'drop FORWARD policy'], rows: [] })
  })

  test('a new connection that is dropped stays NEW', () => {
    const { engine, firewall } = run(filter('ACCEPT', '-A FORWARD -m state --state NEW -j DROP'), [SYN, SYN, SYN])
    expect(firewall.packetsOf(firewall.rulesets[0]!.rules[0]!.id)).toBe(3)
    expect(engine.table.records.live).toBe(0)
    expect(engine.table.stats.created).toBe(0)
  })

  test('a dropped packet of a connection leaves it there, and its state moves on', () => {
    const { engine, fates } = run(filter('ACCEPT', '-A FORWARD -m conntrack --ctdir REPLY -j DROP'), [SYN, SYNACK])
    expect(fates).toEqual(['accept FORWARD policy', 'drop FORWARD 1'])
    expect(snapshot(engine)).toMatchObject([{ state: 'SYN_RECV', seenReply: true }])
  })

  test('what the raw table spares conntrack is UNTRACKED and has no entry', () => {
    const rules = raw('-A PREROUTING -p udp -j NOTRACK') + filter('DROP', '-A FORWARD -m conntrack --ctstate UNTRACKED -j ACCEPT')
    const { fates, rows } = run(rules, [udp(), SYN])
    expect(fates).toEqual(['accept FORWARD 1', 'drop FORWARD policy'])
    expect(rows).toEqual([])
  })

  test('a zone keeps equal tuples apart', () => {
    const other = Uint8Array.from(SYN)
    other[11] = 7
    const { engine } = run(raw('-A PREROUTING -m mac --mac-source 02:00:00:00:00:07 -j CT --zone 7'), [SYN, other])
    expect(snapshot(engine).map(({ zone }) => zone)).toEqual([0, 7])
  })
})

describe('chains', () => {
  test('RETURN goes back behind the jump, and from a built-in chain to its policy', () => {
    const rules = ['-A USER -p tcp -j RETURN', '-A USER -j DROP', '-A FORWARD -j USER', '-A FORWARD -p tcp -j ACCEPT']
    expect(run(filter('DROP', ...rules), [SYN, udp()]).fates).toEqual(['accept FORWARD 2', 'drop USER 2'])
    expect(run(filter('DROP', '-A FORWARD -j RETURN', '-A FORWARD -j ACCEPT'), [SYN]).fates).toEqual(['drop FORWARD policy'])
  })

  test('a chain reached by goto returns to where its caller was jumped to from', () => {
    const rules = ['-A FORWARD -j USER', '-A FORWARD -j ACCEPT', '-A USER -g DEEP', '-A USER -j DROP', '-A DEEP -p udp -j DROP']
    expect(run(filter('DROP', ...rules), [SYN, udp()]).fates).toEqual(['accept FORWARD 2', 'drop DEEP 1'])
    expect(run(filter('DROP', '-A FORWARD -g USER', '-A FORWARD -j ACCEPT'), [SYN]).fates).toEqual(['drop FORWARD policy'])
  })

  test('rules and policies count packets and bytes', () => {
    const { firewall } = run(filter('DROP', '-A FORWARD -p tcp -j USER', '-A USER -j LOG', '-A USER -p udp'), [SYN, udp(), SYN])
    const [jump, log, other] = firewall.rulesets[0]!.rules
    expect([jump, log, other].map((rule) => [firewall.packetsOf(rule!.id), firewall.bytesOf(rule!.id)])).toEqual([[2, 80], [2, 80], [0, 0]])
    expect(firewall.packetsOf(firewall.rulesets[0]!.chain('filter', 'FORWARD')!.id)).toBe(3)
  })
})

describe('places', () => {
  const rules = table('filter', ':INPUT DROP [0:0]', ':FORWARD ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', '-A OUTPUT -p udp -j DROP')

  test('local addresses tell what goes to INPUT, and what comes from OUTPUT', () => {
    expect(run(rules, [SYN, SYNACK, udp({ from: 2, to: 9 })], { local: ['10.0.0.2'] }).fates)
      .toEqual(['drop INPUT policy', 'accept OUTPUT policy', 'drop OUTPUT 1'])
    expect(run(rules, [SYN]).fates).toEqual(['accept FORWARD policy'])
  })

  test('interfaces come from stations and from routes', () => {
    const ifaces = filter('DROP', '-A FORWARD -i eth+ -o wan0 -j ACCEPT')
    expect(run(ifaces, [SYN]).fates).toEqual(['drop FORWARD policy'])
    expect(run(ifaces, [SYN], { ifaces: ['eth1=02:00:00:00:00:01', 'wan0=02:00:00:00:00:02'] }).fates).toEqual(['accept FORWARD 1'])
    expect(run(ifaces, [SYN, SYNACK], { routes: ['10.0.0.1=eth0', '0.0.0.0/0=wan0'] }).fates)
      .toEqual(['accept FORWARD 1', 'drop FORWARD policy'])
  })

  test('on a bridge the rules see the bridge, and physdev its ports', () => {
    const ports = '--physdev-in tap1 --physdev-out tap2 --physdev-is-bridged'
    const bridged = filter('DROP', `-A FORWARD -i br0 -o br0 -m physdev ${ports} -j ACCEPT`)
    const ifaces = ['tap1=02:00:00:00:00:01', 'tap2=02:00:00:00:00:02']
    expect(run(bridged, [SYN], { bridge: 'br0', ifaces }).fates).toEqual(['accept FORWARD 1'])
  })
})
