// Our engine, asked as the kernel is: IP packets in; verdicts, log lines, the table out.

import { setKnob } from '../../src/base/sysctl-text.ts'
import { defaultSysctl, type Sysctl } from '../../src/base/sysctl.ts'
import { NSEC_PER_SEC } from '../../src/base/units.ts'
import { Frame } from '../../src/capture/frame.ts'
import { Engine } from '../../src/engine.ts'
import { packetRowOf } from '../../src/views/packet-row.ts'
import { printProc } from '../../src/views/procfs.ts'
import { snapshot } from '../../src/views/snapshot.ts'

const ETHERNET = 14 // bytes
const MOST_CONNECTIONS = 65_536 // in one comparison; the kernel's bound is not reached either
const SEED = 1 // of the hash, so that a run can be repeated

/** What was said of one packet. */
export interface OurAnswer {
  readonly verdict: string
  readonly reasons: readonly string[]
}

export class Ours {
  readonly engine: Engine
  readonly #frame = new Frame()

  /**
   * @param knobs  `name=value`, whole names or short ones
   * @param most   connections there may be
   */
  constructor(knobs: readonly string[] = [], hz = 1000, most = MOST_CONNECTIONS) {
    this.engine = new Engine({ sysctl: sysctlOf(knobs, most), hz, seed: SEED })
  }

  /** Feeds one IP packet. @param ns since the epoch */
  packet(ip: Uint8Array, ns: bigint): OurAnswer {
    const bytes = new Uint8Array(ETHERNET + ip.length)
    bytes.set(ip[0]! >>> 4 === 6 ? [0x86, 0xdd] : [8, 0], 12)
    bytes.set(ip, ETHERNET)
    const frame = this.#frame
    frame.number++
    frame.bytes = bytes
    frame.view = new DataView(bytes.buffer)
    frame.end = frame.wireLen = bytes.length
    frame.linkType = 1
    return this.push(frame, ns)
  }

  /** Feeds a frame at another time than it was captured. */
  push(frame: Frame, ns: bigint): OurAnswer {
    frame.sec = Number(ns / 1_000_000_000n)
    frame.nsec = Number(ns % 1_000_000_000n)
    this.engine.push(frame)
    const { verdict, direction, reason } = packetRowOf(frame, this.engine.packet)
    return { verdict: direction === 'reply' ? `${verdict}-` : verdict, reasons: reason?.split('; ') ?? [] }
  }

  /** Lets time pass, without a packet. */
  goTo(ns: bigint): void {
    const { clock } = this.engine
    this.engine.advance(Math.max(clock.now, clock.tickOf(Number(ns / 1_000_000_000n), Number(ns % BigInt(NSEC_PER_SEC)))))
  }

  /** As /proc/net/nf_conntrack has it, with counters. */
  table(): string[] {
    return snapshot(this.engine).map((row) => printProc(row, { counters: true, timestamps: false }))
  }
}

function sysctlOf(knobs: readonly string[], most: number): Sysctl {
  const sysctl = defaultSysctl()
  sysctl.max = most
  sysctl.acct = 1
  for (const knob of knobs) setKnob(sysctl, ...(knob.split('=') as [name: string, value: string]))
  return sysctl
}
