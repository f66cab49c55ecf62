// INVALID packets: how many for which reason, and resets that came back.

import { REASONS } from '../base/reasons.ts'
import type { Packet } from '../ip/packet.ts'
import { IPPROTO_TCP } from '../base/units.ts'
import { reasonPrefix } from '../views/reason-text.ts'
import type { Flow } from './flow.ts'

const MOST = 4096 // packets kept; of further ones only the reason is counted
const RESET_WITHIN = 1000 // ms
const FIN_OR_RST = 0x05
const PROTOCOLS = 256

export interface InvalidPacket {
  readonly frame: number
  readonly ms: number
  /** A number that `reasonText` puts into words. */
  readonly reason: number
  /** TCP: what it acknowledges, its bytes of payload, its flags. */
  readonly ack: number
  readonly payload: number
  readonly flags: number
  /** Null where its protocol has no flows here. */
  flow: Flow | null
  isFromClient: boolean
  /** Its connection had ended before it came. */
  isLate: boolean
  /** The reset that came back from the other side; 0 for none. */
  resetFrame: number
  /** That reset has the number that this packet acknowledged, as a stack answers what belongs to no connection of its own. */
  isDisowned: boolean
}

export class InvalidPackets {
  /** How many there were. */
  total = 0
  /** The first of them. */
  readonly kept: InvalidPacket[] = []
  readonly #last = new Map<Flow, InvalidPacket>()
  #current: InvalidPacket | null = null
  /** How many, by reason. */
  readonly #counts = new Float64Array(REASONS.length * PROTOCOLS)

  /** There were more than are kept. */
  get isCut(): boolean { return this.total > this.kept.length }

  /** An INVALID packet. */
  note(packet: Packet, ms: number, frame: number): void {
    this.total++
    const reason = reasonOf(packet)
    this.#counts[reason] = (this.#counts[reason] ?? 0) + 1
    this.#current = null
    if (this.kept.length >= MOST) return
    const { view, l4, protocol } = packet
    const isTcp = protocol === IPPROTO_TCP && l4 >= 0 && Math.min(packet.captured, packet.end) - l4 >= 20
    this.#current = {
      frame, ms, reason, ack: isTcp ? view.getInt32(l4 + 8) : 0,
      payload: isTcp ? Math.max(0, packet.end - l4 - (view.getUint8(l4 + 12) >>> 4) * 4) : 0,
      flags: isTcp ? view.getUint8(l4 + 13) : 0,
      flow: null, isFromClient: true, isLate: false, resetFrame: 0, isDisowned: false,
    }
    this.kept.push(this.#current)
  }

  /** How many for which reason, the most frequent first. */
  reasons(): { reason: string, packets: number }[] {
    const reasons: { reason: string, packets: number }[] = []
    this.#counts.forEach((packets, reason) => { if (packets > 0) reasons.push({ reason: reasonText(reason), packets }) })
    return reasons.sort((a, b) => b.packets - a.packets)
  }

  /** The packet noted last is one of this flow. */
  belongsTo(flow: Flow, isFromClient: boolean): void {
    const invalid = this.#current
    if (invalid === null) return
    const { client, server } = flow
    invalid.flow = flow
    invalid.isFromClient = isFromClient
    invalid.isLate = client.rsts + server.rsts > 0 || (client.fins > 0 && server.fins > 0)
      || ((invalid.flags & FIN_OR_RST) !== 0 && client.fins + server.fins > 0)
    this.#last.set(flow, invalid)
  }

  /** A reset of a flow. */
  reset(flow: Flow, isFromClient: boolean, seq: number, hasAck: boolean, ms: number, frame: number): void {
    const invalid = this.#last.get(flow)
    if (invalid === undefined || invalid.isFromClient === isFromClient || invalid.resetFrame !== 0 || ms - invalid.ms > RESET_WITHIN) return
    invalid.resetFrame = frame
    invalid.isDisowned = !hasAck && seq === invalid.ack
  }
}

function reasonOf({ reasonCount, reasons, reasonProtocols }: Packet): number {
  return reasonCount === 0 ? 0 : (reasons[0] ?? 0) * PROTOCOLS + (reasonProtocols[0] ?? 0)
}

/** The kernel's wording of the first reason that a packet was logged with; `N` stands for a number, a state or an address. */
export function reasonText(reason: number): string {
  const wording = REASONS[Math.floor(reason / PROTOCOLS)]?.[1] ?? ''
  return wording === '' ? 'no reason is logged' : reasonPrefix(reason % PROTOCOLS) + wording.trimEnd().replace(/%[a-zA-Z]/g, 'N')
}
