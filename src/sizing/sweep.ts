// One knob at several values, all in one pass: how large the table gets, against how many connections are forgotten in use.

import type { Knob, Sysctl } from '../base/sysctl.ts'
import { findKnob, setKnob } from '../base/sysctl-text.ts'
import { UsageError } from '../base/errors.ts'
import { IPPROTO_TCP } from '../base/units.ts'
import { VERDICT_NEW } from '../base/verdict.ts'
import type { Frame } from '../capture/frame.ts'
import { Engine, type EngineOptions } from '../engine.ts'
import type { Packet } from '../ip/packet.ts'
import { Connection } from '../table/connection.ts'
import { IPCT_NEW, IPCT_RELATED } from '../table/status.ts'

const MOST_VALUES = 16
const LONGEST = 2_147_483 // seconds: what a timeout can be at most
const OPENS = IPCT_NEW | IPCT_RELATED

/** A knob and the values to try. */
export interface SweepPlan {
  readonly knob: Knob
  readonly values: readonly number[]
}

/** What one value came to. */
export interface SweepRow {
  readonly value: number
  readonly peak: number
  /** At the end. */
  readonly entries: number
  /** Connections of which a packet came that is no beginning, when this value had no entry for it any more. */
  readonly forgotten: number
  /** INVALID packets. */
  readonly invalid: number
}

/** Reads `tcp_timeout_established=300,3600`. @throws UsageError */
export function parseSweep(text: string): SweepPlan {
  const [name = '', list = ''] = text.split('=')
  const knob = findKnob(name)
  if (knob === null || (!knob.includes('timeout') && knob !== 'max')) {
    throw new UsageError(`--sweep ${text}: write a timeout or max, and its values: tcp_timeout_established=300,3600,86400`)
  }
  const values = list.split(',').map((value) => {
    const sysctl = {} as Sysctl
    setKnob(sysctl, knob, value)
    return sysctl[knob]
  })
  if (values.length > MOST_VALUES) throw new UsageError(`--sweep ${text}: ${String(MOST_VALUES)} values at most`)
  return { knob, values }
}

/** The settings under which nothing is forgotten that a sweep is about: what its worlds are held against. */
export const unforgetting = (sysctl: Sysctl, { knob }: SweepPlan): Sysctl => ({ ...sysctl, [knob]: knob === 'max' ? 0 : LONGEST })

interface World {
  readonly value: number
  readonly engine: Engine
  peak: number
  /** Serial numbers of connections of the replay's engine. */
  readonly forgotten: Set<number>
}

/** Runs a world a value beside a replay that forgets nothing (`unforgetting`, `ordered`): `onPacket: sweep.packet`. */
export class Sweep {
  readonly #worlds: readonly World[]
  #conn: Connection | null = null

  constructor(plan: SweepPlan, options: EngineOptions & { readonly sysctl: Sysctl }) {
    this.#worlds = plan.values.map((value) => ({
      value, peak: 0, forgotten: new Set(),
      engine: new Engine({ ...options, sysctl: { ...options.sysctl, [plan.knob]: value }, copies: 'track', ordered: true }),
    }))
  }

  /** Gives every world the frame that the replay's engine has just taken. */
  readonly packet = (base: Engine, frame: Frame): void => {
    const { packet } = base
    if (packet.copyOf !== 0) return // of what all have seen
    const isInUse = packet.connection >= 0 && packet.verdict >= VERDICT_NEW && (packet.events & OPENS) === 0 && !isBeginning(packet)
    for (const world of this.#worlds) {
      const { engine } = world
      engine.push(frame)
      if (engine.table.records.live > world.peak) world.peak = engine.table.records.live
      if (!isInUse) continue
      if (engine.packet.verdict >= VERDICT_NEW && (engine.packet.events & OPENS) === 0) continue
      this.#conn ??= new Connection(base.table.records)
      world.forgotten.add(this.#conn.at(packet.connection).serial)
    }
  }

  /** To be called when the replay is over: a row a value. */
  rows(base: Engine): SweepRow[] {
    return this.#worlds.map(({ value, engine, peak, forgotten }) => {
      engine.advance(base.clock.now)
      return { value, peak, entries: engine.table.visible().length, forgotten: forgotten.size, invalid: engine.table.stats.invalid }
    })
  }
}

/** A SYN asks for a new connection: whoever sends it counts on nothing that went before. */
function isBeginning(packet: Packet): boolean {
  return packet.protocol === IPPROTO_TCP && packet.captured - packet.l4 > 13 && (packet.view.getUint8(packet.l4 + 13) & 0x16) === 0x02
}
