// The rulesets that are recorded, with the traffic they are shown: a few written by hand for what people write, and some of
// the random ones.

import { makeRules, makeTraffic } from './generate.ts'

interface Case {
  readonly capture: () => Uint8Array
  readonly rules: string
  readonly rules6: string
}

const table = (name: string, ...lines: readonly string[]): string => `*${name}\n${lines.join('\n')}\nCOMMIT\n`
const filter = (policy: string, ...rules: readonly string[]): string =>
  table('filter', ':INPUT ACCEPT [0:0]', `:FORWARD ${policy} [0:0]`, ':OUTPUT ACCEPT [0:0]', ...rules)
const raw = (...rules: readonly string[]): string => table('raw', ':PREROUTING ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', ...rules)

/** The firewall of every tutorial. */
const STATEFUL = filter('DROP',
  '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  '-A FORWARD -m conntrack --ctstate INVALID -j DROP',
  '-A FORWARD -s 10.1.0.0/16 -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m multiport --dports 22,80,443 ' +
  '-m conntrack --ctstate NEW -j ACCEPT',
  '-A FORWARD -s 10.1.0.0/16 -p udp -m udp --dport 53 -j ACCEPT',
  '-A FORWARD -p icmp -m icmp --icmp-type 8 -j ACCEPT')

/** The same rules with the drop of INVALID behind a rule that lets the inner side do anything. */
const LATE_INVALID = filter('DROP',
  '-A FORWARD -s 10.1.0.0/16 -j ACCEPT',
  '-A FORWARD -m state --state INVALID -j DROP',
  '-A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT')

const ONLY_ANSWERS_DROPPED = filter('ACCEPT', '-A FORWARD -m conntrack --ctdir REPLY -p tcp -j DROP')

const STATELESS_WEB = raw(
  '-A PREROUTING -p tcp -m tcp --dport 80 -j CT --notrack',
  '-A PREROUTING -p tcp -m tcp --sport 80 -j CT --notrack') + filter('DROP',
  '-A FORWARD -m conntrack --ctstate UNTRACKED,ESTABLISHED -j ACCEPT',
  '-A FORWARD -m conntrack --ctstate NEW -p udp -j ACCEPT')

const ZONES = raw(
  '-A PREROUTING -s 10.1.0.1/32 -j CT --zone 1',
  '-A PREROUTING -d 10.1.0.1/32 -j CT --zone 1',
  '-A PREROUTING -p icmp -j CT --zone 2') + filter('ACCEPT',
  '-A FORWARD -m conntrack --ctstate RELATED',
  '-A FORWARD -m conntrack --ctstate ESTABLISHED')

const written = (rules: string, seed: number): Case =>
  ({ capture: () => makeTraffic(seed, 50), rules, rules6: makeRules(seed + 1_000_000, true, { hasMore: false }) })
const random = (seed: number): Case => written(makeRules(seed, false, { hasMore: false }), seed)

export const CASES: Readonly<Record<string, Case>> = {
  stateful: written(STATEFUL, 901),
  'late-invalid': written(LATE_INVALID, 902),
  'answers-dropped': written(ONLY_ANSWERS_DROPPED, 903),
  'stateless-web': written(STATELESS_WEB, 904),
  zones: written(ZONES, 905),
  ...Object.fromEntries([5, 12, 23, 35, 45, 56].map((seed) => [`random-${String(seed)}`, random(seed)])),
}
