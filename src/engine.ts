// One packet's life: frame → where IP starts → whole datagram → connection → verdict.

import type { Desk, Memory } from './base/memory.ts'
import { FINDS_COPIES, LAST_TICK_F64 } from './base/memory-map.ts'
import { defaultSysctl, type Sysctl } from './base/sysctl.ts'
import type { Frame } from './capture/frame.ts'
import { Conntrack } from './conntrack/conntrack.ts'
import { Copies } from './ip/copies.ts'
import { IpLayer } from './ip/ip.ts'
import { Packet } from './ip/packet.ts'
import { UNSUPPORTED } from './link/answers.ts'
import { findIp } from './link/link.ts'
import { Table } from './table/table.ts'
import { Clock } from './timers/clock.ts'

/** What became of a frame. */
export const FRAME_NOT_IP = 0
export const FRAME_PACKET = 1
export const FRAME_UNSUPPORTED = 2

/** What stands around conntrack: rules that look at packets before and after it, and may drop them. */
export interface Hooks {
  /** Called once, before the first frame. */
  attach(conntrack: Conntrack, clock: Clock): void
  /**
   * Takes a whole packet in place of the engine: calls `conntrack.receive` where it is to be tracked, then
   * `conntrack.confirm` or `conntrack.abandon`.
   */
  walk(packet: Packet, frame: Frame): void
  /** Takes a frame without an IP packet. */
  other?(frame: Frame): void
}

export interface EngineOptions {
  /** Default: Linux 6.12's. */
  readonly sysctl?: Sysctl
  /** Ticks a second: 1000, 250 or 100. Default 1000. */
  readonly hz?: number
  /** Connections expire in the order of their deadlines, each at its own tick: what events need, and helpers. Default: with them. */
  readonly ordered?: boolean
  /** Helpers to attach, as `--helper` names them: `ftp`, `ftp:2121`, `all`. Default: none, as on a modern kernel. */
  readonly helpers?: readonly string[]
  /** Packets captured twice: track the first copy only (`auto`), or each (`track`). Default `track`. */
  readonly copies?: 'auto' | 'track'
  /** What packets meet on their way through netfilter. Default: nothing but conntrack, which lets every packet through. */
  readonly hooks?: Hooks
  /** Seed of the hash, 32 bits. Default: random. */
  readonly seed?: number
  /** Where its large arrays lie. Default: each by itself. */
  readonly memory?: Memory
}

/** The connection tracker fed with frames. Pure: bytes and capture time in, table out. */
export class Engine {
  readonly sysctl: Sysctl
  readonly clock: Clock
  readonly table: Table
  readonly conntrack: Conntrack
  /** The packet of the last frame, and all that was said of it. Valid until the next push. */
  readonly packet = new Packet()
  /** Frames seen, and those that carried an IP packet. */
  frames = 0
  packets = 0
  readonly #ip: IpLayer
  readonly #copies: Copies | null
  readonly #hooks: Hooks | null

  constructor(options: EngineOptions = {}) {
    this.sysctl = options.sysctl ?? defaultSysctl()
    this.clock = new Clock(options.hz)
    const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32)
    this.#ip = new IpLayer(this.sysctl, this.clock.hz, seed)
    this.#copies = options.copies === 'auto' ? new Copies(seed, options.memory) : null
    const ordered = options.ordered === true || options.hooks !== undefined
    this.table = new Table(this.sysctl.max, this.sysctl.buckets, this.clock.hz, ordered, seed, options.memory)
    this.conntrack = new Conntrack(this.table, this.sysctl, this.clock.hz, options.helpers, options.hooks !== undefined)
    this.#hooks = options.hooks ?? null
    this.#hooks?.attach(this.conntrack, this.clock)
  }

  /** Packets that were copies of one just before, and so not tracked. */
  get copies(): number { return this.#copies?.count ?? 0 }

  /** Moves time to a tick (ticks since the epoch): expires entries and fragments. */
  advance(tick: number): void {
    if (this.clock.advance(tick)) this.#expire(tick)
  }

  #expire(tick: number): void {
    this.packet.tick = tick
    this.conntrack.advance(tick)
    this.#ip.advance(tick)
  }

  /** Takes one frame. @returns FRAME_NOT_IP, FRAME_PACKET or FRAME_UNSUPPORTED */
  push(frame: Frame): number {
    this.frames++
    const at = findIp(frame)
    if (at < 0) return at === UNSUPPORTED ? FRAME_UNSUPPORTED : this.#notIp(frame)
    const { clock, packet } = this
    if (!this.#ip.read(frame, at, packet)) return this.#notIp(frame)
    if (clock.meet(frame.sec, frame.nsec)) this.#expire(clock.now)
    packet.reset()
    if (this.packets++ === 0) this.#ip.begin(clock.now)
    if (this.#copies !== null) {
      packet.copyOf = this.#copies.firstOf(frame, packet)
      if (packet.copyOf !== 0) return FRAME_PACKET
    }
    if (!this.#ip.gather(packet)) return FRAME_PACKET
    if (this.#hooks === null) this.conntrack.receive(packet)
    else this.#hooks.walk(packet, frame)
    return FRAME_PACKET
  }

  /**
   * Lays down how things stand, for the fast path to go on from there.
   * @param lastTick  beyond which it is not to go, ticks since the epoch
   * @returns         false when it cannot: helpers read payloads, checksums are verified, connections expire in order
   */
  lend(desk: Desk, lastTick: number): boolean {
    if (this.packets === 0 || this.#hooks !== null || this.conntrack.helpers !== null || this.sysctl.checksum !== 0) return false
    desk.setDouble(LAST_TICK_F64, lastTick)
    desk.words[FINDS_COPIES] = 0
    this.#ip.lend(desk)
    this.clock.lend(desk)
    this.#copies?.lend(desk)
    return this.table.lend(desk)
  }

  /** Goes on from where the fast path has come. @param frames  that it took */
  takeBack(desk: Desk, frames: number): void {
    this.frames += frames
    this.packets += frames
    this.clock.takeBack(desk)
    this.table.takeBack(desk)
    this.packet.tick = this.clock.now
    this.#ip.advance(this.clock.now)
  }

  #notIp(frame: Frame): number {
    if (this.#hooks?.other !== undefined) this.#hooks.other(frame)
    return FRAME_NOT_IP
  }
}
