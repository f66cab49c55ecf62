// What rules of nftables need to know of the machine around them.

import type { Facts } from '../facts.ts'
import type { Interfaces } from '../interfaces.ts'

export interface NftSurroundings {
  readonly interfaces: Interfaces
  /** Ticks a second. */
  readonly hz: number
  /** Is an address one of the machine's own? */
  readonly isLocal: (facts: Facts, isSource: boolean) => boolean
  /** Is an address of the machine's own known, to translate to? */
  readonly hasOwnAddress: (isIpv6: boolean) => boolean
}
