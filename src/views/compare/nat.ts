// Reads address translation out of an entry: where its reply is not the mirror of its original direction.

import { shortAddress } from '../../base/address.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../../base/units.ts'
import { answerTo } from '../../table/tuple.ts'
import { endpoint } from '../endpoint.ts'
import type { Row, RowTuple } from '../row.ts'

/** What was translated. */
export interface Nat {
  /** The source became another: SNAT, masquerade. As the far side sees it. */
  readonly source: string | null
  /** The destination became another: DNAT, a load balancer. */
  readonly destination: string | null
}

/** The tuple that is answered by this one. */
export function mirrorOf(tuple: RowTuple, l4num: number): RowTuple {
  const mirror: RowTuple = { source: tuple.destination, destination: tuple.source }
  if (tuple.sourcePort !== undefined) Object.assign(mirror, { sourcePort: tuple.destinationPort ?? 0, destinationPort: tuple.sourcePort })
  if (tuple.sourceKey !== undefined) Object.assign(mirror, { sourceKey: tuple.destinationKey ?? 0, destinationKey: tuple.sourceKey })
  if (tuple.type !== undefined) {
    const type = l4num === IPPROTO_ICMP || l4num === IPPROTO_ICMPV6 ? answerTo(l4num, tuple.type) : tuple.type
    Object.assign(mirror, { type: type < 0 ? tuple.type : type, code: tuple.code ?? 0, id: tuple.id ?? 0 })
  }
  return mirror
}

/** What was translated; null where nothing was. */
export function natOf(row: Row): Nat | null {
  const far = mirrorOf(row.reply, row.l4num) // the original direction as the far side sees it
  const near = row.original
  const isSource = far.source !== near.source || far.sourcePort !== near.sourcePort || far.id !== near.id
  const isDestination = far.destination !== near.destination || far.destinationPort !== near.destinationPort
  if (!isSource && !isDestination) return null
  return { source: isSource ? endpoint(far, 'source') : null, destination: isDestination ? endpoint(far, 'destination') : null }
}

/** Tells one entry's translation beside those of its table: who shares its address, how many destinations one address leads to. */
export class NatReader {
  /** By translated source address: how many sources stand behind it. */
  readonly #behind = new Map<string, Set<string>>()
  /** By original destination: where it leads to. */
  readonly #backends = new Map<string, Set<string>>()
  readonly #isDirector: boolean

  /** @param isDirector  the machine is an LVS director */
  constructor(isDirector: boolean) {
    this.#isDirector = isDirector
  }

  /** Takes note of an entry of the table. */
  note(row: Row): void {
    const nat = natOf(row)
    if (nat?.source !== null && nat !== null) add(this.#behind, row.reply.destination, row.original.source)
    if (nat?.destination !== null && nat !== null) add(this.#backends, endpoint(row.original, 'destination'), nat.destination)
  }

  /** The translation in words; null where there is none. */
  explain(row: Row): string | null {
    const nat = natOf(row)
    if (nat === null) return null
    const parts: string[] = []
    if (nat.destination !== null) {
      const backends = this.#backends.get(endpoint(row.original, 'destination'))?.size ?? 1
      const kind = this.#isDirector ? 'IPVS-NAT' : backends > 1 ? `DNAT or IPVS-NAT (one of ${String(backends)} behind it)` : 'DNAT'
      parts.push(`${kind} ${endpoint(row.original, 'destination')} to ${nat.destination}`)
    }
    if (nat.source !== null) {
      const hosts = this.#behind.get(row.reply.destination)?.size ?? 1
      const shared = `masquerade or SNAT (${String(hosts)} hosts share ${shortAddress(row.reply.destination)})`
      const kind = hosts > 1 ? shared : 'SNAT or masquerade'
      parts.push(`${kind} ${endpoint(row.original, 'source')} to ${nat.source}`)
    }
    return parts.join(', ')
  }
}

function add(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key)
  if (set === undefined) sets.set(key, new Set([value]))
  else set.add(value)
}
