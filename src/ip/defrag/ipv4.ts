// IPv4 fragments to datagrams, by the rules conntrack's packets go through. RFC 791 section 3.2.
// Kernel: ip_defrag(), ip_frag_queue(), ip_frag_reasm() in ip_fragment.c (v6.12).

import type { Packet } from '../packet.ts'
import { DUPLICATE, OVERLAP, QUEUED, type Datagram, type Source } from './datagram.ts'
import { ecnAgrees } from './ecn.ts'
import { FragmentQueues, type FragmentLimits } from './queues.ts'
import { packetMemory } from './skb.ts'

const MORE_FRAGMENTS = 0x2000
const OFFSET = 0x1fff // in units of 8 bytes
/** The fragment is thrown away, and the datagram with it. */
const SPOILT = 3
const LONGEST = 65_535 // bytes
const KEY_WORDS = 3 // source, destination, identification and protocol
const QUEUE_MEMORY = 200 // bytes: struct ipq

export class Ipv4Defragmenter {
  readonly queues: FragmentQueues
  readonly #maxDistance: number
  readonly #sources = new Map<number, Source>()

  /** @param maxDistance  more fragments than this from one source between two of a datagram, and it begins anew; 0: never */
  constructor(limits: FragmentLimits, maxDistance: number) {
    this.queues = new FragmentQueues(limits, KEY_WORDS, QUEUE_MEMORY)
    this.queues.onEnd = (datagram) => { this.#leaveSource(datagram) }
    this.#maxDistance = maxDistance
  }

  /**
   * Takes a fragment. When it completes its datagram, the packet becomes that datagram.
   * @param tick     now
   * @param jiffies  now, on the kernel's clock
   * @returns        true when the packet is whole; false when it is held or thrown away
   */
  receive(packet: Packet, tick: number, jiffies: number): boolean {
    const { queues } = this
    const { view, ip } = packet
    queues.counters.requests++
    queues.key[0] = view.getUint32(ip + 12)
    queues.key[1] = view.getUint32(ip + 16)
    queues.key[2] = (view.getUint16(ip + 4) << 16) | packet.protocol
    const datagram = queues.find(tick, jiffies)
    if (datagram === null) {
      queues.counters.failed++
      return false
    }
    if (this.#isTooFar(datagram)) {
      queues.counters.failed++
      queues.restart(datagram, tick, jiffies)
    }
    const inserted = this.#queue(datagram, packet)
    if (inserted === SPOILT) {
      queues.counters.failed++
      queues.end(datagram)
      queues.recycle(datagram)
    }
    if (inserted !== QUEUED || !datagram.isComplete) return false

    queues.end(datagram)
    const done = this.#reassemble(datagram, packet)
    if (done) queues.counters.reassembled++
    else queues.counters.failed++
    queues.recycle(datagram)
    return done
  }

  /**
   * Puts a fragment where it belongs. What a duplicate says of the datagram's length is taken, but it completes nothing.
   * @returns  QUEUED, DUPLICATE or SPOILT
   */
  #queue(datagram: Datagram, packet: Packet): number {
    const { view, ip, l4 } = packet
    const field = view.getUint16(ip + 6)
    const start = (field & OFFSET) * 8
    let end = start + packet.end - l4
    if ((field & MORE_FRAGMENTS) === 0) {
      if (end < datagram.length || (datagram.lastIn && end !== datagram.length)) return SPOILT
      datagram.lastIn = true
      datagram.length = end
    } else {
      end -= end % 8
      if (end > datagram.length) {
        if (datagram.lastIn) return SPOILT
        datagram.length = end
      }
    }
    if (end === start) return SPOILT

    const inserted = datagram.insert(start, end)
    if (inserted === DUPLICATE) return DUPLICATE
    if (inserted === OVERLAP) return SPOILT
    datagram.keep(start, end - start, packet.bytes, l4, packet.captured - l4)
    datagram.ecn |= 1 << (view.getUint8(ip + 1) & 3)
    this.queues.charge(datagram, packetMemory(packet.end - ip))
    if (start === 0) {
      datagram.firstIn = true
      datagram.keepHeaders(packet.bytes, ip, l4 - ip)
    }
    return QUEUED
  }

  /** Re-aims the packet at the whole datagram, with the headers of its first fragment. */
  #reassemble(datagram: Datagram, packet: Packet): boolean {
    const total = datagram.headersLength + datagram.length
    if (!ecnAgrees(datagram.ecn) || total > LONGEST) return false
    const { room } = packet
    packet.captured = datagram.writeTo(room)
    packet.bytes = room.bytes
    packet.view = room.view
    packet.ip = 0
    packet.l4 = datagram.headersLength
    packet.end = total
    room.view.setUint16(2, total)
    room.view.setUint16(6, 0)
    return true
  }

  /**
   * Counts a fragment of its source. True when that source has sent so many others since the datagram's last one that its
   * identification may have come round.
   * @kernel  ip_frag_too_far() — v6.12
   */
  #isTooFar(datagram: Datagram): boolean {
    if (this.#maxDistance === 0) return false
    const source = datagram.source ??= this.#joinSource(datagram.key[0]!)
    const distance = ++source.fragments - datagram.sourceCount
    datagram.sourceCount = source.fragments
    return distance > this.#maxDistance && !datagram.isEmpty
  }

  #joinSource(address: number): Source {
    let source = this.#sources.get(address)
    if (source === undefined) {
      source = { address, fragments: 0, datagrams: 0 }
      this.#sources.set(address, source)
    }
    source.datagrams++
    return source
  }

  #leaveSource(datagram: Datagram): void {
    const { source } = datagram
    if (source === null) return
    datagram.source = null
    datagram.sourceCount = 0
    if (--source.datagrams === 0) this.#sources.delete(source.address)
  }
}
