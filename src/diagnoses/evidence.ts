// What diagnoses know: flows, and what ARP said. Gathered while the tracker runs, in fixed room.

import { formatIpv4 } from '../base/address.ts'
import { IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP } from '../base/units.ts'
import { ORIGINAL, VERDICT_ESTABLISHED, VERDICT_INVALID, VERDICT_NEW, VERDICT_NONE, VERDICT_RELATED } from '../base/verdict.ts'
import type { Frame } from '../capture/frame.ts'
import type { Engine } from '../engine.ts'
import type { Packet } from '../ip/packet.ts'
import { Connection } from '../table/connection.ts'
import { ArpClaims } from './arp.ts'
import { DnsQueries } from './dns-queries.ts'
import { type Flow, noteEcho, noteFlags, noteSegment, noteSteady, type Side } from './flow.ts'
import { FlowKey, Flows, isFrom } from './flows.ts'
import { InvalidPackets } from './invalid-log.ts'
import { INPUT, INPUT_ONLY, OUTPUT } from './ipvs.ts'
import { FLOW_SHIFT, LEFT_OUT, LeftOut } from './left-out.ts'
import { PortReuses } from './port-reuses.ts'
import { PromisedConnections } from './promised.ts'
import { Stations } from './stations.ts'
import { TablePressure } from './table-pressure-watch.ts'
import { echoedTimestamp } from './tcp-timestamps.ts'
import { Translations } from './translations.ts'
import { IPPROTO_VRRP, VrrpAddresses } from './vrrp.ts'

/** How many flows are kept unless said otherwise, and the most that can be. */
export const USUAL_FLOWS = 1 << 11
export const MOST_FLOWS = 1 << 20
const IPPROTO_IPIP = 4
const IPPROTO_IPV6 = 41
const GUE_PORT = 6080
const DNS_PORT = 53
const ICMP_UNREACHABLE = 3
const ICMPV6_UNREACHABLE = 1

// What is noted on a connection, besides the number of its flow.
const CLIENT_SENDS = 1 // the direction in which the flow's client sends
const IS_CONTROL = 2 // a helper would read it

export class Evidence {
  readonly flows: Flows
  /** What is known of the connections whose flows found no room. */
  readonly leftOut = new LeftOut()
  readonly arp = new ArpClaims()
  /** What helpers would have promised. */
  readonly promised = new PromisedConnections()
  /** Frames that held packets, and copies among them. */
  packets = 0
  copies = 0
  // What small watchers of one thing each have seen.
  readonly invalids = new InvalidPackets()
  readonly queries = new DnsQueries()
  readonly reuses = new PortReuses()
  readonly pressure = new TablePressure()
  readonly vrrp = new VrrpAddresses()
  /** Milliseconds since the first packet, at the last. */
  nowMs = 0
  #sec = -1
  readonly #key = new FlowKey()
  #conn: Connection | null = null
  readonly #stations = new Stations()
  readonly #translations = new Translations()

  /** @param mostFlows  how many are kept; packets of others are only counted */
  constructor(mostFlows = USUAL_FLOWS) {
    this.flows = new Flows(mostFlows)
  }

  /** Milliseconds of the evidence's clock. */
  msOf(time: { readonly sec: number, readonly nsec: number }): number {
    return this.#sec < 0 ? 0 : (time.sec - this.#sec) * 1000 + ((time.nsec / 1_000_000) | 0)
  }

  /** To be called with every packet that the engine took. */
  note(engine: Engine, frame: Frame): void {
    const { packet } = engine
    this.packets++
    if (this.#sec < 0) {
      this.#sec = frame.sec
      this.flows.seed = engine.table.seed
    }
    const ms = this.msOf(frame)
    if (ms > this.nowMs) this.nowMs = ms
    if (packet.connection < 0 || packet.copyOf !== 0 || (packet.protocol !== IPPROTO_TCP && packet.protocol !== IPPROTO_UDP)) {
      if (isPing(packet) && !this.promised.concerns(packet)) this.pressure.note(engine, frame.number)
      else this.#meet(engine, frame)
      return
    }
    const conn = this.#cursor(engine, packet.connection)
    const { note } = conn
    if (note === 0) {
      if (!this.#leavesOut(engine, conn, frame)) this.#meet(engine, frame)
      return
    }
    if ((note & IS_CONTROL) !== 0) this.promised.note(engine, frame)
    const number = note >> FLOW_SHIFT
    const flow = number === LEFT_OUT ? undefined : this.flows.all[number - 1]
    if (flow === undefined) this.leftOut.packets++
    else {
      const isClient = packet.direction === (note & CLIENT_SENDS)
      const isSteady = packet.protocol === IPPROTO_TCP && packet.verdict === VERDICT_ESTABLISHED
        && noteSteady(flow, isClient, engine.conntrack.trackers.tcp.segment, this.nowMs, frame.number)
      if (!isSteady) this.#noteFlow(flow, isClient, packet, frame)
    }
  }

  #cursor(engine: Engine, connection: number): Connection {
    return (this.#conn ??= new Connection(engine.table.records)).at(connection)
  }

  /** The usual end of a new connection for which there is no room. False when more is to be known. */
  #leavesOut(engine: Engine, conn: Connection, frame: Frame): boolean {
    const { packet } = engine
    if (!this.flows.isFull || this.flows.mayHold(conn) || this.promised.concerns(packet) || isTunnelled(conn)) {
      return false
    }
    this.pressure.note(engine, frame.number)
    this.leftOut.attach(engine)
    this.leftOut.packets++
    conn.note = LEFT_OUT << FLOW_SHIFT
    return true
  }

  /** A packet of which it is not known to which flow it belongs. */
  #meet(engine: Engine, frame: Frame): void {
    const { packet } = engine
    const isControl = this.promised.note(engine, frame)
    const { protocol, view, l4 } = packet
    const isCopy = packet.copyOf !== 0
    if (isCopy) this.copies++
    else {
      this.pressure.note(engine, frame.number)
      if (packet.verdict === VERDICT_NONE) return
      if (packet.verdict === VERDICT_INVALID) this.invalids.note(packet, this.nowMs, frame.number)
    }
    const end = Math.min(packet.captured, packet.end)
    if (protocol === IPPROTO_IPIP || protocol === IPPROTO_IPV6 || protocol === IPPROTO_GRE) {
      this.#noteTunnel(packet.view, packet.ip, packet.version, innerAt(view, protocol, l4, end), end, frame)
      return
    }
    if (protocol !== IPPROTO_TCP && protocol !== IPPROTO_UDP) {
      if (!isCopy) this.#noteControl(engine, end, frame)
      return
    }
    const key = this.#key
    if (!key.read(view, packet.ip, packet.version, protocol, l4, end)) return
    const isTunnel = protocol === IPPROTO_UDP && (key.toPort === GUE_PORT || key.fromPort === GUE_PORT)
    if (isTunnel && key.toPort === GUE_PORT) {
      this.#noteTunnel(packet.view, packet.ip, packet.version, l4 + 12, end, frame)
      key.read(view, packet.ip, packet.version, protocol, l4, end)
    }
    let flow = this.flows.find(key)
    if (isCopy) {
      if (flow !== null) this.#noteCopy(flow, packet.copyOf, packet.hops, frame)
      return
    }
    flow ??= this.flows.open(key, senderIsClient(key, protocol === IPPROTO_TCP && end - l4 >= 20 ? view.getUint8(l4 + 13) : 0))
    const isClient = flow !== null && isFrom(flow, key)
    if (packet.connection >= 0 && !isTunnel) {
      if (flow === null) this.leftOut.attach(engine)
      const number = flow === null ? LEFT_OUT : flow.number
      const clientSends = isClient ? packet.direction : 1 - packet.direction
      this.#cursor(engine, packet.connection).note = (number << FLOW_SHIFT) | (isControl ? IS_CONTROL : 0) | clientSends
    }
    if (flow === null) this.leftOut.packets++
    else this.#noteFlow(flow, isClient, packet, frame)
  }

  /** What is neither TCP nor UDP, and may speak of them. */
  #noteControl(engine: Engine, end: number, frame: Frame): void {
    const { protocol, verdict, view, l4, version, connection } = engine.packet
    if (l4 < 0) return
    if (protocol === IPPROTO_VRRP) this.vrrp.note(view, l4, end, version, frame.number)
    if (verdict !== VERDICT_RELATED || connection < 0 || end <= l4) return
    const isUnreachable = (protocol === IPPROTO_ICMP && view.getUint8(l4) === ICMP_UNREACHABLE)
      || (protocol === IPPROTO_ICMPV6 && view.getUint8(l4) === ICMPV6_UNREACHABLE)
    const flow = this.flows.all[(this.#cursor(engine, connection).note >> FLOW_SHIFT) - 1]
    if (!isUnreachable || flow === undefined || flow.unreachable++ > 0) return
    flow.unreachableFrame = frame.number
    flow.unreachableCode = end > l4 + 1 ? view.getUint8(l4 + 1) : 0
  }

  #noteFlow(flow: Flow, isClient: boolean, packet: Packet, frame: Frame): void {
    const { protocol, view, l4 } = packet
    const { number } = frame
    const ms = this.nowMs
    const end = Math.min(packet.captured, packet.end)
    const isTcp = protocol === IPPROTO_TCP && end - l4 >= 20
    const flags = isTcp ? view.getUint8(l4 + 13) : 0
    const side = isClient ? flow.client : flow.server
    const other = isClient ? flow.server : flow.client
    const last = flow.lastMs
    if (last >= 0 && ms - last > flow.longestGap && (flags & 0x02) === 0) {
      flow.longestGap = ms - last
      flow.longestGapFrame = number
    }
    if (side.packets === 0 || (flags & 0x04) !== 0) this.#noteWire(side, frame, packet.hops, flags)
    if (packet.verdict === VERDICT_INVALID) {
      flow.lastInvalidFrame = number
      if (side.invalid++ === 0) side.invalidFrame = number
      this.invalids.belongsTo(flow, isClient)
    }
    if (packet.verdict === VERDICT_ESTABLISHED) side.established++
    if (isTcp) {
      const seq = view.getInt32(l4 + 4)
      const payload = Math.max(0, packet.end - l4 - (view.getUint8(l4 + 12) >>> 4) * 4)
      if (side.packets === 0) side.firstBytes = payload
      side.bytes += payload
      if (other.packets === 0) noteEcho(side, echoedTimestamp(view, l4, end))
      if ((flags & 0x06) !== 0) this.#noteBoundary(flow, isClient, seq, flags, number)
      noteSegment(side, other, seq, view.getInt32(l4 + 8), flags, payload)
      noteFlags(side, flags, seq, ms, number, last < 0 ? 0 : ms - last)
      if ((flags & 0x12) === 0x02) this.#translations.note(flow, seq, this.msOf(frame)) // which may be earlier than another's before it
      if (isClient) {
        flow.ipvsDirect.pass(flags, INPUT_ONLY, ms)
        flow.ipvsNat.pass(flags, INPUT, ms)
      } else flow.ipvsNat.pass(flags, OUTPUT, ms)
    } else {
      const payload = Math.max(0, packet.end - l4 - 8)
      if (side.packets === 0) side.firstBytes = payload
      side.bytes += payload
      if (flow.serverPort === DNS_PORT) this.queries.note(view, l4 + 8, end, flow, isClient, ms, number)
    }
    side.packets++
    side.unanswered++
    other.unanswered = 0
    if (side.firstMs < 0) {
      side.firstMs = ms
      side.firstFrame = number
    }
    flow.lastMs = side.lastMs = ms
    side.lastFrame = number
  }

  /** To be called with every frame that holds no IP packet: ARP over Ethernet. */
  noteOther(frame: Frame): void {
    this.arp.note(frame, Math.max(this.nowMs, this.msOf(frame)))
  }

  #noteWire(side: Side, frame: Frame, ttl: number, flags: number): void {
    const isReset = (flags & 0x04) !== 0 && side.rsts === 0
    if (side.packets > 0 && !isReset) return
    const stations = this.#stations
    stations.read(frame)
    if (side.packets === 0) {
      side.from = stations.from
      side.to = stations.to
      side.outgoing = stations.outgoing
      side.ttl = ttl
    }
    if (isReset) {
      side.rstTtl = ttl
      side.rstFrom = stations.from
    }
  }

  #noteCopy(flow: Flow, copyOf: number, ttl: number, frame: Frame): void {
    if (flow.copies++ === 0) {
      const stations = this.#stations
      stations.read(frame)
      flow.copyTo = stations.to
      flow.copyFrom = stations.from
      flow.copyHops = flow.client.ttl - ttl
      flow.copyTtl = ttl
      flow.copyOf = copyOf
      flow.copyFrame = frame.number
    }
    if (flow.lastInvalidFrame === copyOf) flow.invalidCopies++
  }

  /** A SYN, SYN/ACK or RST: to be seen before its side counts it. */
  #noteBoundary(flow: Flow, isClient: boolean, seq: number, flags: number, frame: number): void {
    if ((flags & 0x04) !== 0) this.invalids.reset(flow, isClient, seq, (flags & 0x10) !== 0, this.nowMs, frame)
    this.reuses.note(flow, isClient, seq, flags, this.nowMs, frame)
  }

  #noteTunnel(view: DataView, outer: number, version: number, at: number, end: number, frame: Frame): void {
    if (at < 0 || end - at < 28) return
    const inner = view.getUint8(at) >>> 4
    if (inner !== 4 && (inner !== 6 || end - at < 48)) return
    const protocol = view.getUint8(at + (inner === 4 ? 9 : 6))
    if (protocol !== IPPROTO_TCP && protocol !== IPPROTO_UDP) return
    const l4 = at + (inner === 4 ? (view.getUint8(at) & 15) * 4 : 40)
    const key = this.#key
    if (end - l4 < 20 || !key.read(view, at, inner, protocol, l4, end)) return
    const flow = this.flows.find(key) ?? this.flows.open(key, senderIsClient(key, protocol === IPPROTO_TCP ? view.getUint8(l4 + 13) : 0))
    if (flow === null || !isFrom(flow, key)) return
    if (protocol === IPPROTO_TCP && (view.getUint8(l4 + 13) & 0x12) === 0x02) {
      if (flow.innerSyns++ === 0) flow.innerSynMs = this.nowMs
      flow.lastInnerSynMs = this.nowMs
    }
    if (flow.inner++ === 0) {
      flow.innerFrame = frame.number
      if (version === 4) {
        flow.outerFrom = formatIpv4(view.getInt32(outer + 12))
        flow.outerTo = formatIpv4(view.getInt32(outer + 16))
      }
    }
  }
}

/** A question or an answer of ICMP: it speaks of no flow. */
const isPing = ({ protocol, verdict, copyOf }: Packet): boolean => (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6)
  && (verdict === VERDICT_NEW || verdict === VERDICT_ESTABLISHED) && copyOf === 0

/** What it carries is looked at, not itself. */
const isTunnelled = (conn: Connection): boolean =>
  conn.protocol === IPPROTO_UDP && (conn.sourcePort(ORIGINAL) === GUE_PORT || conn.destinationPort(ORIGINAL) === GUE_PORT)

/** Who sent the first packet seen began the flow, unless it is an answer, or comes from a port of services. */
function senderIsClient(key: FlowKey, flags: number): boolean {
  if ((flags & 0x02) !== 0) return (flags & 0x10) === 0
  return !(key.fromPort < 1024 && key.toPort >= 1024)
}

/** Where the packet inside a tunnel begins; -1 when that is not known. */
function innerAt(view: DataView, protocol: number, l4: number, end: number): number {
  if (protocol !== IPPROTO_GRE) return l4
  if (end - l4 < 4 || view.getUint16(l4) !== 0) return -1
  const type = view.getUint16(l4 + 2)
  return type === 0x0800 || type === 0x86dd ? l4 + 4 : -1
}
