// What every protocol's tracker is given, and what it is: one function that says what a packet does to a connection.

import type { Sysctl } from '../base/sysctl.ts'
import type { Packet } from '../ip/packet.ts'
import type { Connection } from '../table/connection.ts'
import { END_KILLED, type Table } from '../table/table.ts'

/** A protocol's part of conntrack. */
export interface Tracker {
  /**
   * What a packet does to its connection. An unconfirmed connection is one that this packet would open.
   * @param dir  ORIGINAL or REPLY
   * @returns    ACCEPT, INVALID, DROP or REPEAT (base/verdict.ts)
   */
  packet(conn: Connection, packet: Packet, dir: number): number
}

/** The surroundings of the trackers: the table, the knobs, the clock's rate. */
export class Tracking {
  readonly table: Table
  readonly sysctl: Sysctl
  /** Ticks a second. */
  readonly hz: number

  constructor(table: Table, sysctl: Sysctl, hz: number) {
    this.table = table
    this.sysctl = sysctl
    this.hz = hz
  }

  /**
   * Gives a connection `timeout` ticks from now and counts the packet.
   * @kernel  nf_ct_refresh_acct() — v6.12
   */
  refresh(conn: Connection, packet: Packet, dir: number, timeout: number): void {
    if (conn.refresh(this.table.now + timeout, dir, packet.length)) this.table.wheel.hasten(conn.index)
  }

  /**
   * Counts the packet and ends the connection. The record stays readable until the next one is taken.
   * @kernel  nf_ct_kill_acct() — v6.12
   */
  kill(conn: Connection, packet: Packet, dir: number): void {
    conn.account(dir, packet.length)
    this.table.end(conn.index, END_KILLED)
  }
}
