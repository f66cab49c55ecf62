// Connections whose source has been settled, by the client's address and port: a client that was given an address and a port
// keeps them towards other servers too.
// Kernel: nf_nat_bysource, find_appropriate_src() in nf_nat_core.c (v6.12).
// @differs  the kernel may still find a connection whose time is up, until it is swept

import { AF_INET } from '../../base/units.ts'
import type { Connection } from '../../table/connection.ts'
import type { Tuple } from '../../table/tuple.ts'

/** No such record. */
export const NONE = -1

export class BySource {
  /** The latest record of each client. */
  readonly #latest = new Map<string, number>()
  /** By record: its client, and its neighbours among those of that client. */
  readonly #clients = new Map<number, string>()
  readonly #older = new Map<number, number>()
  readonly #newer = new Map<number, number>()

  add(conn: Connection): void {
    const { index } = conn
    const client = clientOf(conn)
    const before = this.#latest.get(client)
    if (before !== undefined) {
      this.#older.set(index, before)
      this.#newer.set(before, index)
    }
    this.#latest.set(client, index)
    this.#clients.set(index, client)
  }

  /** Forgets a record, which may have been given back already. */
  remove(index: number): void {
    const client = this.#clients.get(index)
    if (client === undefined) return
    const older = this.#older.get(index)
    const newer = this.#newer.get(index)
    this.#clients.delete(index)
    this.#older.delete(index)
    this.#newer.delete(index)
    if (older !== undefined) {
      if (newer === undefined) this.#newer.delete(older)
      else this.#newer.set(older, newer)
    }
    if (newer !== undefined) {
      if (older === undefined) this.#older.delete(newer)
      else this.#older.set(newer, older)
    } else if (older === undefined) this.#latest.delete(client)
    else this.#latest.set(client, older)
  }

  /** The latest record of a tuple's client, or NONE. */
  latestOf(tuple: Tuple): number {
    const { proto, sourcePort, source0, source1, source2, source3 } = tuple
    const words = tuple.isIpv6 ? [source0, source1, source2, source3] : [source0]
    return this.#latest.get([proto, sourcePort, ...words].join(' ')) ?? NONE
  }

  /** The record that came before one, of the same client, or NONE. */
  before(index: number): number { return this.#older.get(index) ?? NONE }
}

function clientOf(conn: Connection): string {
  const words = conn.l3num === AF_INET ? [conn.source(0)] : [0, 1, 2, 3].map((i) => conn.source(0, i))
  return [conn.l3num | (conn.protocol << 8) | (conn.zone << 16), conn.sourcePort(0), ...words].join(' ')
}
