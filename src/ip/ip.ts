// From where the IP header starts to a whole IP packet with its transport header found. Two steps: what has no whole IP
// header is no packet, and leaves even the clock alone.

import type { Desk } from '../base/memory.ts'
import { LAST_TICK_F64 } from '../base/memory-map.ts'
import type { Sysctl } from '../base/sysctl.ts'
import { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from '../base/units.ts'
import type { Frame } from '../capture/frame.ts'
import { Ipv4Defragmenter } from './defrag/ipv4.ts'
import { COMPLETE, Ipv6Defragmenter, KEPT } from './defrag/ipv6.ts'
import type { FragmentCounters } from './defrag/queues.ts'
import { isFragment4, readIpv4 } from './ipv4.ts'
import { headerChain, hopByHopPasses, isExtension, readIpv6 } from './ipv6.ts'
import type { Packet } from './packet.ts'

const SHORTEST_HEADER = 20 // bytes
const TCP_HEADER = 20 // bytes, without options
const UDP_HEADER = 8 // bytes; UDP-Lite's too
/**
 * The kernel's count of ticks at the whole second of the first packet, in seconds: it starts 300 s before its zero, and the
 * machine has been up for 3 s. It decides only where the slots of the timer wheel lie.
 * @differs  no capture tells how long a machine had been up
 */
const FIRST_SECOND = 3 - 300

/** Everything between the link layer and conntrack: validation, extension headers, reassembly. */
export class IpLayer {
  readonly #hz: number
  readonly #fragments4: Ipv4Defragmenter
  readonly #fragments6: Ipv6Defragmenter
  #now = 0
  /** What to take from the capture's ticks to get the kernel's. */
  #boot = 0
  /** Tick at which the first datagram will have waited too long. */
  #nextDeadline = Infinity

  /**
   * @param hz    ticks a second
   * @param seed  of the fragment queues' hash, 32 bits
   */
  constructor(sysctl: Sysctl, hz: number, seed: number) {
    this.#hz = hz
    this.#fragments4 = new Ipv4Defragmenter(
      { timeout: sysctl.ipfrag_time * hz, highThreshold: sysctl.ipfrag_high_thresh, seed }, sysctl.ipfrag_max_dist)
    this.#fragments6 = new Ipv6Defragmenter(
      { timeout: sysctl.frag6_timeout * hz, highThreshold: sysctl.frag6_high_thresh, seed })
  }

  /** How the fragments of each IP version fared. */
  get fragments4(): FragmentCounters { return this.#fragments4.queues.counters }
  get fragments6(): FragmentCounters { return this.#fragments6.queues.counters }

  /**
   * Reads the IP packet at `at` of a frame: fills in where it lies.
   * @returns  false when there is no whole IP header, or an impossible one: the frame has no row in any output
   */
  read(frame: Frame, at: number, packet: Packet): boolean {
    const { view } = frame
    if (frame.end - at < SHORTEST_HEADER) return false
    if (packet.view !== view) { // storing a reference costs more than the question
      packet.bytes = frame.bytes
      packet.view = view
    }
    const first = view.getUint32(at)
    const version = first >>> 28
    return version === 4 ? readIpv4(frame, at, first, packet) : version === 6 && readIpv6(frame, at, packet)
  }

  /**
   * Makes the packet just read ready for conntrack: its extension headers, its datagram, what the snap length cut.
   * @returns  false when conntrack never returns it: a fragment held or thrown away, or a header the kernel refuses
   */
  gather(packet: Packet): boolean {
    if (packet.version === 4) {
      if (isFragment4(packet) && !this.#gather4(packet)) return false
    } else if (isExtension(packet.protocol) && !this.#follow6(packet)) return false
    if (packet.captured < packet.end && !hasWholeHeader(packet)) packet.makeWhole()
    return true
  }

  /** Says when the first packet comes, a tick since the epoch. */
  begin(tick: number): void {
    this.#now = tick
    this.#boot = (Math.floor(tick / this.#hz) - FIRST_SECOND) * this.#hz
  }

  /** Moves time on, to a tick since the epoch: gives up datagrams that have waited too long. */
  advance(tick: number): void {
    this.#now = tick
    if (tick >= this.#nextDeadline) this.#expire(tick)
  }

  /** Lays down up to when nothing has waited too long. */
  lend(desk: Desk): void {
    desk.setDouble(LAST_TICK_F64, Math.min(desk.double(LAST_TICK_F64), this.#nextDeadline - 1))
  }

  #gather4(packet: Packet): boolean {
    const whole = this.#fragments4.receive(packet, this.#now, this.#now - this.#boot)
    this.#noteDeadline()
    return whole
  }

  /**
   * Extension headers, fragments among them. False when the packet goes no further.
   * @differs  a datagram with broken hop-by-hop options inside has been through conntrack when the kernel's bridge drops it
   */
  #follow6(packet: Packet): boolean {
    packet.makeWhole()
    if (!hopByHopPasses(packet)) return false
    const fate = this.#fragments6.receive(packet, this.#now, this.#now - this.#boot)
    this.#noteDeadline()
    if (fate === KEPT || (fate === COMPLETE && !hopByHopPasses(packet))) return false // the bridge looks at datagrams again
    const chain = headerChain(packet.view, packet.ip, packet.end)
    packet.l4 = chain.offset
    packet.protocol = chain.protocol
    return true
  }

  #expire(tick: number): void {
    this.#fragments4.queues.expire(tick)
    this.#fragments6.queues.expire(tick)
    this.#noteDeadline()
  }

  #noteDeadline(): void {
    this.#nextDeadline = Math.min(this.#fragments4.queues.nextDeadline, this.#fragments6.queues.nextDeadline)
  }
}

/** True when a packet that the snap length cut has all that its tracker reads; of most protocols that is the payload too. */
function hasWholeHeader(packet: Packet): boolean {
  const { l4, captured } = packet
  switch (packet.protocol) {
    case IPPROTO_TCP: return captured >= l4 + TCP_HEADER && captured >= l4 + (packet.view.getUint8(l4 + 12) >>> 4) * 4
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE: return captured >= l4 + UDP_HEADER
    default: return false
  }
}
