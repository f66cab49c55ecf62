// The cursor over a connection's record. It costs nothing and keeps the layout in one place: re-aim it with `at`, never
// keep it across packets. `words[…]!` is legal in cursor files and nowhere else.

import {
  ADDR, ADDR6, BYTES_F64, CREATED_F64, DEADLINE_F64, EXPECTING, HASH, HELPER, MARK, MASTER, MASTER_SERIAL, NOTE, PACKETS_F64, PORTS,
  PRIVATE, PROTO, RECORD_WORDS, SERIAL, STATUS,
} from './layout.ts'
import type { Records } from './records.ts'
import type { Tuple } from './tuple.ts'
import { IPS_ASSURED, IPS_CONFIRMED, IPS_FIXED_TIMEOUT, IPS_SEEN_REPLY } from './status.ts'

/** A cursor over one connection. */
export class Connection {
  readonly #records: Records
  words: Int32Array
  doubles: Float64Array
  /** First word of the record in `words`. */
  base = 0
  /** Number of the record. */
  index = 0

  constructor(records: Records) {
    this.#records = records
    this.words = records.words
    this.doubles = records.doubles
  }

  /** Aims the cursor at a record. */
  at(index: number): this {
    const { words } = this.#records
    if (this.words !== words) { // the records have moved: rare, and storing a reference costs more than the question
      this.words = words
      this.doubles = this.#records.doubles
    }
    this.index = index
    this.base = index * RECORD_WORDS
    return this
  }

  /** First private word of the protocol, in `words`. */
  get privateBase(): number { return this.base + PRIVATE }

  get l3num(): number { return this.words[this.base + PROTO]! & 255 }
  get protocol(): number { return (this.words[this.base + PROTO]! >>> 8) & 255 }
  get zone(): number { return this.words[this.base + PROTO]! >>> 16 }

  get status(): number { return this.words[this.base + STATUS]! }
  set status(bits: number) { this.words[this.base + STATUS] = bits }
  get confirmed(): boolean { return (this.words[this.base + STATUS]! & IPS_CONFIRMED) !== 0 }
  get seenReply(): boolean { return (this.words[this.base + STATUS]! & IPS_SEEN_REPLY) !== 0 }
  get assured(): boolean { return (this.words[this.base + STATUS]! & IPS_ASSURED) !== 0 }

  /** Tick at which the entry is gone; before it is confirmed too. */
  get deadline(): number { return this.doubles[(this.base + DEADLINE_F64) >>> 1]! }
  set deadline(tick: number) { this.doubles[(this.base + DEADLINE_F64) >>> 1] = tick }

  /** Tick of confirmation. */
  get created(): number { return this.doubles[(this.base + CREATED_F64) >>> 1]! }
  set created(tick: number) { this.doubles[(this.base + CREATED_F64) >>> 1] = tick }

  /** Of its original tuple (hash.ts), once it is in the table. */
  get hash(): number { return this.words[this.base + HASH]! }
  get serial(): number { return this.words[this.base + SERIAL]! }
  get mark(): number { return this.words[this.base + MARK]! }
  set mark(value: number) { this.words[this.base + MARK] = value }
  /** The master's record + 1; 0 when nothing promised this connection. */
  get master(): number { return this.words[this.base + MASTER]! }
  set master(link: number) { this.words[this.base + MASTER] = link }
  get masterSerial(): number { return this.words[this.base + MASTER_SERIAL]! }
  set masterSerial(serial: number) { this.words[this.base + MASTER_SERIAL] = serial }
  /** Number of the attached helper; 0 when none. */
  get helper(): number { return this.words[this.base + HELPER]! }
  set helper(number: number) { this.words[this.base + HELPER] = number }
  /** Number of the helper of the connection that promised this one; 0 when that has none, or is gone. */
  get masterHelper(): number {
    const base = (this.master - 1) * RECORD_WORDS
    return base < 0 || this.words[base + PROTO] === 0 || this.words[base + SERIAL] !== this.masterSerial ? 0 : this.words[base + HELPER]!
  }

  /** A number for an onlooker's own use, gone with the connection; the tracker does not look at it. */
  get note(): number { return this.words[this.base + NOTE]! }
  set note(value: number) { this.words[this.base + NOTE] = value }

  /** Reads the original tuple of the connection that promised this one. False when it is gone. */
  loadMaster(tuple: Tuple): boolean {
    const base = (this.master - 1) * RECORD_WORDS
    if (base < 0 || this.words[base + PROTO] === 0 || this.words[base + SERIAL] !== this.masterSerial) return false
    tuple.load(this.words, base, 0)
    return true
  }

  get expecting(): number { return this.words[this.base + EXPECTING]! }
  set expecting(count: number) { this.words[this.base + EXPECTING] = count }

  /** Source port, or the ICMP identifier, or the GRE key of the source. */
  sourcePort(dir: number): number { return this.words[this.base + PORTS + dir]! >>> 16 }
  /** Destination port, or ICMP type << 8 | code, or the GRE key of the destination. */
  destinationPort(dir: number): number { return this.words[this.base + PORTS + dir]! & 0xffff }
  setPorts(dir: number, source: number, destination: number): void {
    this.words[this.base + PORTS + dir] = (source << 16) | destination
  }

  /** Word `i` (0-3) of the source address; IPv4 has word 0 only. */
  source(dir: number, i = 0): number {
    return i === 0 ? this.words[this.base + ADDR + dir * 2]! : this.words[this.base + ADDR6 + dir * 6 + i - 1]!
  }

  /** Word `i` (0-3) of the destination address. */
  destination(dir: number, i = 0): number {
    return i === 0 ? this.words[this.base + ADDR + dir * 2 + 1]! : this.words[this.base + ADDR6 + dir * 6 + 3 + i - 1]!
  }

  packets(dir: number): number { return this.doubles[(this.base + PACKETS_F64 + dir * 4) >>> 1]! }
  bytes(dir: number): number { return this.doubles[(this.base + BYTES_F64 + dir * 4) >>> 1]! }
  /**
   * Counts one packet of `length` bytes and gives the connection until `tick`, where nothing holds its deadline fast.
   * @returns  whether that took time from a connection that is in the table
   */
  refresh(tick: number, dir: number, length: number): boolean {
    const { base, doubles } = this
    const counted = (base + PACKETS_F64 + dir * 4) >>> 1
    doubles[counted] = doubles[counted]! + 1
    doubles[counted + 1] = doubles[counted + 1]! + length
    const status = this.words[base + STATUS]!
    if ((status & IPS_FIXED_TIMEOUT) !== 0) return false
    const at = (base + DEADLINE_F64) >>> 1
    const before = doubles[at]!
    doubles[at] = tick
    return tick < before && (status & IPS_CONFIRMED) !== 0
  }

  /** Counts one packet of `length` bytes. Kernel: nf_ct_acct_update(). */
  account(dir: number, length: number): void {
    const at = (this.base + PACKETS_F64 + dir * 4) >>> 1
    this.doubles[at] = this.doubles[at]! + 1
    this.doubles[at + 1] = this.doubles[at + 1]! + length
  }

  /** Clears the protocol's private words. */
  clearPrivate(): void {
    this.words.fill(0, this.base + PRIVATE, this.base + PRIVATE + 16)
  }
}
