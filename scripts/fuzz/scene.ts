// A random script in the making. Our own engine runs along, so that the next packet can be aimed at the bounds it tracks.

import { Connection } from '../../src/table/connection.ts'
import { TCP_STATES } from '../../src/protocols/tcp/transitions.ts'
import { TcpShared, TcpSide } from '../../src/protocols/tcp/words.ts'
import { Compiler, type Variant } from '../../test/support/script/compile.ts'
import { type Flow, PROTOCOLS, type Script, type Step } from '../../test/support/script/script.ts'
import { Ours } from '../kernel/ours.ts'
import type { Random } from '../lib/random.ts'

export const START_NS = 1_700_000_000_000_000_000n

/** What the tracker knows of a TCP connection, seen from who sends next. */
export interface TcpView {
  readonly state: string
  /** The next packet goes the way the first one went. */
  readonly isOriginal: boolean
  readonly sender: TcpSide
  readonly receiver: TcpSide
  readonly shared: TcpShared
}

export type Draft = Omit<Step, 'at' | 'expected'>

export class Scene {
  readonly random: Random
  readonly flows: Flow[] = []
  readonly steps: Step[] = []
  readonly variant: Variant
  readonly #knobs: readonly string[]
  readonly #ours: Ours
  readonly #compiler: Compiler
  readonly #connection: Connection
  readonly #sender = new TcpSide()
  readonly #receiver = new TcpSide()
  readonly #shared = new TcpShared()
  /** By flow: the connection's record and which of its directions `>` is. */
  readonly #known = new Map<string, { index: number, serial: number, flip: number }>()
  /** Seconds from the start. */
  now = 0

  constructor(random: Random, variant: Variant, knobs: readonly string[]) {
    this.random = random
    this.variant = variant
    this.#knobs = knobs
    this.#ours = new Ours(knobs, 1000, 1023)
    this.#compiler = new Compiler(variant)
    this.#connection = new Connection(this.#ours.engine.table.records)
  }

  addFlow(flow: Flow): void {
    this.flows.push(flow)
    this.#compiler.addFlow(flow)
  }

  /** Sends a packet, or (with `isSent` false) only keeps it to be quoted. */
  add(draft: Draft, isSent = true): void {
    const step: Step = { ...draft, at: isSent ? this.now : null, expected: { reasons: [], lines: [] } }
    this.steps.push(step)
    const bytes = this.#compiler.add(step)
    if (!isSent) return
    this.#ours.packet(bytes, START_NS + BigInt(Math.round(this.now * 1e9)))
    const { engine } = this.#ours
    const { connection, direction } = engine.packet
    if (connection < 0 || step.payload.protocol === 'icmp') return
    this.#known.set(step.flow, { index: connection, serial: this.#connection.at(connection).serial, flip: direction ^ step.dir })
  }

  /** What is known of a flow's connection when `dir` sends next; null when there is none. */
  tcp(flow: Flow, dir: number): TcpView | null {
    const known = this.#known.get(flow.name)
    if (known === undefined) return null
    const conn = this.#connection.at(known.index)
    const isOver = !conn.confirmed || conn.serial !== known.serial || conn.deadline <= this.#ours.engine.clock.now
    if (isOver || conn.protocol !== PROTOCOLS.tcp) return null
    const direction = dir ^ known.flip
    const shared = this.#shared.at(conn)
    return {
      state: TCP_STATES[shared.state]!, isOriginal: direction === 0, shared,
      sender: this.#sender.at(conn, direction), receiver: this.#receiver.at(conn, 1 - direction),
    }
  }

  script(): Script {
    const { flows, steps, variant } = this
    return {
      comment: [], sysctl: this.#knobs, only: variant.isIpv6 ? 6 : 4, initial: variant.initial, flows, steps, moments: [],
    }
  }
}
