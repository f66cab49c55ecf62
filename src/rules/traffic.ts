// What the capture shows of the machine's surroundings that rules can be held against.

import { REASON } from '../base/reasons.ts'
import { ORIGINAL, VERDICT_INVALID } from '../base/verdict.ts'
import type { Packet } from '../ip/packet.ts'
import { ACK, SYN_SENT } from '../protocols/tcp/states.ts'
import type { Facts } from './facts.ts'

const MOST_FLOWS = 10_000

/** Notes TCP flows whose client answers a SYN/ACK that never came by. */
export class Asymmetry {
  readonly #flows = new Set<string>()

  note(packet: Packet, facts: Facts): void {
    if (packet.verdict !== VERDICT_INVALID || packet.reasonCount === 0 || packet.reasons[0] !== REASON.TCP_STATE_INVALID) return
    if (packet.reasonArg(0, 0) !== ACK || packet.reasonArg(0, 1) !== ORIGINAL || packet.reasonArg(0, 2) !== SYN_SENT) return
    if (this.#flows.size === MOST_FLOWS) return
    this.#flows.add([facts.source0, facts.source3, facts.destination0, facts.destination3, facts.sport, facts.dport].join(' '))
  }

  /** Flows seen so far; ten thousand stand for more. */
  get count(): number { return this.#flows.size }
}
