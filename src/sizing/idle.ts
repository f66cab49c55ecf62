// The longest silences of connections that live, and which devices would have forgotten them.

import { IDLE_TIMEOUTS, type IdleTimeouts, keepAliveFor } from '../base/idle-timeouts.ts'
import type { Sysctl } from '../base/sysctl.ts'
import { IPPROTO_TCP, IPPROTO_UDP } from '../base/units.ts'
import type { Engine } from '../engine.ts'
import { ESTABLISHED } from '../protocols/tcp/states.ts'
import { TcpShared } from '../protocols/tcp/words.ts'
import { Connection } from '../table/connection.ts'
import { IPS_CONFIRMED, IPS_DYING } from '../table/status.ts'
import { flowName } from '../views/endpoint.ts'
import { rowOf } from '../views/snapshot.ts'

const LONGEST = 2_147_483 // seconds: what a timeout can be at most
const MOST = 100 // silences told of
const LEAST = 1 // second
const tcp = new TcpShared()

/** One connection's longest silence: it was ended by a packet of the connection. */
export interface Silence {
  readonly flow: string
  readonly protocol: 'tcp' | 'udp'
  readonly seconds: number
  /** The frame that ended it. */
  readonly frame: number
}

/** A device, and how many of the connections it would have forgotten. */
export interface IdleRow extends IdleTimeouts {
  readonly tcpCut: number
  readonly udpCut: number
  /** Seconds between keep-alives that would have kept TCP connections. */
  readonly keepAlive: number
}

/** All there is to say of a capture. */
export interface IdleReport {
  /** The longest first, up to a hundred. */
  readonly silences: readonly Silence[]
  readonly devices: readonly IdleRow[]
}

/** Settings under which silent connections are kept for weeks. */
export const patient = (sysctl: Sysctl): Sysctl => ({
  ...sysctl, max: 0, tcp_timeout_established: LONGEST, tcp_timeout_max_retrans: LONGEST, tcp_timeout_unacknowledged: LONGEST,
  udp_timeout: LONGEST, udp_timeout_stream: LONGEST,
})

/** Watches a replay whose settings are `patient`: `onPacket: (engine, frame) => { watch.packet(engine, frame.number) }`. */
export class IdleWatch {
  #conn: Connection | null = null
  /** By record: when its last packet came, its longest silence in ticks, and the frame that ended that. 0: not living. */
  #last = new Float64Array(1024)
  #gap = new Float64Array(1024)
  #frame = new Float64Array(1024)
  readonly #cut = IDLE_TIMEOUTS.map(() => ({ tcp: 0, udp: 0 }))
  #silences: Silence[] = []

  packet(engine: Engine, frame: number): void {
    const conn = this.#conn ?? this.#attach(engine)
    const index = engine.packet.connection
    if (index < 0 || (conn.at(index).status & (IPS_CONFIRMED | IPS_DYING)) !== IPS_CONFIRMED) return
    const { protocol } = conn
    if (protocol !== IPPROTO_TCP && protocol !== IPPROTO_UDP) return
    if (index >= this.#last.length) this.#widen(index)
    const { now } = engine.clock
    const last = this.#last[index] ?? 0
    if (last > 0 && now - last > (this.#gap[index] ?? 0)) {
      this.#gap[index] = now - last
      this.#frame[index] = frame
    }
    this.#last[index] = protocol === IPPROTO_UDP || tcp.at(conn).state === ESTABLISHED ? now : 0
  }

  /** To be called when the replay is over. */
  report({ table, clock }: Engine): IdleReport {
    for (const index of table.visible()) this.#end(index, clock.now, clock.hz)
    return {
      silences: this.#silences.sort((a, b) => b.seconds - a.seconds).slice(0, MOST),
      devices: IDLE_TIMEOUTS.map((device, i) => ({
        ...device, tcpCut: this.#cut[i]?.tcp ?? 0, udpCut: this.#cut[i]?.udp ?? 0, keepAlive: keepAliveFor(device.tcp),
      })),
    }
  }

  #attach({ table, clock }: Engine): Connection {
    this.#conn = new Connection(table.records)
    table.listen((index) => { this.#end(index, clock.now, clock.hz) })
    return this.#conn
  }

  #widen(index: number): void {
    const wider = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const array = new Float64Array(Math.max(old.length * 2, index + 1))
      array.set(old)
      return array
    }
    this.#last = wider(this.#last)
    this.#gap = wider(this.#gap)
    this.#frame = wider(this.#frame)
  }

  /** A connection is over: what is known of it counts, and its record is free for another. */
  #end(index: number, now: number, hz: number): void {
    const conn = this.#conn
    const gap = this.#gap[index] ?? 0
    if (conn === null || index >= this.#last.length) return
    const frame = this.#frame[index] ?? 0
    this.#last[index] = this.#gap[index] = this.#frame[index] = 0
    const seconds = gap / hz
    if (seconds < LEAST) return
    const protocol = conn.at(index).protocol === IPPROTO_TCP ? 'tcp' : 'udp'
    IDLE_TIMEOUTS.forEach((device, i) => {
      const cut = this.#cut[i]
      if (cut !== undefined && seconds >= device[protocol]) cut[protocol]++
    })
    this.#silences.push({ flow: flowName(rowOf(conn, now, hz)), protocol, seconds, frame })
    if (this.#silences.length < MOST * 20) return
    this.#silences = this.#silences.sort((a, b) => b.seconds - a.seconds).slice(0, MOST)
  }
}

/** For people: the longest silences, then the devices that would have cut connections. */
export function idleText({ silences, devices }: IdleReport): string {
  if (silences.length === 0) return 'no connection was silent for a second and then went on\n'
  const lines = ['longest silences of living connections']
  for (const { flow, seconds, frame } of silences.slice(0, 10)) {
    lines.push(`${seconds.toFixed(1).padStart(12)} s  ${flow}, ended by frame ${String(frame)}`)
  }
  lines.push('', `${'device'.padEnd(34)}${'tcp s'.padStart(8)}${'cut'.padStart(7)}` +
    `${'udp s'.padStart(8)}${'cut'.padStart(7)}  TCP keep-alive`)
  for (const { what, tcp: tcpSeconds, tcpCut, udp, udpCut, keepAlive } of devices) {
    lines.push([
      what.padEnd(34), String(tcpSeconds).padStart(8), String(tcpCut).padStart(7), String(udp).padStart(8), String(udpCut).padStart(7),
      tcpCut > 0 ? `  net.ipv4.tcp_keepalive_time=${String(keepAlive)}` : '',
    ].join(''))
  }
  return `${lines.join('\n')}\n`
}
