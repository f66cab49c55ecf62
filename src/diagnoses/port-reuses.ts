// SYNs that begin a connection between ports whose last one has just ended.

import type { Flow } from './flow.ts'

const WITHIN = 120_000 // ms: TIME_WAIT
const MOST = 16_384
const SYN = 0x02
const RST = 0x04
const ACK = 0x10

export interface PortReuse {
  readonly flow: Flow
  readonly isn: number
  readonly ms: number
  readonly frame: number
  /** Milliseconds since the last packet of the connection before. */
  readonly after: number
  /** The same SYN sent again: how often, and the frame of the first time. */
  repeats: number
  repeatFrame: number
  /** Milliseconds of the SYN/ACK; -1 for none. */
  answerMs: number
  isRefused: boolean
}

export class PortReuses {
  readonly all: PortReuse[] = []
  readonly #last = new Map<Flow, PortReuse>()

  /** A SYN, SYN/ACK or RST, before the flow has counted it. */
  note(flow: Flow, isFromClient: boolean, seq: number, flags: number, ms: number, frame: number): void {
    const last = this.#last.get(flow)
    if (!isFromClient) {
      if (last === undefined) return
      if ((flags & RST) !== 0) last.isRefused ||= last.answerMs < 0
      else if (last.answerMs < 0) last.answerMs = ms
      return
    }
    const { client, server } = flow
    if ((flags & (SYN | RST | ACK)) !== SYN || client.syns === 0) return
    if (last?.isn === seq) {
      if (last.repeats++ === 0) last.repeatFrame = frame
      return
    }
    const after = ms - flow.lastMs
    const hasEnded = (client.fins > 0 && server.fins > 0) || client.rsts + server.rsts > 0
    if (seq === client.isn || !hasEnded || after > WITHIN || this.all.length >= MOST) return
    const reuse = { flow, isn: seq, ms, frame, after, repeats: 0, repeatFrame: 0, answerMs: -1, isRefused: false }
    this.all.push(reuse)
    this.#last.set(flow, reuse)
  }
}
