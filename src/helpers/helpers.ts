// The helpers of one table: which connections they are attached to, what they have promised, who keeps the promises.
// Kernel: the helper parts of init_conntrack(), nf_confirm() and nf_ct_delete() (v6.12).

import type { Sysctl } from '../base/sysctl.ts'
import { AF_INET, IPPROTO_TCP, IPPROTO_UDP } from '../base/units.ts'
import { VERDICT_ESTABLISHED } from '../base/verdict.ts'
import type { Packet } from '../ip/packet.ts'
import { Connection } from '../table/connection.ts'
import { IPS_EXPECTED } from '../table/status.ts'
import type { Table } from '../table/table.ts'
import type { Tuple } from '../table/tuple.ts'
import { Expectations } from './expectations.ts'
import { Scene, type Helper } from './helper.ts'
import type { Attachment } from './registry.ts'

const PORTS = 65536

export class Helpers {
  readonly expectations: Expectations
  /** By number - 1. */
  readonly #all: readonly Helper[]
  /** Number of the helper a new connection to a port gets, shape [TCP and UDP of IPv4, then of IPv6][port]; 0 none. */
  readonly #byPort = new Uint8Array(4 * PORTS)
  readonly #table: Table
  readonly #scene: Scene
  readonly #ending: Connection

  constructor(table: Table, sysctl: Sysctl, hz: number, helpers: readonly Helper[], attachments: readonly Attachment[]) {
    this.#table = table
    this.#all = helpers
    this.expectations = new Expectations(table, sysctl, hz)
    this.#scene = new Scene(table, this.expectations, hz)
    this.#ending = new Connection(table.records)
    for (const { helper, port } of attachments) this.#attach(helper, port)
    table.listen((index) => { this.#forget(index) })
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
    if (expectation.onMet !== null) expectation.onMet(conn)
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
    const scene = this.#scene
    scene.conn.at(conn.index)
    scene.packet = packet
    scene.helper = helper
    scene.dir = dir
    scene.established = packet.verdict === VERDICT_ESTABLISHED
    scene.bytes = packet.bytes
    scene.end = packet.end
    return helper.help(scene)
  }

  /** Forgets an unconfirmed connection that is not to be. */
  discarded(conn: Connection): void {
    if (conn.helper !== 0) this.#forget(conn.index)
  }

  #attach(helper: Helper, port: number): void {
    const number = this.#all.indexOf(helper) + 1
    for (const isIpv6 of [0, 1]) {
      if (helper.family !== 0 && (helper.family === AF_INET) !== (isIpv6 === 0)) continue
      const at = (isIpv6 * 2 + (helper.protocol === IPPROTO_UDP ? 1 : 0)) * PORTS + port
      if (this.#byPort[at] === 0) this.#byPort[at] = number
    }
  }

  #helperFor(tuple: Tuple): number {
    const protocol = tuple.protocol
    if (protocol !== IPPROTO_TCP && protocol !== IPPROTO_UDP) return 0
    const row = (tuple.isIpv6 ? 2 : 0) + (protocol === IPPROTO_UDP ? 1 : 0)
    return this.#byPort[row * PORTS + tuple.destinationPort] ?? 0
  }

  #forget(index: number): void {
    const conn = this.#ending.at(index)
    const helper = this.of(conn)
    if (helper === null) return
    helper.ended?.(conn)
    if (conn.expecting !== 0) this.expectations.removeAll(index)
  }
}
