// What a rule that translates addresses asks for, in plain words.

/** Which end of a packet is changed, and who says to what. */
export type NatKind = 'SNAT' | 'DNAT' | 'MASQUERADE' | 'REDIRECT'

/** Kernel: struct nf_nat_range2 (v6.12). */
export interface NatRange {
  /** First and last address, four words each, unsigned; null where the address stays, or the machine's own is taken. */
  readonly addresses: { readonly from: readonly number[], readonly to: readonly number[] } | null
  /** First and last port, or ICMP identifier; null for any. */
  readonly ports: { readonly from: number, readonly to: number } | null
  /** The port that becomes the first of the range, others in step with it; null where they are not shifted. */
  readonly basePort: number | null
  /** `--random`, `--random-fully`: ports are drawn. */
  readonly isRandom: boolean
  /** `--persistent`: the address of a range depends on the client alone. */
  readonly isPersistent: boolean
}

/** All a rule can leave open. */
export const ANY_RANGE: NatRange = { addresses: null, ports: null, basePort: null, isRandom: false, isPersistent: false }

/** Whoever sets up the translation of a new connection; the packet and the hook are known to it. */
export interface NatSetup {
  /** @returns how the walk goes on: ACCEPT or DROP */
  setUp(kind: NatKind, range: NatRange): number
}
