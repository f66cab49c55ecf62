// The expectation table: connections that a payload has promised, and that will be RELATED when they come.
// Kernel: nf_conntrack_expect.c (v6.12).

import type { Sysctl } from '../base/sysctl.ts'
import type { Table } from '../table/table.ts'
import { Tuple } from '../table/tuple.ts'

// Flags of an expectation. Source: NF_CT_EXPECT_*, nf_conntrack_common.h, v6.12.
export const EXPECT_PERMANENT = 1 << 0 // stays when it is met
export const EXPECT_INACTIVE = 1 << 1 // cannot be met yet

/** How many expectations of a class a connection may have open, and for how long each stands. */
export interface Policy {
  /** What /proc prints behind the helper's name; null for nothing. */
  readonly name: string | null
  readonly most: number
  readonly timeoutSec: number
}

/** What an expectation says of the helper whose payload promised it. */
export interface Promiser {
  readonly name: string
  readonly policies: readonly Policy[]
}

/** One promised connection. */
export class Expectation {
  readonly tuple = new Tuple()
  /** Bits of the source that count: four words of the address, and the port. The destination always counts whole. */
  mask0 = 0
  mask1 = 0
  mask2 = 0
  mask3 = 0
  maskPort = 0
  /** Number of the connection that promised it. */
  readonly master: number
  readonly promiser: Promiser
  /** Index into the promiser's policies. */
  readonly kind: number
  flags = 0
  /** Tick at which it is gone. */
  deadline = 0
  /** Counts creations: the order of printing. */
  serial = 0
  /** Number of the helper that the promised connection gets; 0 none. */
  helper = 0
  /** Called when it is met, after it was taken out of the table. */
  onMet: ((met: Expectation) => void) | null = null

  constructor(master: number, promiser: Promiser, kind: number) {
    this.master = master
    this.promiser = promiser
    this.kind = kind
  }
}

// What became of a new expectation. Kernel: 0, -EBUSY, -EALREADY, -EMFILE.
export const ADDED = 0
/** Another one stands for the same destination. */
export const BUSY = 1
/** The very same stands already, for another connection or in another class. */
export const ALREADY = 2
/** nf_conntrack_expect_max is reached. */
export const FULL = 3
export type AddOutcome = typeof ADDED | typeof BUSY | typeof ALREADY | typeof FULL

const NONE: readonly Expectation[] = []

export class Expectations {
  readonly #table: Table
  readonly #most: number
  readonly #hz: number
  /** By what counts whole, the destination; each list newest first. */
  readonly #byDestination = new Map<number, Expectation[]>()
  /** By the number of the promising connection; each list newest first. */
  readonly #byMaster = new Map<number, Expectation[]>()
  #count = 0
  #serial = 0
  /** No expectation is gone before this tick. */
  #nextDeadline = Infinity

  constructor(table: Table, sysctl: Sysctl, hz: number) {
    this.#table = table
    this.#most = sysctl.expect_max
    this.#hz = hz
  }

  /** True when nothing is expected at all: the one question a plain new connection costs. */
  get empty(): boolean { return this.#count === 0 }

  /**
   * Finds the newest expectation that a tuple meets, inactive or not.
   * @kernel  __nf_ct_expect_find() — v6.12
   */
  find(tuple: Tuple): Expectation | null {
    this.#expire()
    if (this.#count === 0) return null
    for (const expectation of this.#byDestination.get(keyOf(tuple)) ?? NONE) {
      if (meets(tuple, expectation) && this.#stands(expectation)) return expectation
    }
    return null
  }

  /**
   * Takes the expectation that a new connection meets; a permanent one stays.
   * @kernel  nf_ct_find_expectation() — v6.12
   */
  claim(tuple: Tuple): Expectation | null {
    this.#expire()
    if (this.#count === 0) return null
    for (const expectation of this.#byDestination.get(keyOf(tuple)) ?? NONE) {
      if ((expectation.flags & EXPECT_INACTIVE) !== 0 || !meets(tuple, expectation) || !this.#stands(expectation)) continue
      if (!this.#table.peek.at(expectation.master).confirmed) return null
      if ((expectation.flags & EXPECT_PERMANENT) === 0) this.remove(expectation)
      return expectation
    }
    return null
  }

  /**
   * Adds an expectation: one like it is replaced, one that overlaps it stands in its way, the oldest of its class gives
   * way when the connection has too many.
   *
   * @param anyMaster  one like it counts as such whoever promised it
   * @kernel           nf_ct_expect_related_report(), __nf_ct_expect_check(), evict_oldest_expect() — v6.12
   * @differs          what has expired does not count towards nf_conntrack_expect_max; in the kernel it does until it is noticed
   */
  add(expectation: Expectation, anyMaster = false): AddOutcome {
    this.#expire()
    for (const other of this.#byDestination.get(keyOf(expectation.tuple)) ?? NONE) {
      if (!this.#stands(other)) continue
      if ((anyMaster || other.master === expectation.master) && equals(other, expectation)) {
        if (other.kind !== expectation.kind || other.master !== expectation.master) return ALREADY
        this.remove(other)
        break
      }
      if (overlaps(other, expectation)) return BUSY
    }
    const policy = expectation.promiser.policies[expectation.kind]
    if (policy !== undefined && policy.most !== 0) this.#makeRoom(expectation, policy.most)
    if (this.#count >= this.#most) return FULL
    this.#insert(expectation, (policy?.timeoutSec ?? 0) * this.#hz)
    return ADDED
  }

  /** Gives an expectation another deadline, `ticks` from now. */
  setTimeout(expectation: Expectation, ticks: number): void {
    expectation.deadline = this.#table.now + ticks
    this.#nextDeadline = Math.min(this.#nextDeadline, expectation.deadline)
  }

  /** Takes an expectation back. Nothing happens when it is gone already. */
  remove(expectation: Expectation): void {
    const key = keyOf(expectation.tuple)
    if (!takeOut(this.#byDestination, key, expectation)) return
    takeOut(this.#byMaster, expectation.master, expectation)
    this.#table.peek.at(expectation.master).expecting--
    this.#count--
    this.#table.stats.expectDelete++
  }

  /** What a connection has promised, newest first. */
  of(master: number): readonly Expectation[] {
    return this.#byMaster.get(master) ?? NONE
  }

  /** Takes back all that a connection has promised. Kernel: nf_ct_remove_expectations(). */
  removeAll(master: number): void {
    for (const expectation of [...this.of(master)]) this.remove(expectation)
  }

  /** All that stand now, in the order of their creation. */
  list(): Expectation[] {
    this.#expire()
    const all: Expectation[] = []
    for (const some of this.#byMaster.values()) for (const one of some) if (this.#stands(one)) all.push(one)
    return all.sort((a, b) => a.serial - b.serial)
  }

  #makeRoom(expectation: Expectation, most: number): void {
    let count = 0
    let oldest: Expectation | null = null
    for (const other of this.of(expectation.master)) {
      if (other.kind !== expectation.kind) continue
      count++
      oldest = other
    }
    if (oldest !== null && count >= most) this.remove(oldest)
  }

  #insert(expectation: Expectation, ticks: number): void {
    expectation.serial = ++this.#serial
    this.setTimeout(expectation, ticks)
    putFirst(this.#byDestination, keyOf(expectation.tuple), expectation)
    putFirst(this.#byMaster, expectation.master, expectation)
    this.#table.peek.at(expectation.master).expecting++
    this.#count++
    this.#table.stats.expectCreate++
  }

  /**
   * Neither expired nor promised by a connection that is.
   * @differs  the kernel honours the promises of an expired connection until something looks at it and removes it
   */
  #stands(expectation: Expectation): boolean {
    return expectation.deadline > this.#table.now && this.#table.peek.at(expectation.master).deadline > this.#table.now
  }

  /** Removes what has expired. One comparison when nothing has. */
  #expire(): void {
    const now = this.#table.now
    if (now < this.#nextDeadline) return
    this.#nextDeadline = Infinity
    for (const some of [...this.#byMaster.values()]) {
      for (const one of [...some]) {
        if (one.deadline <= now) this.remove(one)
        else this.#nextDeadline = Math.min(this.#nextDeadline, one.deadline)
      }
    }
  }
}

function putFirst(map: Map<number, Expectation[]>, key: number, expectation: Expectation): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [expectation])
  else list.unshift(expectation)
}

function takeOut(map: Map<number, Expectation[]>, key: number, expectation: Expectation): boolean {
  const list = map.get(key)
  const at = list === undefined ? -1 : list.indexOf(expectation)
  if (list === undefined || at < 0) return false
  if (list.length === 1) map.delete(key)
  else list.splice(at, 1)
  return true
}

/** Folds the destination into 30 bits. */
function keyOf(tuple: Tuple): number {
  let h = Math.imul(tuple.destination0, 0x9e3779b1) ^ Math.imul(tuple.ports & 0xffff, 0x85ebca6b) ^ tuple.proto
  if (tuple.isIpv6) {
    h ^= Math.imul(tuple.destination1 ^ Math.imul(tuple.destination2, 0x27d4eb2f), 0xc2b2ae35) ^ Math.imul(tuple.destination3, 0x165667b1)
  }
  return (h ^ (h >>> 15)) & 0x3fffffff
}

function sameDestination(a: Tuple, b: Tuple): boolean {
  return a.proto === b.proto && ((a.ports ^ b.ports) & 0xffff) === 0 && a.destination0 === b.destination0 &&
    (!a.isIpv6 || (a.destination1 === b.destination1 && a.destination2 === b.destination2 && a.destination3 === b.destination3))
}

/** The sources agree in the bits of a mask. */
function sameSource(a: Tuple, b: Tuple, mask0: number, mask1: number, mask2: number, mask3: number, maskPort: number): boolean {
  return ((a.source0 ^ b.source0) & mask0) === 0 && (((a.ports ^ b.ports) >>> 16) & maskPort) === 0 &&
    (!a.isIpv6 || ((((a.source1 ^ b.source1) & mask1) | ((a.source2 ^ b.source2) & mask2) | ((a.source3 ^ b.source3) & mask3)) === 0))
}

/** Kernel: nf_ct_exp_equal(). */
function meets(tuple: Tuple, e: Expectation): boolean {
  return sameDestination(tuple, e.tuple) && sameSource(tuple, e.tuple, e.mask0, e.mask1, e.mask2, e.mask3, e.maskPort)
}

/** Kernel: expect_matches(). */
function equals(a: Expectation, b: Expectation): boolean {
  return sameDestination(a.tuple, b.tuple) && sameSource(a.tuple, b.tuple, -1, -1, -1, -1, 0xffff) &&
    a.mask0 === b.mask0 && a.mask1 === b.mask1 && a.mask2 === b.mask2 && a.mask3 === b.mask3 && a.maskPort === b.maskPort
}

/** Some tuple could meet both. Kernel: expect_clash(). */
function overlaps(a: Expectation, b: Expectation): boolean {
  return sameDestination(a.tuple, b.tuple) &&
    sameSource(a.tuple, b.tuple, a.mask0 & b.mask0, a.mask1 & b.mask1, a.mask2 & b.mask2, a.mask3 & b.mask3, a.maskPort & b.maskPort)
}
