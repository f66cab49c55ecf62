// Connections whose source has been settled, by the client's address and port: a client that was given an address and a port
// keeps them towards other servers too.
// Kernel: nf_nat_bysource, find_appropriate_src() in nf_nat_core.c (v6.12).
// @differs  the kernel may still find a connection whose time is up, until it is swept

import { AF_INET } from '../../base/units.ts'
import type { Connection } from '../../table/connection.ts'
import type { Tuple } from '../../table/tuple.ts'

const NONE: readonly number[] = []

export class BySource {
  /** Records by client; each list oldest first. */
  readonly #records = new Map<string, number[]>()

  add(conn: Connection): void {
    const key = keyOf(conn)
    const same = this.#records.get(key)
    if (same === undefined) this.#records.set(key, [conn.index])
    else same.push(conn.index)
  }

  remove(conn: Connection): void {
    const key = keyOf(conn)
    const left = this.#records.get(key)?.filter((index) => index !== conn.index)
    if (left === undefined) return
    if (left.length === 0) this.#records.delete(key)
    else this.#records.set(key, left)
  }

  /** Records of a tuple's client, the latest last. */
  of(tuple: Tuple): readonly number[] {
    const { proto, sourcePort, source0, source1, source2, source3 } = tuple
    return this.#records.get(tuple.isIpv6
      ? `${String(proto)} ${String(sourcePort)} ${String(source0)} ${String(source1)} ${String(source2)} ${String(source3)}`
      : `${String(proto)} ${String(sourcePort)} ${String(source0)}`) ?? NONE
  }
}

function keyOf(conn: Connection): string {
  const words = conn.l3num === AF_INET ? [conn.source(0)] : [0, 1, 2, 3].map((i) => conn.source(0, i))
  return [conn.l3num | (conn.protocol << 8) | (conn.zone << 16), conn.sourcePort(0), ...words].join(' ')
}
