// One capture through one ruleset in two worlds, of which one has lost entries on the way: which packets fare otherwise.

import { VERDICT_NAMES, type VerdictName } from '../base/verdict.ts'
import type { Frame } from '../capture/frame.ts'
import { Engine, type EngineOptions } from '../engine.ts'
import type { Decision, Firewall } from './firewall.ts'
import { addressesOf } from './flows.ts'
import { NO_PORT } from './facts.ts'

const MOST_FLOWS = 10_000

/** What became of a packet in one world. */
export interface Fate {
  readonly state: VerdictName
  readonly decision: Decision
}

/** Packets of one flow that met the same two fates. */
export interface ChangedFlow {
  readonly protocol: number
  readonly source: string
  readonly destination: string
  /** Null where the protocol has none. */
  readonly sport: number | null
  readonly dport: number | null
  /** As it was, and with the entries gone. */
  readonly base: Fate
  readonly other: Fate
  packets: number
  bytes: number
  readonly firstFrame: number
  lastFrame: number
}

/** Runs the other world beside a replay: `packet` is to be called with each packet that the base took. */
export class RulesFates {
  /** The world that entries are deleted from. */
  readonly engine: Engine
  /** Packets that fare otherwise; those of flows beyond the ten thousand that are kept among them. */
  packets = 0
  /** Of these, packets that only the base lets through, and that only the other does. */
  newlyDropped = 0
  newlyPassed = 0
  unkept = 0
  readonly #base: Firewall
  readonly #other: Firewall
  readonly #flows = new Map<string, ChangedFlow>()

  /**
   * @param base     the firewall of the replay
   * @param other    another one of the same rules
   * @param options  of the replay's engine
   */
  constructor(base: Firewall, other: Firewall, options: EngineOptions) {
    this.#base = base
    this.#other = other
    this.engine = new Engine({ ...options, hooks: other })
  }

  /** In the order of their first packets. */
  get flows(): readonly ChangedFlow[] { return [...this.#flows.values()] }

  readonly packet = (engine: Engine, frame: Frame): void => {
    this.#other.isEcho = engine.packet.copyOf !== 0
    this.engine.push(frame)
    if (!this.#base.hasMet(frame) || !this.#other.hasMet(frame)) return
    const said = engine.packet.verdict
    const saysOther = this.engine.packet.verdict
    if (said === saysOther && this.#base.isDropped === this.#other.isDropped && this.#base.decidedBy === this.#other.decidedBy) return
    this.#note(frame, { state: nameOf(said), decision: this.#base.decision }, { state: nameOf(saysOther), decision: this.#other.decision })
  }

  #note(frame: Frame, base: Fate, other: Fate): void {
    this.packets++
    if (!base.decision.isDropped && other.decision.isDropped) this.newlyDropped++
    if (base.decision.isDropped && !other.decision.isDropped) this.newlyPassed++
    const { facts } = this.#base
    const { protocol, sport, dport, packet } = facts
    const addresses = addressesOf(facts)
    const key = [
      addresses.source, addresses.destination, protocol, sport, dport, base.state, other.state, this.#base.decidedBy, this.#other.decidedBy,
    ].join(' ')
    let flow = this.#flows.get(key)
    if (flow === undefined) {
      if (this.#flows.size === MOST_FLOWS) {
        this.unkept++
        return
      }
      flow = {
        protocol, ...addresses, sport: sport === NO_PORT ? null : sport, dport: dport === NO_PORT ? null : dport,
        base, other, packets: 0, bytes: 0, firstFrame: frame.number, lastFrame: frame.number,
      }
      this.#flows.set(key, flow)
    }
    flow.packets++
    flow.bytes += packet.length
    flow.lastFrame = frame.number
  }
}

const nameOf = (verdict: number): VerdictName => VERDICT_NAMES[verdict] ?? '-'
