// Watches a replay beside a machine's table: which connection belongs to which entry, when its packets came, and what each did.

import { NSEC_PER_SEC } from '../../base/units.ts'
import { END, type When } from '../../base/when.ts'
import type { Frame } from '../../capture/frame.ts'
import type { Engine } from '../../engine.ts'
import { Connection } from '../../table/connection.ts'
import { stateName } from '../../protocols/state-name.ts'
import { HAS_AGE, HAS_COUNTERS, HAS_TIMEOUT, AGE, ASSURED, SEEN_REPLY, STATUS_UNKNOWN, TIMEOUT } from '../entries.ts'
import { Agreement } from './agreement.ts'
import type { MachineTable, Side } from './machine-table.ts'
import { SIDES } from './machine-table.ts'

const NOBODY = -1
const KEPT = 8        // packets of a connection that are remembered
const FIELDS = 3      // of a packet: frame, tick, deadline after it
const MOST = 100_000  // entries whose packets are remembered

/** A packet of a connection, and what it did to its timeout. */
export interface SeenPacket {
  readonly frame: number
  /** Ticks. */
  readonly tick: number
  readonly deadline: number
}

export class CaptureWatch {
  readonly agreement: Agreement
  readonly #machine: MachineTable
  readonly #conn: Connection
  readonly #engine: Engine
  /** By record: its serial, the machine's entry, and by which side it was found. */
  #serials = new Int32Array(0)
  #numbers = new Int32Array(0)
  #sides = new Uint8Array(0)
  /** By entry: frames of the first and the last packet; 0 for none. */
  readonly firstFrame: Float64Array
  readonly lastFrame: Float64Array
  readonly firstTick: Float64Array
  /** Tick of the first packet of all; null before there is one. */
  startTick: number | null = null
  readonly #history: Float64Array
  readonly #historyCount: Float64Array

  constructor(engine: Engine, machine: MachineTable) {
    const { length } = machine.entries
    this.#engine = engine
    this.#machine = machine
    this.#conn = new Connection(engine.table.records)
    this.firstFrame = new Float64Array(length)
    this.lastFrame = new Float64Array(length)
    this.firstTick = new Float64Array(length)
    this.#history = new Float64Array(length > MOST ? 0 : length * KEPT * FIELDS)
    this.#historyCount = new Float64Array(length)
    this.agreement = new Agreement(length, engine.clock.hz)
    for (let i = 0; i < length; i++) {
      const { entries } = machine
      const flags = entries.flags(i)
      this.agreement.expect(i, (flags & HAS_TIMEOUT) === 0 ? null : entries.word(i, TIMEOUT) >>> 0,
        (flags & HAS_AGE) === 0 ? null : entries.word(i, AGE) >>> 0)
    }
    engine.table.listen((index) => { this.#ended(index) })
  }

  /** To be called for every packet, right after the engine took it. */
  onPacket(engine: Engine, frame: Frame): void {
    const { packet } = engine
    this.startTick ??= engine.clock.now
    if (packet.connection < 0) return
    const conn = this.#conn.at(packet.connection)
    const number = this.#numberOf(conn)
    if (number === NOBODY) return
    const tick = engine.clock.now
    if (this.firstFrame[number] === 0) {
      this.firstFrame[number] = frame.number
      this.firstTick[number] = tick
    }
    this.lastFrame[number] = frame.number
    if (this.#history.length > 0) this.#remember(number, frame.number, tick, conn.deadline)
    if (this.#sides[packet.connection] !== 0) return // the other side of the machine: its state and counters are not the entry's
    this.agreement.set(number, tick, {
      isLike: this.#isLike(conn, number), isCounted: this.#isCounted(conn, number), deadline: conn.deadline, created: conn.created,
    })
  }

  /** The machine's entry for a connection in the table now. */
  entryOf(index: number): { readonly number: number, readonly side: Side } | null {
    const number = this.#numberOf(this.#conn.at(index))
    return number === NOBODY ? null : { number, side: SIDES[this.#sides[index] ?? 0] ?? 'original' }
  }

  /** The instant at which both agree best; the end where they never do. To be asked once, when the capture is over. */
  instant(): When {
    const tick = this.agreement.best()
    if (tick === null) return END
    const { hz } = this.#engine.clock
    const sec = Math.floor(tick / hz)
    return { kind: 'time', time: { sec, nsec: (tick - sec * hz) * (NSEC_PER_SEC / hz) }, text: 'auto' }
  }

  /** The last packets of an entry's connection so far, the latest first. */
  packetsOf(number: number): SeenPacket[] {
    const count = this.#historyCount[number] ?? 0
    const packets: SeenPacket[] = []
    for (let i = count - 1; i >= 0 && i > count - 1 - KEPT; i--) {
      const at = (number * KEPT + i % KEPT) * FIELDS
      packets.push({ frame: this.#history[at] ?? 0, tick: this.#history[at + 1] ?? 0, deadline: this.#history[at + 2] ?? 0 })
    }
    return packets
  }

  #remember(number: number, frame: number, tick: number, deadline: number): void {
    const count = this.#historyCount[number] ?? 0
    const at = (number * KEPT + count % KEPT) * FIELDS
    this.#history[at] = frame
    this.#history[at + 1] = tick
    this.#history[at + 2] = deadline
    this.#historyCount[number] = count + 1
  }

  #numberOf(conn: Connection): number {
    const { index, serial } = conn
    if (index >= this.#serials.length) this.#widen(index)
    if (this.#serials[index] !== serial) {
      const found = this.#machine.findConnection(conn)
      this.#serials[index] = serial
      this.#numbers[index] = found?.number ?? NOBODY
      this.#sides[index] = found === null ? 0 : SIDES.indexOf(found.side)
    }
    return this.#numbers[index] ?? NOBODY
  }

  #widen(index: number): void {
    const length = Math.max(1024, (index + 1) * 2)
    const wider = <T extends Int32Array | Uint8Array>(from: T, to: T): T => {
      to.set(from)
      return to
    }
    this.#serials = wider(this.#serials, new Int32Array(length))
    this.#numbers = wider(this.#numbers, new Int32Array(length))
    this.#sides = wider(this.#sides, new Uint8Array(length))
  }

  #isLike(conn: Connection, number: number): boolean {
    const { entries } = this.#machine
    const flags = entries.flags(number)
    const state = entries.stateName(number)
    if (state !== null && state !== stateName(conn)) return false
    return (flags & STATUS_UNKNOWN) !== 0 || (conn.seenReply === ((flags & SEEN_REPLY) !== 0) && conn.assured === ((flags & ASSURED) !== 0))
  }

  #isCounted(conn: Connection, number: number): boolean {
    const { entries } = this.#machine
    if ((entries.flags(number) & HAS_COUNTERS) === 0) return false
    return conn.packets(0) === entries.counter(number, 0) && conn.packets(1) === entries.counter(number, 2) &&
      conn.bytes(0) === entries.counter(number, 1) && conn.bytes(1) === entries.counter(number, 3)
  }

  #ended(index: number): void {
    if (index >= this.#serials.length || this.#serials[index] !== this.#conn.at(index).serial) return
    const number = this.#numbers[index] ?? NOBODY
    if (number !== NOBODY && this.#sides[index] === 0) this.agreement.end(number, this.#engine.clock.now)
  }
}
