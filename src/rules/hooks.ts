// The hooks of one IP version, and the chains that are called from each, in order.

import type { Chain } from './chain.ts'
import { type BaseChain, CONNTRACK_PRIORITY, DNAT_PRIORITY, type HookName, type Ruleset, SNAT_PRIORITY } from './ruleset.ts'

/** The chains of one hook, in the order of a packet. */
export interface Hook {
  readonly chains: readonly Chain[]
  /** Which of them are there to filter. */
  readonly filters: readonly boolean[]
}

/** A hook at which addresses are translated. */
export interface NatHook {
  readonly before: Hook
  /** Those of nat: asked one after the other until one has translated. */
  readonly chains: readonly Chain[]
  readonly after: Hook
  readonly isSource: boolean
  readonly isOutput: boolean
}

/**
 * All hooks of one IP version.
 * @differs  every packet is tracked, whether a rule of its IP version asks conntrack or not; at conntrack's own priority it comes first
 */
export class HooksOfVersion {
  readonly #bases: readonly BaseChain[]
  /** Before conntrack. */
  readonly rawPrerouting: Hook
  readonly rawOutput: Hook
  readonly prerouting: NatHook
  readonly input: NatHook
  readonly forward: Hook
  readonly output: NatHook
  readonly postrouting: NatHook
  /** Addresses are translated: some chain of nat stands at some hook. */
  readonly hasNat: boolean

  constructor(rulesets: readonly Ruleset[], isIpv6: boolean) {
    // Of chains with one priority, the kernel calls the one that came last first.
    this.#bases = rulesets.flatMap(({ bases }) => bases).filter((base) => isIpv6 ? base.hasIpv6 : base.hasIpv4)
      .reverse().sort((a, b) => a.priority - b.priority)
    this.hasNat = this.#bases.some(({ type }) => type === 'nat')
    // Conntrack is hooked in for the rules that ask it, and so after their chains.
    const isEarly = ({ priority }: BaseChain): boolean => priority < CONNTRACK_PRIORITY
    this.rawPrerouting = this.#hook('prerouting', isEarly)
    this.rawOutput = this.#hook('output', isEarly)
    this.prerouting = this.#natHook('prerouting', (base) => !isEarly(base))
    this.input = this.#natHook('input')
    this.forward = this.#hook('forward')
    this.output = this.#natHook('output', (base) => !isEarly(base))
    this.postrouting = this.#natHook('postrouting')
  }

  #hook(name: HookName, isWanted: (base: BaseChain) => boolean = () => true): Hook {
    const bases = this.#bases.filter((base) => base.hook === name && base.type !== 'nat' && isWanted(base))
    return { chains: bases.map(({ chain }) => chain), filters: bases.map(({ isFilter }) => isFilter) }
  }

  /** Whatever the priority of a chain of nat, the kernel asks all of a hook at one point. Kernel: nf_nat_register_fn(). */
  #natHook(name: HookName, isWanted: (base: BaseChain) => boolean = () => true): NatHook {
    const isSource = name === 'input' || name === 'postrouting'
    const priority = isSource ? SNAT_PRIORITY : DNAT_PRIORITY
    return {
      before: this.#hook(name, (base) => isWanted(base) && base.priority <= priority),
      chains: this.#bases.filter((base) => base.hook === name && base.type === 'nat').map(({ chain }) => chain),
      after: this.#hook(name, (base) => isWanted(base) && base.priority > priority),
      isSource, isOutput: name === 'output',
    }
  }
}
