// What an expression reads of a packet.

import type { Facts } from '../facts.ts'
import type { Match } from '../match.ts'
import type { DataType } from './datatype.ts'

/** Reads the words of a value. @returns false where the packet has none: then the rule does not match, whatever it asks */
export type Read = (facts: Facts, out: Float64Array, at: number) => boolean

export interface Selector {
  readonly type: DataType
  readonly read: Read
  /** What the packet must be before this is asked of it: its IP version, its protocol. */
  readonly needs: readonly Match[]
  /** Set where a rule asks for it at once, among its words. */
  readonly word?: 'state' | 'direction' | 'source' | 'destination' | 'sport' | 'dport' | 'protocol' | 'version'
  /** It asks for an interface. */
  readonly asksInterface?: boolean
}

/** One value or several one after another. */
export class Key {
  readonly selectors: readonly Selector[]
  readonly widths: readonly number[]
  readonly needs: readonly Match[]
  /** The words read last. */
  readonly words: Float64Array

  constructor(selectors: readonly Selector[]) {
    this.selectors = selectors
    this.widths = selectors.map(({ type }) => type.words)
    this.needs = selectors.flatMap(({ needs }) => needs)
    this.words = new Float64Array(this.widths.reduce((sum, width) => sum + width, 0))
  }

  get asksInterface(): boolean { return this.selectors.some((one) => one.asksInterface === true) }

  /** Reads into `words`. @returns false where the packet lacks a part */
  load(facts: Facts): boolean {
    const { selectors, widths, words } = this
    let at = 0
    for (let i = 0; i < selectors.length; i++) {
      if (!selectors[i]!.read(facts, words, at)) return false
      at += widths[i]!
    }
    return true
  }
}
