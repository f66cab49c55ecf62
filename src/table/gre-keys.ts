// PPTP's call ids: a GRE packet carries the receiver's alone, and the sender's is known from the control connection.
// Kernel: the keymap of nf_conntrack_proto_gre.c (v6.12).

import type { Tuple } from './tuple.ts'

interface Key {
  readonly owner: number
  readonly dir: number
  readonly proto: number
  /** Addresses: four words of the source, four of the destination. */
  readonly addresses: readonly number[]
  readonly destinationKey: number
  readonly sourceKey: number
}

const NONE: readonly Key[] = []

/** Which source key belongs to a GRE packet's addresses and destination key. */
export class GreKeys {
  /** By the destination key; each list oldest first. */
  readonly #byKey = new Map<number, Key[]>()
  /** By the number of the control connection: its keys of both directions. */
  readonly #byOwner = new Map<number, Key[]>()

  /** The source key for a tuple whose destination key and addresses are set; 0 when nobody has told. */
  sourceKeyOf(tuple: Tuple): number {
    for (const key of this.#byKey.get(tuple.destinationPort) ?? NONE) if (fits(key, tuple)) return key.sourceKey
    return 0
  }

  /**
   * Remembers the keys of a promised tuple, one for each direction of a control connection.
   * @returns  false when the connection has another one in that direction already
   * @kernel   nf_ct_gre_keymap_add() — v6.12
   */
  add(owner: number, dir: number, tuple: Tuple): boolean {
    const own = this.#byOwner.get(owner)
    const old = own?.find((key) => key.dir === dir)
    if (old !== undefined) return fits(old, tuple) && old.destinationKey === tuple.destinationPort
    const key: Key = {
      owner, dir, proto: tuple.proto, addresses: addressesOf(tuple), destinationKey: tuple.destinationPort, sourceKey: tuple.sourcePort,
    }
    if (own === undefined) this.#byOwner.set(owner, [key])
    else own.push(key)
    const same = this.#byKey.get(key.destinationKey)
    if (same === undefined) this.#byKey.set(key.destinationKey, [key])
    else same.push(key)
    return true
  }

  /** Forgets the keys of a control connection. Kernel: nf_ct_gre_keymap_destroy(). */
  remove(owner: number): void {
    for (const key of this.#byOwner.get(owner) ?? NONE) {
      const left = (this.#byKey.get(key.destinationKey) ?? []).filter((other) => other !== key)
      if (left.length === 0) this.#byKey.delete(key.destinationKey)
      else this.#byKey.set(key.destinationKey, left)
    }
    this.#byOwner.delete(owner)
  }
}

function addressesOf(tuple: Tuple): number[] {
  return tuple.isIpv6 ? [
    tuple.source0, tuple.source1, tuple.source2, tuple.source3,
    tuple.destination0, tuple.destination1, tuple.destination2, tuple.destination3,
  ] : [tuple.source0, 0, 0, 0, tuple.destination0, 0, 0, 0]
}

function fits({ proto, addresses: [s0, s1, s2, s3, d0, d1, d2, d3] }: Key, tuple: Tuple): boolean {
  return proto === tuple.proto && s0 === tuple.source0 && d0 === tuple.destination0 && (!tuple.isIpv6 || (
    s1 === tuple.source1 && s2 === tuple.source2 && s3 === tuple.source3 &&
    d1 === tuple.destination1 && d2 === tuple.destination2 && d3 === tuple.destination3))
}
