// What helpers would have promised, where none is attached. A second tracker, with all helpers, sees the control channels alone; while
// one of its promises stands it is asked about each new connection too. A capture without control channels costs two look-ups a packet.

import { IPPROTO_TCP, IPPROTO_UDP } from '../base/units.ts'
import { VERDICT_NEW, VERDICT_RELATED } from '../base/verdict.ts'
import type { Frame } from '../capture/frame.ts'
import { Engine } from '../engine.ts'
import { attach, helperName } from '../helpers/registry.ts'
import type { Packet } from '../ip/packet.ts'
import { Connection } from '../table/connection.ts'
import { IPCT_NEW } from '../table/status.ts'

const PORTS = 65_536
const MOST_FRAMES = 4096 // of promised connections that are remembered, a helper

/** The connections that one helper would have promised. */
export interface Promised {
  readonly helper: string
  /** What its control channels speak, and the port they go to. */
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  connections: number
  /** Frames that opened them: the first few thousand. */
  readonly frames: number[]
}

export class PromisedConnections {
  readonly byHelper = new Map<string, Promised>()
  /** A bit for each port that control channels go to; shape [TCP, UDP][port]. */
  readonly #control = new Int32Array(2 * PORTS / 32)
  readonly #ports = new Map<string, { readonly protocol: 'tcp' | 'udp', readonly port: number }>()
  #shadow: Engine | null = null
  #conn: Connection | null = null

  constructor() {
    for (const { helper, port } of attach(['all']).attachments) {
      const isTcp = helper.protocol === IPPROTO_TCP
      const bit = (isTcp ? 0 : PORTS) + port
      this.#control[bit >>> 5] = (this.#control[bit >>> 5] ?? 0) | (1 << (bit & 31))
      if (!this.#ports.has(helper.name)) this.#ports.set(helper.name, { protocol: isTcp ? 'tcp' : 'udp', port })
    }
  }

  /**
   * To be called with every packet that the engine took, but for those of connections of which it said false before.
   * @returns  whether a helper would read the packet
   */
  note(engine: Engine, frame: Frame): boolean {
    const { packet, conntrack } = engine
    if (conntrack.helpers !== null || packet.copyOf !== 0) return false
    if (this.#isControl(packet.view, packet.l4, packet.end, packet.protocol)) {
      this.#tracker(engine).push(frame)
      return true
    }
    if (
      this.#shadow !== null && packet.verdict === VERDICT_NEW && (packet.events & IPCT_NEW) !== 0 &&
      this.#shadow.conntrack.helpers?.expectations.empty === false
    ) {
      this.#shadow.push(frame)
      if (this.#shadow.packet.verdict === VERDICT_RELATED) this.#keep(this.#shadow, frame.number)
    }
    return false
  }

  /** Whether `note` would do anything with such a packet. */
  concerns({ view, l4, end, protocol }: Packet): boolean {
    return this.#shadow?.conntrack.helpers?.expectations.empty === false || this.#isControl(view, l4, end, protocol)
  }

  #isControl(view: DataView, l4: number, end: number, protocol: number): boolean {
    if ((protocol !== IPPROTO_TCP && protocol !== IPPROTO_UDP) || l4 < 0 || end - l4 < 4) return false
    const row = protocol === IPPROTO_TCP ? 0 : PORTS
    return this.#hasBit(row + view.getUint16(l4)) || this.#hasBit(row + view.getUint16(l4 + 2))
  }

  #hasBit(bit: number): boolean {
    return ((this.#control[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0
  }

  #tracker({ sysctl, clock }: Engine): Engine {
    return this.#shadow ??= new Engine({ sysctl, hz: clock.hz, helpers: ['all'] })
  }

  #keep({ table, packet }: Engine, frame: number): void {
    const conn = (this.#conn ??= new Connection(table.records)).at(packet.connection)
    const helper = conn.master === 0 ? null : helperName(conn.at(conn.master - 1).helper)
    if (helper === null) return
    let promised = this.byHelper.get(helper)
    if (promised === undefined) {
      promised = { helper, ...this.#ports.get(helper) ?? { protocol: 'tcp', port: 0 }, connections: 0, frames: [] }
      this.byHelper.set(helper, promised)
    }
    promised.connections++
    if (promised.frames.length < MOST_FRAMES) promised.frames.push(frame)
  }
}
