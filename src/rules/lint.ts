// What is wrong with a ruleset: seen in the rules alone, and in what the capture made of them.

import { IPPROTO_TCP } from '../base/units.ts'
import type { Chain } from './chain.ts'
import type { Firewall } from './firewall.ts'
import { KIND_DIRECTION, KIND_PROTOCOL, KIND_STATE, STATE_ESTABLISHED, STATE_INVALID, STATE_NEW, STATE_RELATED } from './facts.ts'
import { ProtocolMatch } from './match-ip.ts'
import { HelperMatch, StateMatch } from './match-conntrack.ts'
import type { Rule } from './rule.ts'
import { type BaseChain, CONNTRACK_PRIORITY, type Ruleset } from './ruleset.ts'
import { ACCEPT, DROP } from './target.ts'
import { CtTarget } from './targets.ts'

/** One thing found. */
export interface RulesFinding {
  readonly severity: 'warning' | 'note'
  /** Names it, for programs. */
  readonly id: 'never-matches' | 'established-after-drop' | 'invalid-drop-asymmetry' | 'lvs-director-state' | 'helper-missing' |
    'nothing-local' | 'interface-unknown' | 'nat-port-drawn'
  /** `FILE:LINE: `, empty where no line is to blame. */
  readonly where: string
  readonly text: string
}

/** What the capture showed that rules can be held against. */
export interface Traffic {
  /** TCP flows of which one direction was seen and data or ACKs went on for it: asymmetric routing. */
  readonly oneWayFlows: number
  /** Packets of flows that were forwarded at MAC level with their destination unchanged, as a director of LVS-DR sees them. */
  readonly isDirector: boolean
  /** Helpers are attached from the command line. */
  readonly hasHelpers: boolean
}

/** Everything found, in the order of the file. */
export function lintRules(firewall: Firewall, traffic: Traffic): RulesFinding[] {
  return firewall.rulesets.flatMap((ruleset) => [
    ...ruleset.rules.flatMap((rule) => neverMatches(ruleset, rule)),
    ...chainsOf(ruleset).flatMap((chain) => establishedAfterDrop(ruleset, chain)),
    ...ruleset.rules.flatMap((rule) => invalidDropped(firewall, ruleset, rule, traffic)),
    ...ruleset.rules.flatMap((rule) => helperMissing(ruleset, rule, traffic)),
    ...nothingLocal(firewall, ruleset),
    ...interfacesUnknown(firewall, ruleset),
  ]).concat(portsDrawn(firewall))
}

const chainsOf = (ruleset: Ruleset): Chain[] => [...ruleset.tables.values()].flatMap((chains) => [...chains.values()])

/** A packet has one state, one protocol, one direction: a rule that leaves none of a group matches nothing. */
function neverMatches(ruleset: Ruleset, rule: Rule): RulesFinding[] {
  const say = (text: string): RulesFinding[] => [{ severity: 'warning', id: 'never-matches', where: ruleset.where(rule), text }]
  if ((rule.allowed & KIND_STATE) === 0) return say('can never match: no packet is in two states at once')
  if ((rule.allowed & KIND_PROTOCOL) === 0) return say('can never match: no packet has two protocols')
  if ((rule.allowed & KIND_DIRECTION) === 0) return say('can never match: no packet has two directions')
  const states = rule.matches.filter((match) => match instanceof StateMatch)
  if (rule.table === 'raw' && states.length > 0 && (rule.allowed & STATE_INVALID) === 0) {
    return say('can never match: in the raw table nothing is tracked yet, and every packet counts as INVALID')
  }
  const isEarly = ruleset.bases.some(({ chain, hook, priority }) => chain.table === rule.table && chain.name === rule.chain &&
    (hook === 'prerouting' || hook === 'output') && priority < CONNTRACK_PRIORITY)
  if (isEarly && (rule.allowed & KIND_STATE & ~(STATE_ESTABLISHED | STATE_RELATED)) === 0) {
    return say('can never match: its chain comes before conntrack, which alone makes a packet ESTABLISHED or RELATED')
  }
  return []
}

const isPlain = (rule: Rule): boolean =>
  rule.matches.every((match) => match instanceof StateMatch || (match instanceof ProtocolMatch && match.protocol === IPPROTO_TCP))

/** A rule that drops packets of any state, in front of the one that lets answers through. */
function establishedAfterDrop(ruleset: Ruleset, chain: Chain): RulesFinding[] {
  const accept = chain.rules.find((rule) => rule.target.way === ACCEPT && rule.target.act === undefined && isPlain(rule) &&
    (rule.allowed & KIND_STATE & STATE_ESTABLISHED) !== 0 && (rule.allowed & KIND_STATE & STATE_NEW) === 0)
  if (accept === undefined) return []
  const before = chain.rules.slice(0, accept.number - 1)
    .find(({ target, allowed }) => target.way === DROP && (allowed & STATE_ESTABLISHED) !== 0)
  if (before === undefined) return []
  return [{
    severity: 'warning', id: 'established-after-drop', where: ruleset.where(accept),
    text: 'established connections are let through only here, behind ' +
      `rule ${String(before.number)} (line ${String(before.line)}), which drops their packets too`,
  }]
}

/** INVALID is dropped, and the capture shows one direction of its connections only. */
function invalidDropped(firewall: Firewall, ruleset: Ruleset, rule: Rule, traffic: Traffic): RulesFinding[] {
  const isDrop = rule.target.way === DROP && (rule.allowed & KIND_STATE) === STATE_INVALID && rule.table !== 'raw'
  const packets = firewall.packetsOf(rule.id)
  const findings: RulesFinding[] = []
  if (isDrop && packets > 0 && traffic.oneWayFlows > 0) {
    findings.push({
      severity: 'warning', id: 'invalid-drop-asymmetry', where: ruleset.where(rule),
      text: `drops ${String(packets)} packets as INVALID, and of ${String(traffic.oneWayFlows)} TCP flow` +
        `${traffic.oneWayFlows === 1 ? '' : 's'} the capture holds one direction only: with asymmetric routing conntrack never sees the ` +
        'handshake whole, and good packets are dropped',
    })
  }
  if (traffic.isDirector && (rule.allowed & KIND_STATE) !== KIND_STATE && rule.matches.some((match) => match instanceof StateMatch)) {
    findings.push({
      severity: 'warning', id: 'lvs-director-state', where: ruleset.where(rule),
      text: 'asks for a state on a director of LVS-DR, which sees the clients\' packets only: answers never come by, so nothing becomes ' +
        'ESTABLISHED; exempt the virtual address in the raw table (NOTRACK)',
    })
  }
  return findings
}

/** RELATED by a helper is asked for, and no rule and no option attaches one. */
function helperMissing(ruleset: Ruleset, rule: Rule, { hasHelpers }: Traffic): RulesFinding[] {
  const asked = rule.matches.find((match) => match instanceof HelperMatch)
  if (asked === undefined || hasHelpers) return []
  if (ruleset.rules.some(({ target }) => target instanceof CtTarget && target.helper !== 0)) return []
  return [{
    severity: 'warning', id: 'helper-missing', where: ruleset.where(rule),
    text: `asks for the helper ${asked.name === '' ? 'of a connection' : asked.name}, and nothing attaches one: ` +
      'add `-j CT --helper` to the raw table (the kernel attaches none by itself)',
  }]
}

/** Rules stand at INPUT or OUTPUT, and every packet went through FORWARD because nobody said which addresses are local. */
function nothingLocal(firewall: Firewall, ruleset: Ruleset): RulesFinding[] {
  const isAtHost = ({ hook, isFilter, chain }: BaseChain): boolean =>
    isFilter && (hook === 'input' || hook === 'output') && chain.rules.length > 0
  if (!firewall.place.isGuess || firewall.hasLocal || !ruleset.bases.some(isAtHost)) return []
  return [{
    severity: 'note', id: 'nothing-local', where: '',
    text: 'no packet met INPUT or OUTPUT, because nothing says which addresses are the machine\'s own: tell with --local ADDRESS',
  }]
}

/** Rules ask for interfaces, and nothing tells by which one a packet came. */
function interfacesUnknown(firewall: Firewall, ruleset: Ruleset): RulesFinding[] {
  const rule = ruleset.rules.find(({ matches }) => matches.some(({ asksInterface }) => asksInterface === true))
  if (rule === undefined || firewall.unplaced === 0) return []
  return [{
    severity: 'note', id: 'interface-unknown', where: ruleset.where(rule),
    text: `rules ask for interfaces, and of ${String(firewall.unplaced)} packets nothing tells one: tell with --iface NAME=MAC, --route ` +
      'NETWORK=NAME, or --iface NAME for where the capture was taken',
  }]
}

/** The kernel draws a port by chance: where a rule says so, and where the client's own is taken. */
function portsDrawn({ guessedPorts: count }: Firewall): RulesFinding[] {
  if (count === 0) return []
  return [{ severity: 'note', id: 'nat-port-drawn', where: '', text: `${portsDrawnText(count)} (a capture of both sides tells them)` }]
}

/** What is to be said of ports that are guesses. @param count  connections */
export function portsDrawnText(count: number): string {
  return `the kernel draws the translated port of ${String(count)} connection${count === 1 ? '' : 's'} by chance; shown is one ` +
    'that is free, and answers to another are not recognised'
}
