// Random rulesets of nftables that have something to say about the traffic of generate.ts.

import { Chance } from '../captures/flow.ts'

const STATES = ['new', 'established', 'related', 'invalid', 'untracked'] as const

/** A ruleset for `nft -f`: chains before and behind conntrack, at FORWARD twice, with chains of its own. */
export function makeNftRules(seed: number): string {
  const chance = new Chance(seed)
  const not = (percent = 15): string => chance.percent(percent) ? '!= ' : ''
  const address = (net: number): string => chance.of([
    `10.${String(net)}.0.0/16`, `10.${String(net)}.0.${String(1 + chance.below(6))}`, `10.${String(net)}.0.1-10.${String(net)}.0.3`,
    `{ 10.${String(net)}.0.1, 10.${String(net)}.0.4-10.${String(net)}.0.5 }`,
  ])
  const address6 = (net: number): string => chance.of([
    `2001:db8:${String(net)}::/48`, `2001:db8:${String(net)}::${String(1 + chance.below(6))}`,
    `{ 2001:db8:${String(net)}::1, 2001:db8:${String(net)}::3-2001:db8:${String(net)}::5 }`,
  ])
  const port = (): string => chance.of(['22', '53', '80', '443', '1-1023', '{ 22, 80-443 }', '40000-40199', '@ports'])
  const states = (): string => STATES.filter(() => chance.percent(35)).join(',') || 'new'
  const some = <One>(count: number, make: () => One): One[] => Array.from({ length: count }, make)

  const wire = (): string => chance.of<() => string>([
    () => `ip saddr ${not()}${address(chance.of([1, 2]))}`,
    () => `ip daddr ${not()}${address(chance.of([1, 2]))}`,
    () => `ip6 saddr ${not()}${address6(chance.of([1, 2]))}`,
    () => `ip6 daddr ${not()}${address6(chance.of([1, 2]))}`,
    () => `tcp dport ${not()}${port()}`,
    () => `tcp sport ${not()}${port()}`,
    () => `udp dport ${not()}${port()}`,
    () => `meta l4proto { tcp, udp } th dport ${not()}${port()}`,
    () => `meta l4proto ${not()}${chance.of(['tcp', 'udp', 'icmp', 'ipv6-icmp', 'sctp', '99'])}`,
    () => `meta nfproto ${not()}ipv4`,
    () => `tcp flags ${chance.of(['syn', 'syn / syn,ack', '! rst', '& (fin|rst) != 0', '!= ack', '{ syn, syn | ack }'])}`,
    () => `icmp type ${chance.of(['echo-request', '{ echo-reply, destination-unreachable }', '!= echo-reply'])}`,
    () => `icmpv6 type ${chance.of(['echo-request', '{ echo-reply, destination-unreachable }', '!= echo-reply'])}`,
    () => `meta length ${chance.of(['0-60', '> 100', '<= 48', '{ 52, 60-80 }'])}`,
    () => `iifname ${not()}${chance.of(['"br0"', '"br*"', '"eth0"', '{ "br0", "eth1" }'])}`,
    () => `meta mark ${chance.of(['0x1', '!= 0x0', '& 0x3 == 0x2', '{ 0x1-0x3 }'])}`,
    () => `ip saddr . tcp dport ${not()}{ 10.1.0.1 . 80, 10.1.0.2-10.1.0.4 . 22-443, 10.2.0.0/24 . 40000-40399 }`,
    () => `ether saddr ${not()}02:00:00:00:00:01`,
    () => `@nh,72,8 ${chance.of(['6', '17', '0-5'])}`,
  ])()
  const tracked = (): string => chance.of<() => string>([
    () => `ct state ${states()}`, () => `ct state ${states()}`, () => `ct state ${not(40)}{ ${states()} }`, () => `ct state != ${states()}`,
    () => `ct direction ${not()}${chance.of(['original', 'reply'])}`,
    () => `ct status ${chance.of(['assured', 'seen-reply,assured', '& (confirmed|assured) == confirmed', 'expected'])}`,
    () => `ct protocol ${not()}tcp`, () => 'ct original packets > 1', () => `ct mark ${chance.of(['0x4', '!= 0x0', '& 0x1 == 0x1'])}`,
    () => `ct zone ${not()}${chance.of(['0', '2'])}`, () => 'ct bytes >= 200', () => 'ct avgpkt < 60',
  ])()
  /** What no other match of the rule may contradict: nft refuses a rule of two protocols. */
  const alone = (): string => chance.of<() => string>([
    () => `ct original ip saddr ${not()}10.1.0.${String(1 + chance.below(6))}`,
    () => `meta l4proto tcp ct reply proto-src ${chance.of(['80', '1-1023'])}`,
    () => 'counter meta mark set ip saddr map { 10.1.0.1 : 0x1, 10.1.0.2-10.1.0.4 : 0x2 }',
  ])()
  const action = (): string => chance.of([
    '', '', `meta mark set 0x${String(chance.below(4))}`, 'meta mark set meta mark | 0x2', 'ct mark set meta mark',
    `ct mark set 0x${String(1 + chance.below(5))}`, 'meta mark set ct mark',
  ])
  const rule = (target: () => string, isEarly = false): string => [
    ...(chance.percent(15) ? [alone()] : [chance.percent(75) ? wire() : '', !isEarly && chance.percent(45) ? tracked() : '']),
    'counter', action(), target(),
  ].filter((part) => part !== '').join(' ')
  const verdict = (jumps: readonly string[]) => (): string => chance.of(['', '', 'accept', 'drop', 'return', ...jumps])
  const map = (jumps: readonly string[]): string => {
    const way = (): string => chance.of(['accept', 'drop', 'return', 'continue', ...jumps])
    return chance.of([
      `tcp dport vmap { 22 : ${way()}, 80-443 : ${way()} }`,
      `ct state vmap { new : ${way()}, established : ${way()}, untracked : ${way()} }`,
      `meta l4proto vmap { tcp : ${way()}, icmp : ${way()} }`,
      `ip daddr . meta l4proto vmap { 10.2.0.1 . tcp : ${way()}, 10.2.0.2 . udp : ${way()} }`,
    ])
  }
  const chain = (name: string, head: string, rules: readonly string[]): string =>
    `  chain ${name} { ${head}\n    ${rules.join('\n    ')}\n  }`
  const base = (hook: string, priority: number, policy = 'accept'): string =>
    `type filter hook ${hook} priority ${String(priority)}; policy ${policy};`
  const early = (): string => chance.of(['notrack', 'ct zone set 2', 'drop', 'accept', ''])
  const policy = (): string => chance.percent(40) ? 'drop' : 'accept'
  return ['table inet t {', '  set ports { type inet_service; flags interval; elements = { 53, 80-443 }', '  }',
    chain('c', '', some(1 + chance.below(3), () => rule(verdict([])))),
    chain('b', '', [...some(1 + chance.below(3), () => rule(verdict(['jump c', 'goto c']))), map(['goto c'])]),
    chain('a', '', [...some(1 + chance.below(4), () => rule(verdict(['jump b', 'goto b', 'jump c']))), map(['jump b', 'jump c'])]),
    chain('raw', base('prerouting', -300), some(chance.below(4), () => rule(early, true))),
    chain('mangle', base('prerouting', -150), some(chance.below(3), () => rule(verdict([])))),
    chain('forward', base('forward', 0, policy()), [
      ...some(2 + chance.below(6), () => rule(verdict(['jump a', 'goto a', 'jump b']))), map(['jump a', 'goto b']), 'counter',
    ]),
    chain('later', base('forward', 10, policy()), some(1 + chance.below(4), () => rule(verdict(['jump c'])))),
    chain('post', base('postrouting', 0), some(chance.below(3), () => rule(verdict(['jump b'])))),
    '}', ''].join('\n')
}
