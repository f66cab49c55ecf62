// The fast path's other end: gives it its memory and its tables, and lets it take frames from a source that holds what it can read.
// What it does, and what it leaves, is in assembly/.

import { Desk, Memory } from '../base/memory.ts'
import {
  BLOCKS_OF, FRAME_NUMBER, FRAMES_AT, FRAMES_LEFT, HEADS_AT, INTERFACE, KINDS_AT, LAST_NSEC, LAST_RECORD, LAST_SEC_F64, MAX, MAX_RETRANS,
  NSEC_PER, PER_SECOND, PING_TIMEOUT_F64, POSSIBLE_AT, RECORDS_AT, TIMEOUTS_AT, TRANSITIONS_AT, UDP_PROBE_F64, UDP_STREAM_F64,
  UDP_TIMEOUT_F64,
} from '../base/memory-map.ts'
import type { Sysctl } from '../base/sysctl.ts'
import { NSEC_PER_SEC } from '../base/units.ts'
import type { FrameTaker, Source } from '../capture/frame.ts'
import type { Trackers } from '../protocols/registry.ts'
import { KINDS, POSSIBLE } from '../protocols/tcp/segment.ts'
import { TRANSITIONS } from '../protocols/tcp/transitions.ts'
import { RECORD_WORDS } from '../table/layout.ts'
import { reserve } from '../table/records.ts'
import { CODE } from './code.ts'

/** What is used of WebAssembly here, which TypeScript knows of in browsers alone. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number, readonly maximum: number }) => { readonly buffer: ArrayBuffer }
  readonly Module: new (code: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => {
    readonly exports: { readonly run: (from: number, to: number) => number }
  }
}

const PAGE = 65_536 // bytes
const MOST_AT_ONCE = 1 << 30 // frames
const LONGEST_REST = 64 // frames

/** What the fast path works on: an engine. */
export interface Lender {
  readonly sysctl: Sysctl
  readonly conntrack: { readonly trackers: Trackers }
  lend(desk: Desk, lastTick: number): boolean
  takeBack(desk: Desk, frames: number): void
}

export class FastPath implements FrameTaker {
  /** What the engine's arrays are to lie in. */
  readonly memory: Memory
  readonly room: Uint8Array<ArrayBuffer>
  /** Frames taken by the last call of `go`, and the time of the last one of them. */
  taken = 0
  sec = 0
  nsec = 0
  lastRecord = 0
  readonly #buffer: ArrayBuffer
  readonly #desk: Desk
  readonly #run: (from: number, to: number) => number
  #engine: Lender | null = null
  #lastTick = 0
  #mostFrames = 0
  /** Frames for which it is left alone: the more often it takes none, the longer. */
  #rest = 0
  #nextRest = 1

  /** @throws  where this machine has no such memory, or WebAssembly is not allowed */
  private constructor(most: number) {
    const pages = Math.ceil((RECORDS_AT + reserve(most) * RECORD_WORDS * 4) / PAGE)
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    const code = bytesOf(atob(CODE))
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } })
    this.#run = exports.run
    this.#buffer = memory.buffer
    this.room = new Uint8Array(this.#buffer, FRAMES_AT, HEADS_AT - FRAMES_AT)
    this.memory = new Memory(this.#buffer)
    this.#desk = new Desk(this.memory)
  }

  /**
   * @param most  nf_conntrack_max: how many records it must hold
   * @returns     null where it cannot run: everything then takes the long way
   */
  static open(most: number): FastPath | null {
    const isLittle = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 // as WebAssembly's memory is on any machine
    if (!isLittle) return null
    try {
      return new FastPath(most)
    } catch {
      return null
    }
  }

  /** Says on which engine it works: one whose arrays lie in `memory`. */
  serve(engine: Lender): void {
    this.#engine = engine
    const { icmp, tcp, udp } = engine.conntrack.trackers
    const { words } = this.#desk
    words[MAX] = engine.sysctl.max
    words[MAX_RETRANS] = engine.sysctl.tcp_max_retrans
    this.#desk.setDouble(UDP_TIMEOUT_F64, udp.timeout)
    this.#desk.setDouble(UDP_STREAM_F64, udp.streamTimeout)
    this.#desk.setDouble(UDP_PROBE_F64, udp.probe)
    this.#desk.setDouble(PING_TIMEOUT_F64, icmp.replyEnds ? 0 : icmp.timeout)
    new Int32Array(this.#buffer, TIMEOUTS_AT).set(tcp.timeouts)
    const bytes = new Uint8Array(this.#buffer)
    bytes.set(TRANSITIONS, TRANSITIONS_AT)
    bytes.set(KINDS, KINDS_AT)
    bytes.set(POSSIBLE, POSSIBLE_AT)
  }

  /**
   * Takes frames from where a source stands, for as long as they are usual.
   * @param lastTick    beyond which it is not to go, ticks since the epoch
   * @param mostFrames  how many it may take
   */
  go(source: Source, lastTick: number, mostFrames: number): void {
    this.taken = 0
    if (this.#rest > 0) {
      this.#rest--
      return
    }
    this.#lastTick = lastTick
    this.#mostFrames = Math.min(mostFrames, MOST_AT_ONCE)
    source.hand?.(this)
    this.#restAfter(this.taken)
  }

  #restAfter(taken: number): void {
    if (taken > 0) this.#nextRest = 1
    else {
      this.#rest = this.#nextRest
      this.#nextRest = Math.min(this.#nextRest * 2, LONGEST_REST)
    }
  }

  take(from: number, to: number, number: number, iface: number, perSec: number, blocksOf: number): number {
    const engine = this.#engine
    if (engine === null || this.memory.outgrown || this.#mostFrames <= 0 || !engine.lend(this.#desk, this.#lastTick)) return from
    const { words } = this.#desk
    words[FRAMES_LEFT] = this.#mostFrames
    words[FRAME_NUMBER] = number
    words[INTERFACE] = iface
    words[BLOCKS_OF] = blocksOf
    words[PER_SECOND] = perSec
    words[NSEC_PER] = NSEC_PER_SEC / perSec
    const next = this.#run(FRAMES_AT + from, FRAMES_AT + to) - FRAMES_AT
    this.taken = this.#mostFrames - this.#desk.word(FRAMES_LEFT)
    if (this.taken > 0) {
      this.lastRecord = this.#desk.word(LAST_RECORD) - FRAMES_AT
      this.sec = this.#desk.double(LAST_SEC_F64)
      this.nsec = this.#desk.word(LAST_NSEC)
    }
    engine.takeBack(this.#desk, this.taken) // of no frame too: connections may have expired
    return next
  }
}

/** The bytes that a text holds, one a character. */
function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i) // Uint8Array.from takes ten times as long
  return bytes
}
