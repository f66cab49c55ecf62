// One connection under two addresses: the SYN comes once more, with the same sequence number, to another server or from another client.

import type { Flow } from './flow.ts'

const SLOTS = 4096 // SYNs that are remembered
const WITHIN = 50 // ms

export class Translations {
  readonly #flows = new Array<Flow | null>(SLOTS).fill(null)
  readonly #ms = new Float64Array(SLOTS)

  /**
   * Takes a SYN, and ties its flow to the one that it is a translation of.
   * @param isn  its sequence number
   * @param ms   what the frame says of its time, which may be earlier than another's before it
   */
  note(flow: Flow, isn: number, ms: number): void {
    const slot = (isn ^ (isn >>> 12)) & (SLOTS - 1)
    const before = this.#flows[slot] ?? null
    const isSecond = before !== null && before !== flow && before.client.isn === isn && Math.abs(ms - (this.#ms[slot] ?? 0)) <= WITHIN
    if (isSecond && flow.natOf === null && isTranslated(before, flow)) {
      flow.natOf = before
      before.natTo ??= flow
      return
    }
    this.#flows[slot] = flow
    this.#ms[slot] = ms
  }
}

/** Another server asked by the same client, or by another address in its place. */
function isTranslated(before: Flow, flow: Flow): boolean {
  if (before.serverAddress === flow.serverAddress || before.client.ttl < flow.client.ttl) return false
  if (before.clientPort === flow.clientPort) return true
  return before.clientAddress !== flow.clientAddress && before.serverPort === flow.serverPort
}
