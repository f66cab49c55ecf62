// One table of flows: which of them a packet meets.

import { CONJ_ID } from './fields.ts'
import type { Flow } from './flow.ts'

export class FlowTable {
  readonly number: number
  /** By falling priority; those of one priority in the order of the file. */
  readonly flows: Flow[] = []
  readonly #byMatch = new Map<string, Flow>()
  #hasClauses = false

  constructor(number: number) { this.number = number }

  /** Puts a flow in its place; one with the same match and priority gives way. @returns the one that gave way */
  add(flow: Flow): Flow | null {
    const { flows } = this
    if (flow.clauses.length > 0) this.#hasClauses = true
    const before = this.#byMatch.get(flow.key)
    this.#byMatch.set(flow.key, flow)
    if (before !== undefined) {
      flows[flows.indexOf(before)] = flow
      return before
    }
    let at = flows.length
    while (at > 0 && flows[at - 1]!.priority < flow.priority) at--
    flows.splice(at, 0, flow)
    return null
  }

  /** The flow of the highest priority that matches, null where none does. */
  lookup(key: Int32Array): Flow | null {
    const { flows } = this
    if (this.#hasClauses) return this.#lookupClauses(key)
    for (let i = 0; i < flows.length; i++) if (flows[i]!.matches(key)) return flows[i]!
    return null
  }

  /**
   * With conjunctions in the table: flows of one priority that fulfil all clauses of an id stand for the flow with that
   * conj_id; where they do not, or there is no such flow, what has a lower priority is asked.
   * @differs  of several conjunctions met at once the first of the file is taken; Open vSwitch has no order of its own
   */
  #lookupClauses(key: Int32Array): Flow | null {
    const soft: Flow[] = []
    let priority = -1
    for (const flow of this.flows) {
      if (flow.priority !== priority) {
        const met = this.#conjunction(soft, key)
        if (met !== null) return met
        soft.length = 0
        priority = flow.priority
      }
      if (!flow.matches(key)) continue
      // One that takes packets stands above the conjunctions of its own priority.
      if (flow.clauses.length === 0) return flow
      soft.push(flow)
    }
    return this.#conjunction(soft, key)
  }

  /** The flow that the clauses of these together stand for. */
  #conjunction(soft: readonly Flow[], key: Int32Array): Flow | null {
    const met = new Map<number, { clauses: number, all: Set<number> }>()
    for (const { clauses } of soft) {
      for (const { id, clause, clauses: count } of clauses) {
        let one = met.get(id)
        if (one === undefined) met.set(id, one = { clauses: count, all: new Set() })
        if (one.clauses === count) one.all.add(clause)
      }
    }
    for (const [id, { clauses, all }] of met) {
      if (all.size < clauses) continue
      const before = key[CONJ_ID]!
      key[CONJ_ID] = id
      const flow = this.flows.find((one) => one.clauses.length === 0 && one.matches(key))
      key[CONJ_ID] = before
      if (flow !== undefined) return flow
    }
    return null
  }
}
