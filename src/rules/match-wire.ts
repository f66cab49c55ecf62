// Marks, stations, ports of a bridge, sizes, rates: what rules ask beside IP, transport and conntrack.
// Kernel: mark_mt(), mac_mt(), physdev_mt(), length_mt(), iprange, tos, hl, addrtype, limit_mt() (v6.12).

import type { Facts } from './facts.ts'
import type { InterfacePattern } from './interfaces.ts'
import type { Match } from './match.ts'

/** `-m mark` */
export class MarkMatch implements Match {
  readonly value: number
  readonly mask: number
  readonly isInverted: boolean

  constructor(value: number, mask: number, isInverted: boolean) {
    this.value = value | 0
    this.mask = mask | 0
    this.isInverted = isInverted
  }

  test(facts: Facts): boolean { return ((facts.mark & this.mask) === this.value) !== this.isInverted }
}

/** `-m mac`: the station that sent the frame. A frame of a link without stations never matches. */
export class MacMatch implements Match {
  readonly octets: readonly number[]
  readonly isInverted: boolean

  constructor(octets: readonly number[], isInverted: boolean) {
    this.octets = octets
    this.isInverted = isInverted
  }

  test({ frame }: Facts): boolean {
    if (frame.linkType !== LINK_ETHERNET || frame.end - frame.start < ETHERNET_HEADER) return false
    for (let i = 0; i < 6; i++) {
      if (frame.view.getUint8(frame.start + 6 + i) !== this.octets[i]) return this.isInverted
    }
    return !this.isInverted
  }
}

const LINK_ETHERNET = 1
const ETHERNET_HEADER = 14

/** `-m physdev`: the ports of a bridge. */
export class PhysdevMatch implements Match {
  in: { readonly pattern: InterfacePattern, readonly isInverted: boolean } | null = null
  out: { readonly pattern: InterfacePattern, readonly isInverted: boolean } | null = null
  isIn: boolean | null = null
  isOut: boolean | null = null
  isBridged: boolean | null = null

  test(facts: Facts): boolean {
    const { physIn, physOut } = facts
    const bridgedOut = facts.isBridged && physOut !== 0
    return (this.isBridged === null || this.isBridged === bridgedOut) &&
      (this.isIn === null || this.isIn === (physIn !== 0)) && (this.isOut === null || this.isOut === (physOut !== 0)) &&
      (this.in === null || this.in.pattern.fits(physIn) !== this.in.isInverted) &&
      (this.out === null || this.out.pattern.fits(physOut) !== this.out.isInverted)
  }
}

/** `-m length`: of the packet, IP header included, bytes. */
export class LengthMatch implements Match {
  readonly from: number
  readonly to: number
  readonly isInverted: boolean

  constructor(from: number, to: number, isInverted: boolean) {
    this.from = from
    this.to = to
    this.isInverted = isInverted
  }

  test({ packet }: Facts): boolean { return (packet.length >= this.from && packet.length <= this.to) !== this.isInverted }
}

/** `-m tos`, `-m dscp` */
export class TosMatch implements Match {
  readonly value: number
  readonly mask: number
  readonly isInverted: boolean

  constructor(value: number, mask: number, isInverted: boolean) {
    this.value = value
    this.mask = mask
    this.isInverted = isInverted
  }

  test(facts: Facts): boolean { return ((facts.tos & this.mask) === this.value) !== this.isInverted }
}

/** `-m iprange`, in IPv4: first and last address, unsigned. */
export class RangeMatch implements Match {
  readonly isSource: boolean
  readonly from: number
  readonly to: number
  readonly isInverted: boolean

  constructor(isSource: boolean, from: number, to: number, isInverted: boolean) {
    this.isSource = isSource
    this.from = from
    this.to = to
    this.isInverted = isInverted
  }

  test(facts: Facts): boolean {
    const address = (this.isSource ? facts.source0 : facts.destination0) >>> 0
    return (address >= this.from && address <= this.to) !== this.isInverted
  }
}

/** The kinds of address that can be told without a routing table. */
export type AddressType = 'LOCAL' | 'BROADCAST' | 'MULTICAST' | 'UNICAST'

/** `-m addrtype`: local addresses are those of `--local`. */
export class AddressTypeMatch implements Match {
  readonly isSource: boolean
  readonly types: readonly AddressType[]
  readonly isInverted: boolean
  readonly #isLocal: (facts: Facts, isSource: boolean) => boolean

  constructor(
    isSource: boolean, types: readonly AddressType[], isInverted: boolean, isLocal: (facts: Facts, isSource: boolean) => boolean,
  ) {
    this.isSource = isSource
    this.types = types
    this.isInverted = isInverted
    this.#isLocal = isLocal
  }

  test(facts: Facts): boolean {
    return this.types.includes(addressTypeOf(facts, this.isSource, this.#isLocal)) !== this.isInverted
  }
}

/** What kind of address one end of a packet has. */
export function addressTypeOf(facts: Facts, isSource: boolean, isLocal: (facts: Facts, isSource: boolean) => boolean): AddressType {
  const first = isSource ? facts.source0 : facts.destination0
  if (facts.isIpv6 ? first >>> 24 === 0xff : first >>> 28 === 0xe) return 'MULTICAST'
  if (!facts.isIpv6 && first === -1) return 'BROADCAST'
  return isLocal(facts, isSource) ? 'LOCAL' : 'UNICAST'
}

const LIMIT_SCALE = 10_000 // XT_LIMIT_SCALE
const DAY_SECONDS = 86_400
const U32 = 2 ** 32 - 1

/**
 * `-m limit`: a bucket of credit, filled on capture time.
 * @kernel  limit_mt(), user2credits() — v6.12
 */
export class LimitMatch implements Match {
  readonly isStateful = true
  readonly #creditsPerTick: number
  readonly #cost: number
  readonly #most: number
  #credit: number
  #before = -1

  /**
   * @param average  ten-thousandths of a second between two packets
   * @param burst    packets
   * @param hz       ticks a second
   */
  constructor(average: number, burst: number, hz: number) {
    this.#creditsPerTick = 2 ** Math.floor(Math.log2(Math.floor(U32 / (hz * DAY_SECONDS))))
    const rate = hz * this.#creditsPerTick
    const credits = (user: number): number =>
      (user > Math.floor(U32 / rate) ? Math.floor(user / LIMIT_SCALE) * rate : Math.floor(user * rate / LIMIT_SCALE)) >>> 0
    this.#cost = credits(average)
    this.#most = credits(average * burst)
    this.#credit = this.#most
  }

  /** Can such a limit be? The kernel refuses one whose credit overflows. */
  get isPossible(): boolean { return this.#most >= this.#cost && this.#most > 0 }

  test({ packet }: Facts): boolean {
    const gone = this.#before < 0 ? 0 : packet.tick - this.#before
    this.#before = packet.tick
    this.#credit = Math.min(this.#credit + gone * this.#creditsPerTick, this.#most)
    if (this.#credit < this.#cost) return false
    this.#credit -= this.#cost
    return true
  }
}

/** Ten-thousandths of a second for `5/minute`. @returns null where the text is no rate */
export function limitAverage(text: string): number | null {
  const [, count = '', unit = 'second'] = /^(\d+)(?:\/([a-z]+))?$/.exec(text) ?? []
  const seconds = unit === '' ? undefined : [['second', 1], ['minute', 60], ['hour', 3600], ['day', DAY_SECONDS]]
    .find(([name]) => String(name).startsWith(unit))?.[1]
  if (count === '' || Number(count) === 0 || seconds === undefined) return null
  const average = Math.floor(LIMIT_SCALE * Number(seconds) / Number(count))
  return average === 0 ? null : average
}
