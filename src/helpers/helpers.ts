// The helpers of one table: which connections they are attached to, what they have promised, who keeps the promises.
// Kernel: the helper parts of init_conntrack(), nf_confirm() and nf_ct_delete() (v6.12).

import type { Sysctl } from '../base/sysctl.ts'
import { AF_INET, IPPROTO_GRE, IPPROTO_NONE, IPPROTO_TCP, IPPROTO_UDP } from '../base/units.ts'
import { VERDICT_ESTABLISHED } from '../base/verdict.ts'
import type { Packet } from '../ip/packet.ts'
import type { Connection } from '../table/connection.ts'
import { IPS_EXPECTED } from '../table/status.ts'
import { END_KILLED, type Table } from '../table/table.ts'
import type { Tuple } from '../table/tuple.ts'
import { Expectations } from './expectations.ts'
import { Scene, type Helper } from './helper.ts'
import type { Attachment } from './registry.ts'

const PORTS = 65536
const TCP_HEADER = 20 // bytes
const UDP_HEADER = 8

export class Helpers {
  readonly expectations: Expectations
  /** By number - 1. */
  readonly #all: readonly Helper[]
  /** Number of the helper a new connection to a port gets, shape [TCP and UDP of IPv4, then of IPv6][port]; 0 none. */
  readonly #byPort = new Uint8Array(4 * PORTS)
  /** Some connections of this kind get a helper, shape as the first of `#byPort`. */
  readonly #attached = new Uint8Array(4)
  readonly #table: Table
  readonly #scene: Scene
  /** The connection that is ending. */
  readonly #ending: Scene
  /** Events of dropped packets, by connection. */
  readonly #held = new Map<number, number>()
  /** Numbers and serials of the connections to end. */
  readonly #doomed: number[] = []

  constructor(table: Table, sysctl: Sysctl, hz: number, helpers: readonly Helper[], attachments: readonly Attachment[]) {
    this.#table = table
    this.#all = helpers
    this.expectations = new Expectations(table, sysctl, hz)
    const kill = (index: number): void => { this.#kill(index) }
    this.#scene = new Scene(table, this.expectations, hz, helpers, kill)
    this.#ending = new Scene(table, this.expectations, hz, helpers, kill)
    for (const { helper, port } of attachments) this.#attach(helper, port)
    table.listen((index) => { this.#forget(index) })
  }

  /**
   * True for a packet that never reaches conntrack: a rule that attaches a helper looks for a port, and drops a packet whose
   * header is too short to have one.
   * @kernel  tcp_mt(), udp_mt() in xt_tcpudp.c; ip6_packet_match() — v6.12
   */
  cannotRead(packet: Packet): boolean {
    const row = packet.version === 4 ? 0 : 2
    if (packet.l4 < 0) return row === 2 && packet.protocol !== IPPROTO_NONE && (this.#attached[2] !== 0 || this.#attached[3] !== 0)
    const room = packet.end - packet.l4
    return packet.protocol === IPPROTO_TCP ? room < TCP_HEADER && this.#attached[row] !== 0
      : packet.protocol === IPPROTO_UDP && room < UDP_HEADER && this.#attached[row + 1] !== 0
  }

  /** The helper a connection has. */
  of(conn: Connection): Helper | null { return this.#all[conn.helper - 1] ?? null }

  /**
   * Looks whether a new, unconfirmed connection was promised; else gives it the helper of its port.
   * @kernel  init_conntrack(), the part below the allocation; __nf_ct_try_assign_helper() — v6.12
   */
  opened(conn: Connection, tuple: Tuple): void {
    const expectation = this.expectations.empty ? null : this.expectations.claim(tuple)
    if (expectation === null) {
      conn.helper = this.#helperFor(tuple)
      return
    }
    const master = this.#table.peek.at(expectation.master)
    conn.status |= IPS_EXPECTED
    conn.master = expectation.master + 1
    conn.masterSerial = master.serial
    conn.mark = master.mark
    conn.helper = expectation.helper
    this.#table.stats.expectNew++
    if (expectation.onMet !== null) expectation.onMet(expectation)
  }

  /**
   * Lets the helper of a connection read a packet.
   * @returns  false when the packet is dropped
   * @kernel   nf_confirm() — v6.12
   */
  help(conn: Connection, packet: Packet, dir: number): boolean {
    const helper = this.#all[conn.helper - 1]
    if (helper === undefined) return true
    packet.makeWhole()
    this.#takeHeld(conn.index, packet)
    const scene = this.#scene
    scene.conn.at(conn.index)
    scene.packet = packet
    scene.helper = helper
    scene.dir = dir
    scene.established = packet.verdict === VERDICT_ESTABLISHED
    scene.bytes = packet.bytes
    scene.end = packet.end
    if (helper.help(scene)) return true
    if (packet.events !== 0) this.#held.set(conn.index, packet.events)
    packet.events = 0
    return false
  }

  /** What a dropped packet did to its connection is told with the next one that passes. Kernel: nf_ct_deliver_cached_events(). */
  #takeHeld(index: number, packet: Packet): void {
    if (this.#held.size === 0) return
    packet.events |= this.#held.get(index) ?? 0
    this.#held.delete(index)
  }

  /** Forgets an unconfirmed connection that is not to be. */
  discarded(conn: Connection): void {
    if (conn.helper !== 0 || conn.master !== 0) this.#forget(conn.index)
  }

  /** Some connections have been killed and not ended yet. */
  get isUnsettled(): boolean { return this.#doomed.length !== 0 }

  /** Ends the connections that helpers have killed, now that nobody walks through the table. */
  settle(): void {
    const { peek } = this.#table
    for (let i = 0; i < this.#doomed.length; i += 2) {
      const conn = peek.at(this.#doomed[i] ?? 0)
      if (conn.l3num !== 0 && conn.serial === this.#doomed[i + 1]) this.#table.end(conn.index, END_KILLED)
    }
    this.#doomed.length = 0
  }

  #attach(helper: Helper, port: number): void {
    const number = this.#all.indexOf(helper) + 1
    for (const isIpv6 of [0, 1]) {
      if (helper.family !== 0 && (helper.family === AF_INET) !== (isIpv6 === 0)) continue
      const row = isIpv6 * 2 + (helper.protocol === IPPROTO_UDP ? 1 : 0)
      this.#attached[row] = 1
      if (this.#byPort[row * PORTS + port] === 0) this.#byPort[row * PORTS + port] = number
    }
  }

  #helperFor(tuple: Tuple): number {
    const protocol = tuple.protocol
    if (protocol !== IPPROTO_TCP && protocol !== IPPROTO_UDP) return 0
    const row = (tuple.isIpv6 ? 2 : 0) + (protocol === IPPROTO_UDP ? 1 : 0)
    return this.#byPort[row * PORTS + tuple.destinationPort] ?? 0
  }

  #forget(index: number): void {
    const conn = this.#ending.conn.at(index)
    const helper = this.of(conn)
    if (helper !== null) {
      this.#held.delete(index)
      helper.ended?.(this.#ending)
      if (conn.expecting !== 0) this.expectations.removeAll(index)
    } else if (conn.protocol === IPPROTO_GRE && conn.master !== 0) this.#forgetKeys(conn)
  }

  /** With a tunnel the keys of its control connection go. Kernel: destroy_gre_conntrack(). */
  #forgetKeys(tunnel: Connection): void {
    const master = this.#table.peek.at(tunnel.master - 1)
    if (master.l3num !== 0 && master.serial === tunnel.masterSerial) this.#table.greKeys.remove(master.index)
  }

  /** Takes a connection out of sight; settle ends it. */
  #kill(index: number): void {
    const conn = this.#table.peek.at(index)
    conn.deadline = this.#table.now
    this.#doomed.push(index, conn.serial)
  }
}
