// What rules of nftables do on the way to their verdict. In the rule's order: what stands behind one of these is asked later.
// Kernel: nft_counter_do_eval(), nft_limit_eval(), nft_quota_do_eval(), nft_meta_set_eval(), nft_ct_set_eval(),
// nft_ct_set_zone_eval(), nft_notrack_eval(), nft_ct_helper_obj_eval() (v6.12).

import { IPCT_MARK } from '../../table/status.ts'
import { KIND_STATE, STATE_NEW, STATE_UNTRACKED, type Facts } from '../facts.ts'
import type { Match } from '../match.ts'
import type { Read } from './selector.ts'

/** `counter` */
export class Counter implements Match {
  readonly isStateful = true
  packets = 0
  bytes = 0

  /** What it has counted, as nft shows it. */
  get spelled(): string { return ` packets ${String(this.packets)} bytes ${String(this.bytes)}` }

  test({ packet }: Facts): boolean {
    this.packets++
    this.bytes += packet.length
    return true
  }
}

const NS_PER_SECOND = 1_000_000_000

/** `limit rate`: a bucket of time, which fills as the capture's time goes on. */
export class Limit implements Match {
  readonly isStateful = true
  readonly #isOver: boolean
  /** Nanoseconds that a packet costs, or a byte; and those of a full bucket. */
  readonly #cost: number
  readonly #isBytes: boolean
  readonly #most: number
  #tokens: number
  #before = -1

  /**
   * @param rate   packets, or bytes, in `unitSec` seconds
   * @param burst  likewise
   * @param isOver matches what is above the rate
   */
  constructor(rate: number, unitSec: number, burst: number, isBytes: boolean, isOver: boolean) {
    const unit = unitSec * NS_PER_SECOND
    this.#isBytes = isBytes
    this.#isOver = isOver
    this.#cost = isBytes ? unit / rate : Math.floor(unit / rate)
    this.#most = isBytes ? Math.floor(unit * (rate + burst) / rate) : this.#cost * burst
    this.#tokens = this.#most
  }

  test({ packet, frame }: Facts): boolean {
    const now = frame.sec * NS_PER_SECOND + frame.nsec
    const gone = this.#before < 0 ? 0 : now - this.#before
    this.#before = now
    const tokens = Math.min(this.#tokens + gone, this.#most)
    const left = tokens - (this.#isBytes ? Math.floor(this.#cost * packet.length) : this.#cost)
    this.#tokens = left >= 0 ? left : tokens
    return (left >= 0) !== this.#isOver
  }
}

/** `quota`: up to so many bytes, or what comes after them. */
export class Quota implements Match {
  readonly isStateful = true
  readonly #bytes: number
  readonly #isOver: boolean
  used: number

  /** What of it is used up, as nft shows it. */
  get spelled(): string { return this.used === 0 ? '' : ` used ${spellBytes(Math.min(this.used, this.#bytes))}` }

  constructor(bytes: number, used: number, isOver: boolean) {
    this.#bytes = bytes
    this.#isOver = isOver
    this.used = used
  }

  test({ packet }: Facts): boolean {
    this.used += packet.length
    return (this.used > this.#bytes) === this.#isOver
  }
}

/** In the largest unit that takes it whole. */
function spellBytes(bytes: number): string {
  const [unit, name] = bytes % 1024 ** 2 === 0 ? [1024 ** 2, 'mbytes'] : bytes % 1024 === 0 ? [1024, 'kbytes'] : [1, 'bytes']
  return `${String(bytes / unit)} ${name}`
}

/** `meta mark set`, `ct mark set`, `ct zone set`, `ip dscp set`: a value is read, and written. */
export class Assignment implements Match {
  readonly isStateful = true
  readonly #read: Read
  readonly #needs: readonly Match[]
  readonly #write: (facts: Facts, value: number) => void
  readonly #value = new Float64Array(4)

  constructor(needs: readonly Match[], read: Read, write: (facts: Facts, value: number) => void) {
    this.#needs = needs
    this.#read = read
    this.#write = write
  }

  test(facts: Facts): boolean {
    for (const need of this.#needs) if (!need.test(facts)) return false
    if (!this.#read(facts, this.#value, 0)) return false
    this.#write(facts, this.#value[0]!)
    return true
  }
}

export function setMark(facts: Facts, value: number): void { facts.mark = value | 0 }

export function setConnectionMark({ hasConnection, connection, packet }: Facts, value: number): void {
  if (!hasConnection || connection.mark === value) return
  connection.mark = value
  packet.events |= IPCT_MARK
}

/** Of a packet without a connection: it gets a template, and counts as NEW until conntrack sees it. */
export function setZone(facts: Facts, zone: number): void {
  if (facts.hasConnection || facts.isTemplated) return
  facts.isTemplated = true
  facts.isNotrack = false
  facts.zone = zone
  facts.kind = (facts.kind & ~KIND_STATE) | STATE_NEW
}

export function setDscp(facts: Facts, codePoint: number): void { facts.tos = (facts.tos & 3) | (codePoint << 2) }

/** `notrack`: does nothing to a packet that has a connection, or a zone. */
export class Notrack implements Match {
  readonly isStateful = true

  test(facts: Facts): boolean {
    if (facts.hasConnection || facts.isTemplated) return true
    facts.isNotrack = true
    facts.kind = (facts.kind & ~KIND_STATE) | STATE_UNTRACKED
    return true
  }
}

/** `ct helper set`: for connections of its protocol that are not confirmed yet. */
export class AttachHelper implements Match {
  readonly isStateful = true
  readonly #protocol: number
  /** Numbers of the helper for IPv4 and IPv6; 0 for none. */
  readonly #ipv4: number
  readonly #ipv6: number

  constructor(protocol: number, ipv4: number, ipv6: number) {
    this.#protocol = protocol
    this.#ipv4 = ipv4
    this.#ipv6 = ipv6
  }

  test({ hasConnection, connection, protocol, isIpv6 }: Facts): boolean {
    const number = isIpv6 ? this.#ipv6 : this.#ipv4
    if (hasConnection && !connection.confirmed && connection.helper === 0 && number !== 0 && protocol === this.#protocol) {
      connection.helper = number
    }
    return true
  }
}
