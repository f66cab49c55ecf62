// What is known of the connections that found no room among the flows: what the tracker itself knows of them when they end.
// The note on a connection tells that it was left out.

import { formatIpv4, formatIpv6Short } from '../base/address.ts'
import { AF_INET } from '../base/units.ts'
import type { Engine } from '../engine.ts'
import { Connection } from '../table/connection.ts'
import { endText } from './flow.ts'

const MOST_SERVICES = 1024 // whose unanswered connections are counted one by one
const WORST = 3

/** What stands in place of a flow's number in the note on a connection, above the lower FLOW_SHIFT bits. */
export const LEFT_OUT = (1 << 28) - 1
export const FLOW_SHIFT = 2

/** Packets, and connections, that no diagnosis looked at. */
export interface LeftOutSummary {
  readonly packets: number
  readonly connections: number
  /** Of those, the ones that were never answered, as far as the tracker saw. */
  readonly unanswered: number
  /** The services that left most of them unanswered. */
  readonly worst: readonly { readonly service: string, readonly unanswered: number }[]
}

export class LeftOut {
  packets = 0
  #table: Engine['table'] | null = null
  readonly #ended = new Ends()

  /** To be called before the first connection of this engine is left out. */
  attach({ table }: Engine): void {
    if (this.#table !== null) return
    this.#table = table
    const conn = new Connection(table.records)
    table.listen((connection) => { this.#ended.count(conn.at(connection)) })
  }

  /** Those that ended, and those that are in the table now. */
  summary(): LeftOutSummary {
    const all = new Ends(this.#ended)
    if (this.#table !== null) {
      const conn = new Connection(this.#table.records)
      this.#table.forEachVisible((connection) => { all.count(conn.at(connection)) })
    }
    const { connections, unanswered } = all
    return { packets: this.packets, connections, unanswered, worst: all.worst() }
  }
}

/** Ends of connections, counted. */
class Ends {
  connections = 0
  unanswered = 0
  /** By where they went: address, of IPv6 as text, and port. */
  readonly #services = new Map<number | string, Map<number, number>>()
  #kept = 0

  /** @param before  ends that count too */
  constructor(before: Ends | null = null) {
    if (before === null) return
    this.connections = before.connections
    this.unanswered = before.unanswered
    this.#kept = before.#kept
    for (const [address, ports] of before.#services) this.#services.set(address, new Map(ports))
  }

  count(conn: Connection): void {
    if (conn.note >> FLOW_SHIFT !== LEFT_OUT) return
    this.connections++
    if (conn.seenReply) return
    this.unanswered++
    const port = conn.destinationPort(0)
    const address = conn.l3num === AF_INET ? conn.destination(0)
      : formatIpv6Short(conn.destination(0), conn.destination(0, 1), conn.destination(0, 2), conn.destination(0, 3))
    let ports = this.#services.get(address)
    if (ports === undefined) {
      if (this.#kept >= MOST_SERVICES) return
      ports = new Map<number, number>()
      this.#services.set(address, ports)
    }
    const before = ports.get(port)
    if (before === undefined) {
      if (this.#kept >= MOST_SERVICES) return
      this.#kept++
    }
    ports.set(port, (before ?? 0) + 1)
  }

  worst(): LeftOutSummary['worst'] {
    const services = [...this.#services].flatMap(([address, ports]) =>
      [...ports].map(([port, unanswered]) => ({ address, port, unanswered })))
    return services.sort((a, b) => b.unanswered - a.unanswered).slice(0, WORST).map(({ address, port, unanswered }) =>
      ({ service: endText(typeof address === 'string' ? address : formatIpv4(address), port), unanswered }))
  }
}
