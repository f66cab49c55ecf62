// A flow of a switch: what it matches, what it does, and what it has counted.

import type { Action } from './action.ts'
import type { Match } from './match-reader.ts'

/** `conjunction(id, k/n)`: the flow is one of the ways to fulfil clause k of n. */
export interface Clause {
  readonly id: number
  /** From 0. */
  readonly clause: number
  readonly clauses: number
}

export class Flow {
  readonly table: number
  readonly priority: number
  /** Line of the file, from 1. */
  readonly line: number
  /** Match and actions as they stand there, without table, counters and the like. */
  readonly text: string
  readonly match: Match
  readonly actions: readonly Action[]
  /** Not empty: the flow takes no packet of its own. */
  readonly clauses: readonly Clause[]
  /** Index of its counters. */
  readonly id: number
  /** What the file says it has counted elsewhere; null where it does not say. */
  readonly told: number | null
  readonly #conditions: Int32Array

  constructor(parts: Pick<Flow, 'table' | 'priority' | 'line' | 'text' | 'match' | 'actions' | 'clauses' | 'id' | 'told'>) {
    this.table = parts.table
    this.priority = parts.priority
    this.line = parts.line
    this.text = parts.text
    this.match = parts.match
    this.actions = parts.actions
    this.clauses = parts.clauses
    this.id = parts.id
    this.told = parts.told
    this.#conditions = parts.match.conditions
  }

  /** Its priority and all it matches: no other flow of its table has these. */
  get key(): string { return `${String(this.priority)} ${this.#conditions.join(' ')}` }

  /** Does it match a packet's key? */
  matches(key: Int32Array): boolean {
    const conditions = this.#conditions
    for (let i = 0; i < conditions.length; i += 3) {
      if (((key[conditions[i]!]! ^ conditions[i + 1]!) & conditions[i + 2]!) !== 0) return false
    }
    return true
  }
}
