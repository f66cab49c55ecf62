// Questions to DNS servers and whether they were answered, socket by socket.

import type { Flow } from './flow.ts'

const MOST_SOCKETS = 16_384 // the oldest is forgotten
const MOST_QUESTIONS = 8 // of a socket
const HEADER = 12 // bytes
const RESPONSE = 0x80
const MOST_LABELS = 128

export interface Question {
  readonly id: number
  readonly type: number
  readonly firstMs: number
  readonly firstFrame: number
  /** Milliseconds and frame of the first repetition; 0 for none. */
  repeatMs: number
  repeatFrame: number
  /** Milliseconds of the first answer; -1 for none. */
  answerMs: number
}

export class DnsQueries {
  /** Questions by the flow of their socket. */
  readonly sockets = new Map<Flow, Question[]>()

  /** A datagram to or from a DNS server; its payload lies at `at`. */
  note(view: DataView, at: number, end: number, flow: Flow, isQuestion: boolean, ms: number, frame: number): void {
    if (end - at < HEADER || ((view.getUint8(at + 2) & RESPONSE) === 0) !== isQuestion) return
    const id = view.getUint16(at)
    const type = typeOf(view, at + HEADER, end)
    let questions = this.sockets.get(flow)
    const known = questions?.findLast((question) => question.id === id && question.type === type)
    if (!isQuestion) {
      if (known !== undefined && known.answerMs < 0) known.answerMs = ms
    } else if (known !== undefined && known.answerMs < 0) {
      if (known.repeatFrame === 0) {
        known.repeatMs = ms
        known.repeatFrame = frame
      }
    } else {
      if (questions === undefined) {
        if (this.sockets.size >= MOST_SOCKETS) this.#forgetOldest()
        this.sockets.set(flow, questions = [])
      }
      if (questions.length < MOST_QUESTIONS) {
        questions.push({ id, type, firstMs: ms, firstFrame: frame, repeatMs: 0, repeatFrame: 0, answerMs: -1 })
      }
    }
  }

  #forgetOldest(): void {
    for (const flow of this.sockets.keys()) {
      this.sockets.delete(flow)
      return
    }
  }
}

/** The type that the first question asks for; -1 when it was not captured. */
function typeOf(view: DataView, name: number, end: number): number {
  let at = name
  for (let label = 0; label < MOST_LABELS && at < end; label++) {
    const length = view.getUint8(at)
    if (length === 0) return at + 3 <= end ? view.getUint16(at + 1) : -1
    at += 1 + (length & 63)
  }
  return -1
}
