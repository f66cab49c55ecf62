// What a helper is, and what it is given: one packet of a connection it is attached to.
// Kernel: struct nf_conntrack_helper, nf_ct_expect_init(), nf_ct_helper_log() (v6.12).

import { AF_INET, AF_INET6 } from '../base/units.ts'
import type { Packet } from '../ip/packet.ts'
import { Connection } from '../table/connection.ts'
import { IPS_CONFIRMED, IPS_FIXED_TIMEOUT } from '../table/status.ts'
import type { Table } from '../table/table.ts'
import { Expectation, type Expectations, type Policy } from './expectations.ts'

/** A helper's log line has a prefix of its own, and no protocol's. */
const HELPER_LOG = 0

/** A helper reads the payload of the connections it is attached to, and promises others. */
export interface Helper {
  /** As /proc/net/nf_conntrack_expect prints it. */
  readonly name: string
  /** AF_INET or AF_INET6; 0 for both */
  readonly family: number
  /** IPPROTO_TCP or IPPROTO_UDP */
  readonly protocol: number
  /** The server's port it is attached to when the user names none; 0 when the user cannot attach it. */
  readonly port: number
  /** By the kind of expectation. */
  readonly policies: readonly Policy[]
  /** Reads one packet. @returns false when the packet is dropped */
  help(scene: Scene): boolean
  /** Forgets the connection it was attached to; the scene has no packet. One that never was confirmed ends too. */
  ended?(scene: Scene): void
}

/** A class of helpers, whatever it is made of. */
export type HelperClass = abstract new (...parts: never[]) => Helper

/** An IP address: four words, signed, in network order; an IPv4 address is its first word and three zeros. */
export type Address = Int32Array

/** One packet of a connection with a helper. There is one of these a table; it is re-aimed, not kept. */
export class Scene {
  readonly table: Table
  readonly expectations: Expectations
  /** Ticks a second. */
  readonly hz: number
  readonly conn: Connection
  packet!: Packet
  helper!: Helper
  /** ORIGINAL or REPLY */
  dir = 0
  /** The verdict is ESTABLISHED: there has been traffic both ways. False for NEW and RELATED. */
  established = false
  bytes!: Uint8Array
  /** First byte of the payload; `end` or more when there is none. Set by `tcp` and `udp`. */
  data = 0
  /** First byte behind the packet. */
  end = 0
  /** Ends another connection, as soon as nobody walks through the table. It is not found any more from now on. */
  readonly kill: (index: number) => void

  readonly #helpers: readonly Helper[]

  constructor(table: Table, expectations: Expectations, hz: number, helpers: readonly Helper[], kill: (index: number) => void) {
    this.table = table
    this.expectations = expectations
    this.hz = hz
    this.#helpers = helpers
    this.kill = kill
    this.conn = new Connection(table.records)
  }

  /** Finds a TCP payload. False when the TCP header does not fit or nothing follows it. */
  tcp(): boolean {
    const { packet } = this
    if (packet.end - packet.l4 < 20) return false
    this.data = packet.l4 + (packet.view.getUint8(packet.l4 + 12) >>> 4) * 4
    return this.data < this.end
  }

  /** Finds a UDP payload: what follows eight bytes of header. False when nothing does. */
  udp(): boolean {
    this.data = this.packet.l4 + 8
    return this.data < this.end
  }

  /** Says that the packet is dropped, and why; `a` is the number in the wording. */
  drop(reason: number, a = 0): false {
    this.packet.note(HELPER_LOG, reason, a)
    return false
  }

  /**
   * Gives the connection another timeout, without counting the packet.
   * @kernel  nf_ct_refresh() — v6.12
   */
  refresh(seconds: number): void {
    const { conn, table } = this
    if ((conn.status & IPS_FIXED_TIMEOUT) !== 0) return
    const ticks = Math.imul(seconds, this.hz) // too large a number of seconds wraps around
    if ((conn.status & IPS_CONFIRMED) !== 0) table.setTimeout(conn, ticks)
    else conn.deadline = table.now + ticks
  }

  /** The number of a helper that a promised connection is to have. */
  numberOf(kind: HelperClass): number {
    return this.#helpers.findIndex((helper) => helper instanceof kind) + 1
  }

  get isIpv6(): boolean { return this.conn.l3num === AF_INET6 }

  /** Where the packet came from, by the connection's tuple of its direction (`of` = 1: of the other). */
  source(dir = this.dir): Address {
    const { conn } = this
    return conn.l3num === AF_INET ? Int32Array.of(conn.source(dir), 0, 0, 0)
      : Int32Array.of(conn.source(dir), conn.source(dir, 1), conn.source(dir, 2), conn.source(dir, 3))
  }

  destination(dir = this.dir): Address {
    const { conn } = this
    return conn.l3num === AF_INET ? Int32Array.of(conn.destination(dir), 0, 0, 0)
      : Int32Array.of(conn.destination(dir), conn.destination(dir, 1), conn.destination(dir, 2), conn.destination(dir, 3))
  }

  /**
   * Makes an expectation of this connection, not yet in the table.
   *
   * @param kind         index into the helper's policies
   * @param source       null: from anywhere
   * @param sourcePort   -1: from any port
   * @kernel             nf_ct_expect_alloc(), nf_ct_expect_init() — v6.12
   */
  promise(
    kind: number, source: Address | null, destination: Address, protocol: number, sourcePort: number, destinationPort: number,
  ): Expectation {
    const { conn } = this
    const expectation = new Expectation(conn.index, this.helper, kind)
    const { tuple } = expectation
    tuple.proto = conn.l3num | (protocol << 8) | (conn.zone << 16)
    if (source !== null) {
      tuple.source0 = source[0] ?? 0
      tuple.source1 = source[1] ?? 0
      tuple.source2 = source[2] ?? 0
      tuple.source3 = source[3] ?? 0
      expectation.mask0 = -1
      if (conn.l3num === AF_INET6) expectation.mask1 = expectation.mask2 = expectation.mask3 = -1
    }
    tuple.destination0 = destination[0] ?? 0
    tuple.destination1 = destination[1] ?? 0
    tuple.destination2 = destination[2] ?? 0
    tuple.destination3 = destination[3] ?? 0
    if (sourcePort >= 0) expectation.maskPort = 0xffff
    tuple.ports = (Math.max(sourcePort, 0) << 16) | destinationPort
    tuple.seal()
    return expectation
  }
}

/** Two addresses are the same. */
export function sameAddress(a: Address, b: Address): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3]
}
