// The targets that translate addresses: their options, and what they come to.

import { ANY_RANGE, type NatKind, type NatRange } from '../nat/range.ts'
import { NatTarget } from '../nat/target.ts'
import type { Target } from '../target.ts'
import type { Surroundings, Take, TargetReader } from './module.ts'
import { readAddress, readPorts, RuleProblem } from './values.ts'

const TO: Readonly<Record<NatKind, string>> = {
  SNAT: '--to-source', DNAT: '--to-destination', MASQUERADE: '--to-ports', REDIRECT: '--to-ports',
}

export class NatReader implements TargetReader {
  readonly #kind: NatKind
  readonly #surroundings: Surroundings
  #range: NatRange = ANY_RANGE
  #hasTo = false

  constructor(kind: NatKind, surroundings: Surroundings) {
    this.#kind = kind
    this.#surroundings = surroundings
  }

  option(name: string, isInverted: boolean, take: Take): boolean {
    if (isInverted) return false
    switch (name) {
      case TO[this.#kind]: {
        if (this.#hasTo) throw new RuleProblem(`${name} stands here twice: several ranges are no longer supported by the kernel`)
        this.#hasTo = true
        const text = take()
        this.#range = { ...this.#range, ...(name === '--to-ports' ? { ports: readPorts(text, '-') } : this.#readTo(text)) }
        return true
      }
      case '--random': case '--random-fully': this.#range = { ...this.#range, isRandom: true }; return true
      case '--persistent':
        if (this.#kind === 'MASQUERADE' || this.#kind === 'REDIRECT') return false
        this.#range = { ...this.#range, isPersistent: true }
        return true
      default: return false
    }
  }

  /** `192.0.2.1`, `192.0.2.1-192.0.2.9:1024-2047`, `:8080`, `[2001:db8::1-2001:db8::9]:80`, `192.0.2.1:5000-6000/80` */
  #readTo(text: string): Partial<NatRange> {
    const { isIpv6 } = this.#surroundings
    const form = !isIpv6 ? /^([^:]*)(?::(.*))?$/ : text.startsWith('[') ? /^\[([^\]]*)\](?::(.*))?$/ : /^(.*)$/
    const [, addresses = '', ports] = form.exec(text) ?? []
    if (addresses === '' && ports === undefined) throw new RuleProblem(`"${text}" is no range of addresses and ports`)
    const [range = '', base] = (ports ?? '').split('/')
    return {
      ...(addresses === '' ? {} : { addresses: this.#readAddresses(addresses) }),
      ...(ports === undefined ? {} : { ports: readPorts(range, '-') }),
      ...(base === undefined ? {} : { basePort: readPorts(base, '-').from }),
    }
  }

  #readAddresses(text: string): NonNullable<NatRange['addresses']> {
    const [low = '', high = low] = text.split('-')
    const words = (address: string): number[] => readAddress(address, this.#surroundings.isIpv6).map((word) => word >>> 0)
    const from = words(low)
    const to = words(high)
    const first = from.findIndex((word, i) => word !== to[i])
    if (first >= 0 && (from[first] ?? 0) > (to[first] ?? 0)) throw new RuleProblem(`"${text}" ends before it begins`)
    return { from, to }
  }

  make(): Target {
    const kind = this.#kind
    if (!this.#hasTo && (kind === 'SNAT' || kind === 'DNAT')) throw new RuleProblem(`${kind} without ${TO[kind]}`)
    if ((kind === 'MASQUERADE' || kind === 'REDIRECT') && !this.#surroundings.hasOwnAddress) {
      throw new RuleProblem(`${kind} translates to an address of the machine's own: tell it with --local ADDRESS=INTERFACE`)
    }
    return new NatTarget(kind, this.#range)
  }
}
