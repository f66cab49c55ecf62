// A machine's rules around its connection tracker: what every packet meets, in the kernel's order.
//
//     PREROUTING  raw · conntrack · mangle · nat   then  INPUT    mangle · filter · security · nat
//                                                  or    FORWARD  mangle · filter · security   then  POSTROUTING  mangle · nat
//     OUTPUT      raw · conntrack · mangle · nat · filter · security                           then  POSTROUTING  mangle · nat
//
// and at the end of INPUT or POSTROUTING the connection is confirmed. Chains of nat are asked of a connection's first packet.
// Kernel: the priorities of enum nf_ip_hook_priorities (v6.12).

import { VERDICT_NONE, VERDICT_UNTRACKED } from '../base/verdict.ts'
import type { Frame } from '../capture/frame.ts'
import type { Conntrack } from '../conntrack/conntrack.ts'
import type { Hooks } from '../engine.ts'
import type { Packet } from '../ip/packet.ts'
import { Connection } from '../table/connection.ts'
import { type Chain, Walk } from './chain.ts'
import { Facts } from './facts.ts'
import { type Hook, HooksOfVersion, type NatHook } from './hooks.ts'
import { Joins } from './nat/joins.ts'
import { Nat } from './nat/nat.ts'
import { FORWARDED, INCOMING, LOOPED, OUTGOING, type Place } from './place.ts'
import type { Rule } from './rule.ts'
import type { Ruleset } from './ruleset.ts'
import { DROP } from './target.ts'

/** Why a packet met its end, or did not. */
export type Reason =
  /** A rule decided, or a policy. */
  'rule' | 'policy' |
  /** A match of the rule could not read the packet: too short a header. */
  'unreadable' |
  /** Conntrack dropped it: a full table, a packet it does not let through. Or a helper did. */
  'conntrack' | 'helper' |
  /** It cannot be translated: its answers would be another connection's, or an ICMP error does not hold what is to be changed. */
  'nat' |
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
  /** The next packet is one that another firewall knows for one that left it: it meets no rules here, even if this one let none out. */
  isEcho = false
  #lastFrame = -1
  #conntrack!: Conntrack
  #nat: Nat | null = null
  #joins: Joins | null = null
  readonly #version4: HooksOfVersion | null
  readonly #version6: HooksOfVersion | null

  /** @param ids  rules and policies of all rulesets */
  constructor(rulesets: readonly Ruleset[], place: Place, ids: number) {
    this.rulesets = rulesets
    this.place = place
    this.walked = new Walk(ids)
    const of = (isIpv6: boolean): HooksOfVersion | null =>
      rulesets.some((one) => one.isIpv6 !== !isIpv6) ? new HooksOfVersion(rulesets, isIpv6) : null
    this.#version4 = of(false)
    this.#version6 = of(true)
  }

  attach(conntrack: Conntrack): void {
    this.#conntrack = conntrack
    this.facts = new Facts(new Connection(conntrack.table.records))
    if (this.#version4?.hasNat !== true && this.#version6?.hasNat !== true) return
    this.#nat = new Nat(conntrack.table, this.place, this.facts)
    this.#joins = new Joins(this.place.isBridge)
    this.facts.nat = this.#nat
  }

  /** Packets recognised as ones that had come in before, translated since: they met the rules once. */
  get joined(): number { return this.#joins?.count ?? 0 }

  /** Connections with a port that stands for one the kernel drew, and that the capture has not shown. */
  get guessedPorts(): number { return this.#nat?.guesses ?? 0 }

  /** What became of the last packet. */
  get decision(): Decision {
    return {
      isDropped: this.#isDropped, isReject: this.#isDropped && this.#rule?.target.isReject === true, reason: this.#reason,
      chain: this.#chain, rule: this.#rule,
    }
  }

  /** Which rule or policy decided of the last packet, by the number of its counters; -1 where none did. */
  get decidedBy(): number { return this.#rule?.id ?? this.#chain?.id ?? -1 }

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
    if (this.#joins !== null) {
      packet.copyOf = this.#joins.firstOf(facts, frame)
      if (packet.copyOf !== 0) {
        if (this.#joins.guessed >= 0) this.#nat?.learn(this.#joins.guessed, this.#joins.port)
        return
      }
    }
    if (this.isEcho) return
    this.#isDropped = false
    this.#reason = 'no rules'
    this.#chain = null
    this.#rule = null
    const version = packet.version === 6 ? this.#version6 : this.#version4
    const way = this.place.of(frame, facts)
    this.#lastFrame = frame.number
    if (way !== FORWARDED) this.hasLocal = true
    if ((way !== OUTGOING && this.place.inIface === 0) || (way !== INCOMING && this.place.outIface === 0)) this.unplaced++
    this.#isDropped = version === null ? !this.#track(packet) || !this.#finish(null, packet) : !this.#through(version, packet, way)
    if (this.#isDropped) this.#abandon(packet)
    else if (this.#joins !== null && facts.isTranslated && this.place.way === FORWARDED) {
      this.#joins.add(facts, frame, this.#nat?.isGuessed === true && !this.place.isBridge)
    }
  }

  #abandon(packet: Packet): void {
    if (this.#nat !== null && this.facts.hasConnection) this.#nat.forget()
    this.#conntrack.abandon(packet)
  }

  /** @returns false when the packet is dropped on the way */
  #through(version: HooksOfVersion, packet: Packet, way: number): boolean {
    return way === OUTGOING || way === LOOPED ? this.#fromHere(version, packet, way) : this.#toHere(version, packet, way)
  }

  #fromHere(version: HooksOfVersion, packet: Packet, first: number): boolean {
    const { facts, place } = this
    facts.inIface = 0
    facts.outIface = place.outIface
    if (!this.#run(version.rawOutput) || !this.#track(packet)) return false
    const way = this.#runNat(version, version.output, first)
    if (way < 0 || this.#runNat(version, version.postrouting, way) < 0 || !this.#finish(version, packet)) return false
    return way === OUTGOING || this.#back(version)
  }

  #toHere(version: HooksOfVersion, packet: Packet, first: number): boolean {
    const { facts, place } = this
    const { physOut } = facts
    facts.inIface = place.inIface
    facts.outIface = 0
    facts.physOut = 0
    if (!this.#run(version.rawPrerouting) || !this.#track(packet)) return false
    const way = this.#runNat(version, version.prerouting, first)
    if (way < 0) return false
    if (way === INCOMING) return this.#runNat(version, version.input, way) >= 0 && this.#finish(version, packet)
    facts.outIface = place.outIface
    facts.physOut = physOut
    if (!this.#run(version.forward)) return false
    facts.inIface = 0
    return this.#runNat(version, version.postrouting, way) >= 0 && this.#finish(version, packet)
  }

  /** In again over the loopback interface: conntrack knows the packet already. */
  #back(version: HooksOfVersion): boolean {
    const { facts, place } = this
    facts.inIface = place.outIface
    facts.outIface = 0
    return this.#run(version.rawPrerouting) && this.#runNat(version, version.prerouting, LOOPED) >= 0 &&
      this.#runNat(version, version.input, LOOPED) >= 0
  }

  /** @returns  where the packet goes now, as Place.of; -1 when it is dropped */
  #runNat(version: HooksOfVersion, hook: NatHook, way: number): number {
    if (!this.#run(hook.before)) return -1
    const next = version.hasNat && this.facts.hasConnection ? this.#translate(hook, way) : way
    return next < 0 || !this.#run(hook.after) ? -1 : next
  }

  /** Asks the rules of nat about a connection's first packet, and does what they said to each. @returns as `#runNat` */
  #translate({ chains, isSource, isOutput }: NatHook, way: number): number {
    const { facts, place } = this
    const nat = this.#nat
    if (nat === null) return way
    nat.enter(isSource, isOutput)
    for (let i = 0; i < chains.length && nat.isOpen; i++) if (!this.#runChain(chains[i]!, false)) return -1
    if (nat.isOpen) nat.bindNull()
    if (!nat.rewrite()) {
      this.#end('nat')
      return -1
    }
    if (isSource || !facts.isTranslated) return way
    const next = place.again(facts)
    if (isOutput) facts.outIface = place.outIface
    return next
  }

  /** The last step: a new connection enters the table. @returns false when it cannot, or a helper drops the packet */
  #finish(version: HooksOfVersion | null, packet: Packet): boolean {
    if (version?.hasNat === true && this.facts.hasConnection && this.#nat?.clashes() === true) {
      const { stats } = this.#conntrack.table
      stats.insertFailed++
      stats.drop++
      this.#end('nat')
      return false
    }
    if (this.#conntrack.confirm(packet)) return true
    this.#end('helper')
    return false
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
    for (let i = 0; i < chains.length; i++) if (!this.#runChain(chains[i]!, filters[i]!)) return false
    return true
  }

  #runChain(base: Chain, isFilter: boolean): boolean {
    const { walked, facts } = this
    const isPassed = walked.run(base, facts) !== DROP
    // What lets a packet through is told by the table that is there to filter.
    if (!isPassed || isFilter) {
      this.#chain = walked.chain
      this.#rule = walked.rule
      this.#reason = walked.isHotdrop ? 'unreadable' : walked.rule === null ? 'policy' : 'rule'
    }
    return isPassed
  }

  #end(reason: Reason): void {
    this.#isDropped = true
    this.#reason = reason
    this.#chain = null
    this.#rule = null
  }
}
