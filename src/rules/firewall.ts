// A machine's rules around its connection tracker: what every packet meets, in the kernel's order.
//
//     PREROUTING  raw · conntrack · mangle   then  INPUT or FORWARD  mangle · filter · security   then  POSTROUTING  mangle
//     OUTPUT      raw · conntrack · mangle · filter · security                                    then  POSTROUTING  mangle
//
// and at the end of either the connection is confirmed. Kernel: the priorities of enum nf_ip_hook_priorities (v6.12).

import { VERDICT_NONE, VERDICT_UNTRACKED } from '../base/verdict.ts'
import type { Frame } from '../capture/frame.ts'
import type { Conntrack } from '../conntrack/conntrack.ts'
import type { Hooks } from '../engine.ts'
import type { Packet } from '../ip/packet.ts'
import { Connection } from '../table/connection.ts'
import { type Chain, Walk } from './chain.ts'
import { Facts } from './facts.ts'
import { FORWARDED, INCOMING, LOOPED, OUTGOING, type Place } from './place.ts'
import type { Rule } from './rule.ts'
import { type BaseChain, CONNTRACK_PRIORITY, type HookName, type Ruleset } from './ruleset.ts'
import { DROP } from './target.ts'

/** Why a packet met its end, or did not. */
export type Reason =
  /** A rule decided, or a policy. */
  'rule' | 'policy' |
  /** A match of the rule could not read the packet: too short a header. */
  'unreadable' |
  /** Conntrack dropped it: a full table, a packet it does not let through. Or a helper did. */
  'conntrack' | 'helper' |
  /** No table of this IP version filters here. */
  'no rules'

/** What became of the last packet. */
export interface Decision {
  readonly isDropped: boolean
  readonly isReject: boolean
  readonly reason: Reason
  /** Where it was decided: for packets let through, where the last table that filters let them. */
  readonly chain: Chain | null
  readonly rule: Rule | null
}

/** The chains of one hook, in the order of a packet. */
interface Hook {
  readonly chains: readonly Chain[]
  /** Which of them are there to filter. */
  readonly filters: readonly boolean[]
}

/** All hooks of one IP version. */
class Version {
  readonly #bases: readonly BaseChain[]
  /** Before conntrack. */
  readonly rawPrerouting: Hook
  readonly rawOutput: Hook
  readonly prerouting: Hook
  readonly input: Hook
  readonly forward: Hook
  readonly output: Hook
  readonly postrouting: Hook

  constructor(rulesets: readonly Ruleset[], isIpv6: boolean) {
    // Of chains with one priority, the kernel calls the one that came last first.
    this.#bases = rulesets.flatMap(({ bases }) => bases).filter((base) => isIpv6 ? base.hasIpv6 : base.hasIpv4)
      .reverse().sort((a, b) => a.priority - b.priority)
    const isEarly = ({ priority }: BaseChain): boolean => priority <= CONNTRACK_PRIORITY
    this.rawPrerouting = this.#hook('prerouting', isEarly)
    this.rawOutput = this.#hook('output', isEarly)
    this.prerouting = this.#hook('prerouting', (base) => !isEarly(base))
    this.input = this.#hook('input')
    this.forward = this.#hook('forward')
    this.output = this.#hook('output', (base) => !isEarly(base))
    this.postrouting = this.#hook('postrouting')
  }

  #hook(name: HookName, isWanted: (base: BaseChain) => boolean = () => true): Hook {
    const bases = this.#bases.filter((base) => base.hook === name && !base.isNat && isWanted(base))
    return { chains: bases.map(({ chain }) => chain), filters: bases.map(({ isFilter }) => isFilter) }
  }
}

/** The rules of a machine, to be handed to an engine as its hooks. */
export class Firewall implements Hooks {
  readonly place: Place
  readonly walked: Walk
  readonly rulesets: readonly Ruleset[]
  /** What was asked about the last packet. Aimed when the firewall is attached. */
  facts!: Facts
  // What became of the last packet: read through `decision`.
  #isDropped = false
  #reason: Reason = 'no rules'
  #chain: Chain | null = null
  #rule: Rule | null = null
  /** Packets that were the machine's own, and those of which an interface is not known. */
  hasLocal = false
  unplaced = 0
  #lastFrame = -1
  #conntrack!: Conntrack
  readonly #version4: Version | null
  readonly #version6: Version | null

  /** @param ids  rules and policies of all rulesets */
  constructor(rulesets: readonly Ruleset[], place: Place, ids: number) {
    this.rulesets = rulesets
    this.place = place
    this.walked = new Walk(ids)
    const of = (isIpv6: boolean): Version | null =>
      rulesets.some((one) => one.isIpv6 !== !isIpv6) ? new Version(rulesets, isIpv6) : null
    this.#version4 = of(false)
    this.#version6 = of(true)
  }

  attach(conntrack: Conntrack): void {
    this.#conntrack = conntrack
    this.facts = new Facts(new Connection(conntrack.table.records))
  }

  /** What became of the last packet. */
  get decision(): Decision {
    return {
      isDropped: this.#isDropped, isReject: this.#isDropped && this.#rule?.target.isReject === true, reason: this.#reason,
      chain: this.#chain, rule: this.#rule,
    }
  }

  /** The last packet was dropped. */
  get isDropped(): boolean { return this.#isDropped }

  /** Did the rules meet the packet of a frame? Not where it is a fragment that waits for others. */
  hasMet(frame: Frame): boolean { return this.#lastFrame === frame.number }

  /** What a rule or a policy has matched. */
  packetsOf(id: number): number { return this.walked.counters[id * 2] ?? 0 }
  bytesOf(id: number): number { return this.walked.counters[id * 2 + 1] ?? 0 }

  walk(packet: Packet, frame: Frame): void {
    const { facts } = this
    facts.load(packet, frame)
    this.#isDropped = false
    this.#reason = 'no rules'
    this.#chain = null
    this.#rule = null
    const version = packet.version === 6 ? this.#version6 : this.#version4
    const way = this.place.of(frame, facts)
    this.#lastFrame = frame.number
    if (way !== FORWARDED) this.hasLocal = true
    if ((way !== OUTGOING && this.place.inIface === 0) || (way !== INCOMING && this.place.outIface === 0)) this.unplaced++
    this.#isDropped = version === null ? !this.#track(packet) : !this.#through(version, packet, way)
    if (this.#isDropped) this.#conntrack.abandon(packet)
    else if (!this.#conntrack.confirm(packet)) this.#end('helper')
  }

  /** @returns false when the packet is dropped on the way */
  #through(version: Version, packet: Packet, way: number): boolean {
    const { facts, place } = this
    if (way === OUTGOING || way === LOOPED) {
      facts.inIface = 0
      facts.outIface = place.outIface
      return this.#run(version.rawOutput) && this.#track(packet) && this.#run(version.output) && this.#run(version.postrouting) &&
        (way === OUTGOING || this.#back(version))
    }
    const { physOut } = facts
    facts.inIface = place.inIface
    facts.outIface = 0
    facts.physOut = 0
    if (!this.#run(version.rawPrerouting) || !this.#track(packet) || !this.#run(version.prerouting)) return false
    if (way === INCOMING) return this.#run(version.input)
    facts.outIface = place.outIface
    facts.physOut = physOut
    if (!this.#run(version.forward)) return false
    facts.inIface = 0
    return this.#run(version.postrouting)
  }

  /** In again over the loopback interface: conntrack knows the packet already. */
  #back(version: Version): boolean {
    const { facts, place } = this
    facts.inIface = place.outIface
    facts.outIface = 0
    return this.#run(version.rawPrerouting) && this.#run(version.prerouting) && this.#run(version.input)
  }

  /** Shows the packet to conntrack, unless a rule has spared it that. @returns false when conntrack drops it */
  #track(packet: Packet): boolean {
    const { facts } = this
    const conntrack = this.#conntrack
    if (facts.isNotrack) packet.verdict = VERDICT_UNTRACKED
    else {
      conntrack.zone = facts.zone
      conntrack.wantedHelper = facts.helper
      conntrack.receive(packet)
      if (packet.verdict === VERDICT_NONE) {
        this.#end('conntrack')
        return false
      }
    }
    facts.tracked()
    return true
  }

  /** Takes the packet through the tables of a hook. @returns false when one of them drops it */
  #run({ chains, filters }: Hook): boolean {
    const { walked, facts } = this
    for (let i = 0; i < chains.length; i++) {
      const verdict = walked.run(chains[i]!, facts)
      const { chain, rule } = walked
      // What lets a packet through is told by the table that is there to filter.
      if (verdict === DROP || filters[i]!) {
        this.#chain = chain
        this.#rule = rule
        this.#reason = walked.isHotdrop ? 'unreadable' : rule === null ? 'policy' : 'rule'
      }
      if (verdict === DROP) return false
    }
    return true
  }

  #end(reason: Reason): void {
    this.#isDropped = true
    this.#reason = reason
    this.#chain = null
    this.#rule = null
  }
}
