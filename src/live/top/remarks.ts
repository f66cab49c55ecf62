// The last packets that the kernel would have logged, and why: what explains a flow that does not come up.

import { endpoint, type Engine, type Frame, packetRowOf, packetTuple, type RowTuple } from '../../index.ts'

export interface Remark {
  /** ms since the epoch */
  readonly ms: number
  readonly verdict: string
  readonly reason: string
  readonly from: string
  readonly to: string
}

const MOST = 500
const MOST_PER_SECOND = 200 // beyond it packets are only counted: a flood must not cost more than it already does

export class Remarks {
  readonly #remarks: Remark[] = []
  #second = 0
  #inSecond = 0

  /** Looks at a packet just taken. */
  add(engine: Engine, frame: Frame): void {
    const { packet } = engine
    if (packet.reasonCount === 0) return
    if (frame.sec !== this.#second) {
      this.#second = frame.sec
      this.#inSecond = 0
    }
    if (++this.#inSecond > MOST_PER_SECOND) return
    const { verdict, reason } = packetRowOf(frame, packet)
    const tuple = packetTuple(packet)
    this.#remarks.push({
      ms: frame.sec * 1000 + Math.floor(frame.nsec / 1e6), verdict, reason: reason ?? '',
      from: endpoint(tuple, 'source'), to: endpoint(tuple, 'destination'),
    })
    if (this.#remarks.length > MOST) this.#remarks.shift()
  }

  /** Those of a flow, in either direction, the latest last. */
  of(tuple: RowTuple): Remark[] {
    const [a, b] = [endpoint(tuple, 'source'), endpoint(tuple, 'destination')]
    return this.#remarks.filter(({ from, to }) => (from === a && to === b) || (from === b && to === a))
  }

  /** The latest one. */
  get last(): Remark | undefined {
    return this.#remarks.at(-1)
  }
}
