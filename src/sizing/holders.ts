// Who holds the entries of a table: addresses and services, by how many entries each has.

import { formatIpv4, formatIpv6Short } from '../base/address.ts'
import { IPPROTO_DCCP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from '../base/units.ts'
import type { Tuple } from '../table/tuple.ts'
import { protocolName } from '../views/snapshot.ts'

const MOST = 10
const PORTED: ReadonlySet<number> = new Set([IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP, IPPROTO_DCCP])

/** An address or a service, and the entries it has. */
export interface Holder {
  readonly name: string
  readonly entries: number
}

/** Counts entries by their original source, destination, and service (`tcp 443`; the protocol alone where there are no ports). */
export class HolderCount {
  readonly #sources = new Map<number | string, number>()
  readonly #destinations = new Map<number | string, number>()
  readonly #services = new Map<number, number>()

  add(tuple: Tuple): void {
    const { protocol, isIpv6 } = tuple
    count(this.#sources, isIpv6 ? formatIpv6Short(tuple.source0, tuple.source1, tuple.source2, tuple.source3) : tuple.source0)
    count(this.#destinations,
      isIpv6 ? formatIpv6Short(tuple.destination0, tuple.destination1, tuple.destination2, tuple.destination3) : tuple.destination0)
    count(this.#services, PORTED.has(protocol) ? protocol << 17 | 1 << 16 | tuple.destinationPort : protocol << 17)
  }

  /** The ten largest of each, times `scale`. */
  result(scale: number): { sources: Holder[], destinations: Holder[], services: Holder[] } {
    return {
      sources: top(this.#sources, addressText, scale), destinations: top(this.#destinations, addressText, scale),
      services: top(this.#services, serviceText, scale),
    }
  }
}

function count<K>(map: Map<K, number>, key: K): void {
  map.set(key, (map.get(key) ?? 0) + 1)
}

const addressText = (key: number | string): string => (typeof key === 'number' ? formatIpv4(key) : key)

function serviceText(key: number): string {
  const name = protocolName(key >>> 17)
  return (key & 1 << 16) === 0 ? name : `${name} ${String(key & 0xffff)}`
}

function top<K>(map: ReadonlyMap<K, number>, text: (key: K) => string, scale: number): Holder[] {
  return [...map].sort((a, b) => b[1] - a[1]).slice(0, MOST).map(([key, entries]) => ({ name: text(key), entries: entries * scale }))
}
