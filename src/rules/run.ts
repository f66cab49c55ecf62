// One run of a capture through a firewall: what to note of each packet, and what to say at the end.

import type { Frame } from '../capture/frame.ts'
import type { Engine } from '../engine.ts'
import type { Firewall } from './firewall.ts'
import { DroppedFlows } from './flows.ts'
import { lintRules, type RulesFinding } from './lint.ts'
import { Asymmetry } from './traffic.ts'

export interface RulesRunOptions {
  /** The machine is a director of LVS-DR: it sees the clients' packets only. */
  readonly isDirector?: boolean
  /** Helpers are attached by ports, whatever the rules say. */
  readonly hasHelpers?: boolean
}

export class RulesRun {
  readonly firewall: Firewall
  readonly dropped = new DroppedFlows()
  readonly #asymmetry = new Asymmetry()
  readonly #options: RulesRunOptions

  constructor(firewall: Firewall, options: RulesRunOptions = {}) {
    this.firewall = firewall
    this.#options = options
  }

  /** To be called with every packet that the engine took. */
  note({ packet }: Engine, frame: Frame): void {
    const { firewall } = this
    if (!firewall.hasMet(frame)) return
    if (firewall.isDropped) {
      const { decision } = firewall
      const by = `${decision.reason} ${String(decision.rule?.id ?? decision.chain?.id)}`
      this.dropped.add(packet, frame, firewall.facts, decision, by)
    }
    this.#asymmetry.note(packet, firewall.facts)
  }

  /** What is wrong with the rules, as far as the capture has shown. */
  findings(): RulesFinding[] {
    const { isDirector = false, hasHelpers = false } = this.#options
    return lintRules(this.firewall, { oneWayFlows: this.#asymmetry.count, isDirector, hasHelpers })
  }
}
