// What the kernel tells of its table over ctnetlink: connections that are new, changed, gone. `conntrack -E` prints it.
// Kernel: nf_ct_deliver_cached_events() in nf_conntrack_ecache.c, ctnetlink_conntrack_event() in nf_conntrack_netlink.c (v6.12).

import { NSEC_PER_SEC } from '../base/units.ts'
import type { Frame } from '../capture/frame.ts'
import type { Packet } from '../ip/packet.ts'
import { Connection } from '../table/connection.ts'
import { IPCT_DESTROY, IPCT_NEW, IPCT_RELATED, IPS_CONFIRMED, IPS_DYING } from '../table/status.ts'
import { END_TIMEOUT, type Table } from '../table/table.ts'
import type { Clock } from '../timers/clock.ts'

export const EVENT_NEW = 0
export const EVENT_UPDATE = 1
export const EVENT_DESTROY = 2

/** One event. There is one of these a watch: it is valid during the call it is given to. */
export class ConntrackEvent {
  /** EVENT_NEW, EVENT_UPDATE or EVENT_DESTROY */
  type = EVENT_NEW
  /** IPCT_… bits: what about the connection is told. */
  bits = 0
  /** END_…: why it is gone; 0 while it is not. */
  why = 0
  /** When: the packet's time, or when the connection's time was up. */
  sec = 0
  nsec = 0
  /** Number of the frame that caused it; 0 where time alone did. */
  frame = 0
  /** The present tick: what timeouts are counted from. */
  tick = 0
  /** The connection as it is now. */
  readonly conn: Connection

  constructor(table: Table) {
    this.conn = new Connection(table.records)
  }
}

export type OnEvent = (event: ConntrackEvent) => void

/** Tells the events of a table. Connections must expire in order (`ordered`). */
export class EventWatch {
  readonly #clock: Clock
  readonly #frame: Frame
  readonly #event: ConntrackEvent
  readonly #onEvent: OnEvent

  /**
   * @param frame    the frame that the tracker is given next, or has just been given
   * @param onEvent  called with each event, in the order of time
   */
  constructor(table: Table, clock: Clock, frame: Frame, onEvent: OnEvent) {
    this.#clock = clock
    this.#frame = frame
    this.#event = new ConntrackEvent(table)
    this.#onEvent = onEvent
    table.listen((index, why) => { this.#gone(index, why) })
  }

  /** To be called after each packet: what it did is told when it is through, in one event. */
  packet(packet: Packet): void {
    if (packet.events === 0 || packet.connection < 0) return
    const event = this.#event
    const { status } = event.conn.at(packet.connection)
    if ((status & (IPS_CONFIRMED | IPS_DYING)) !== IPS_CONFIRMED) return
    event.type = (packet.events & (IPCT_NEW | IPCT_RELATED)) !== 0 ? EVENT_NEW : EVENT_UPDATE
    event.bits = packet.events
    event.why = 0
    this.#byPacket(event)
    this.#onEvent(event)
  }

  #gone(index: number, why: number): void {
    const event = this.#event
    event.conn.at(index)
    event.type = EVENT_DESTROY
    event.bits = IPCT_DESTROY
    event.why = why
    if (why === END_TIMEOUT) this.#byTime(event, event.conn.deadline)
    else this.#byPacket(event)
    this.#onEvent(event)
  }

  #byPacket(event: ConntrackEvent): void {
    const { sec, nsec, number } = this.#frame
    if (this.#clock.tickOf(sec, nsec) < this.#clock.now) this.#byTime(event, this.#clock.now) // a frame older than one before it
    else {
      event.sec = sec
      event.nsec = nsec
      event.tick = this.#clock.now
    }
    event.frame = number
  }

  #byTime(event: ConntrackEvent, tick: number): void {
    const { hz } = this.#clock
    event.sec = Math.floor(tick / hz)
    event.nsec = Math.round((tick - event.sec * hz) * (NSEC_PER_SEC / hz))
    event.tick = tick
    event.frame = 0
  }
}
