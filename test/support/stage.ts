// An engine that a test feeds IP packets, one by one, and what it says of each.

import { defaultSysctl, type Sysctl } from '../../src/base/sysctl.ts'
import { REPLY, VERDICT_NAMES } from '../../src/base/verdict.ts'
import { Frame } from '../../src/capture/frame.ts'
import { Engine } from '../../src/engine.ts'
import { stateName } from '../../src/protocols/state-name.ts'
import { Connection } from '../../src/table/connection.ts'
import { printProc } from '../../src/views/procfs.ts'
import { reasonText } from '../../src/views/reason-text.ts'
import { snapshot } from '../../src/views/snapshot.ts'

const START_SEC = 1_700_000_000
const ETHERNET = 14 // bytes

/** What was said of one packet: `NEW`, `ESTABLISHED reply`, `INVALID`, … and what was logged of it. */
export interface Outcome {
  readonly verdict: string
  readonly reason: string
}

export class Stage {
  readonly engine: Engine
  readonly #frame = new Frame()
  #ms = 0

  constructor(knobs: Partial<Sysctl> = {}) {
    this.engine = new Engine({ sysctl: { ...defaultSysctl(), ...knobs }, seed: 0x5eed })
    this.#frame.linkType = 1
  }

  /** Lets time go by, milliseconds. */
  wait(ms: number): this {
    this.#ms += ms
    return this
  }

  /** Feeds an IP packet of which the snap length leaves `captured` bytes. It lies in a buffer of just its size. */
  push(packet: Uint8Array, captured = packet.length): Outcome {
    const frame = this.#frame
    frame.bytes = new Uint8Array(ETHERNET + captured)
    frame.view = new DataView(frame.bytes.buffer)
    frame.view.setUint16(12, packet[0]! >>> 4 === 6 ? 0x86dd : 0x0800)
    frame.bytes.set(packet.subarray(0, captured), ETHERNET)
    frame.end = frame.bytes.length
    frame.wireLen = ETHERNET + packet.length
    frame.number++
    frame.sec = START_SEC + Math.floor(this.#ms / 1000)
    frame.nsec = (this.#ms % 1000) * 1_000_000
    this.engine.push(frame)
    const { packet: seen } = this.engine
    const verdict = VERDICT_NAMES[seen.verdict] ?? ''
    return { verdict: verdict + (seen.direction === REPLY ? ' reply' : ''), reason: reasonText(seen) }
  }

  /** The connections there are now, as /proc prints them without counters and what is the same for all. */
  table(): string[] {
    this.engine.advance(START_SEC * 1000 + this.#ms)
    return snapshot(this.engine).map((row) => printProc(row, { counters: false }).replace(/ mark=0.*$/, '').replace(/ +/g, ' '))
  }

  /** The one connection there is. Fails when there are none or more. */
  get connection(): Connection {
    const [index, ...more] = this.engine.table.visible()
    if (index === undefined || more.length > 0) throw new Error(`stage: ${String(index === undefined ? 0 : more.length + 1)} connections`)
    return new Connection(this.engine.table.records).at(index)
  }

  /** Its state by name. */
  get state(): string | null { return stateName(this.connection) }

  /** Seconds it has left. */
  get timeout(): number {
    return Math.floor((this.connection.deadline - (START_SEC * 1000 + this.#ms)) / 1000)
  }
}
