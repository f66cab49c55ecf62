// IPv6 fragments to datagrams, by conntrack's own rules. RFC 8200 section 4.5, RFC 5722 (overlaps), RFC 6946 (atomic
// fragments: no rule of their own, they pass through the queue).
// Kernel: nf_ct_frag6_gather(), nf_ct_frag6_queue(), nf_ct_frag6_reasm() in nf_conntrack_reasm.c (v6.12).

import { IPPROTO_FRAGMENT, IPPROTO_ICMPV6, IPPROTO_NONE, IPPROTO_TCP, IPPROTO_UDP } from '../../base/units.ts'
import { extensionLength, followChain, FRAGMENT_OFFSET6, IPV6_HEADER, isExtension } from '../ipv6.ts'
import type { Packet } from '../packet.ts'
import { DUPLICATE, OVERLAP, QUEUED, type Datagram } from './datagram.ts'
import { ecnAgrees } from './ecn.ts'
import { FragmentQueues, type FragmentLimits } from './queues.ts'
import { packetMemory } from './skb.ts'

/** Not a fragment, or one that conntrack sees as it is. */
export const PASS = 0
/** Held or thrown away. */
export const KEPT = 1
/** The last one missing: the packet has become the datagram. */
export const COMPLETE = 2

const FRAGMENT_HEADER = 8 // bytes
const MORE_FRAGMENTS = 1
const LONGEST_PAYLOAD = 65_535 // bytes
const KEY_WORDS = 9 // source, destination, identification
const QUEUE_MEMORY = 184 // bytes: struct frag_queue

// What became of a fragment, besides QUEUED and DUPLICATE.
const REFUSED = 2 // thrown away; the datagram may still be completed by others
const SPOILT = 3 // thrown away, and the datagram with it
const UNEVEN = 4 // not a multiple of 8 bytes: it passes as it is, and the datagram is given up

export class Ipv6Defragmenter {
  readonly queues: FragmentQueues
  /** The fragment header of the packet in hand, and the next-header field that leads to it. */
  #header = 0
  #pointer = 0

  constructor(limits: FragmentLimits) {
    this.queues = new FragmentQueues(limits, KEY_WORDS, QUEUE_MEMORY)
  }

  /**
   * Takes a packet of which every byte can be read.
   * @param tick     now
   * @param jiffies  now, on the kernel's clock
   * @returns        PASS, KEPT or COMPLETE
   */
  receive(packet: Packet, tick: number, jiffies: number): number {
    const { view, ip, end } = packet
    if (end - ip === IPV6_HEADER || !this.#findHeader(packet) || this.#lacksTransport(packet)) return PASS
    if (end - this.#header < FRAGMENT_HEADER) return KEPT

    const { queues } = this
    queues.counters.requests++
    for (let i = 0; i < 8; i++) queues.key[i] = view.getUint32(ip + 8 + i * 4)
    queues.key[8] = view.getUint32(this.#header + 4)
    const datagram = queues.find(tick, jiffies)
    if (datagram === null) {
      queues.counters.failed++
      return KEPT
    }
    const fate = this.#queue(datagram, packet)
    if (fate === SPOILT || fate === UNEVEN) {
      queues.end(datagram)
      queues.recycle(datagram)
    }
    if (fate > DUPLICATE) queues.counters.failed++
    if (fate === UNEVEN) return PASS
    if (fate !== QUEUED || !datagram.isComplete) return KEPT

    queues.end(datagram)
    const done = this.#reassemble(datagram, packet)
    if (done) queues.counters.reassembled++
    else queues.counters.failed++
    queues.recycle(datagram)
    return done ? COMPLETE : KEPT
  }

  /**
   * Finds the first fragment header, through headers of any other kind.
   * @kernel  find_prev_fhdr() — v6.12
   */
  #findHeader(packet: Packet): boolean {
    const { view, ip, end } = packet
    let at = ip + IPV6_HEADER
    let pointer = ip + 6
    let protocol = view.getUint8(pointer)
    while (protocol !== IPPROTO_FRAGMENT) {
      if (!isExtension(protocol) || protocol === IPPROTO_NONE || end - at < 2) return false
      pointer = at
      const length = extensionLength(view, at, protocol)
      protocol = view.getUint8(at)
      at += length
    }
    this.#header = at
    this.#pointer = pointer
    return at <= end
  }

  /**
   * True for a first fragment that is too short for its transport header: conntrack sees it as it is.
   * @kernel  ipv6frag_thdr_truncated() — v6.12
   */
  #lacksTransport(packet: Packet): boolean {
    const { view, end } = packet
    const chain = followChain(view, this.#header, end, IPPROTO_FRAGMENT)
    if (chain.offset < 0 || (chain.fragment & FRAGMENT_OFFSET6) !== 0) return false
    const header = chain.protocol === IPPROTO_TCP ? 20
      : chain.protocol === IPPROTO_UDP || chain.protocol === IPPROTO_ICMPV6 ? 8 : 1
    return chain.offset + header > end
  }

  /**
   * Puts a fragment where it belongs. What a fragment thrown away says of the datagram's length is taken all the same.
   * @returns  QUEUED, DUPLICATE, REFUSED, SPOILT or UNEVEN
   */
  #queue(datagram: Datagram, packet: Packet): number {
    const { view, ip } = packet
    const field = view.getUint16(this.#header + 2)
    const data = this.#header + FRAGMENT_HEADER
    const start = field & FRAGMENT_OFFSET6
    const end = start + packet.end - data
    if (end > LONGEST_PAYLOAD) return REFUSED
    if ((field & MORE_FRAGMENTS) === 0) {
      if (end < datagram.length || (datagram.lastIn && end !== datagram.length)) return REFUSED
      datagram.lastIn = true
      datagram.length = end
    } else {
      if (end % 8 !== 0) return UNEVEN
      if (end > datagram.length) {
        if (datagram.lastIn) return REFUSED
        datagram.length = end
      }
    }
    if (end === start) return REFUSED

    const inserted = datagram.insert(start, end)
    if (inserted === OVERLAP) return SPOILT
    if (inserted === DUPLICATE) return DUPLICATE
    datagram.keep(start, end - start, packet.bytes, data, packet.captured - data)
    datagram.ecn |= 1 << ((view.getUint8(ip + 1) >>> 4) & 3)
    this.queues.charge(datagram, packetMemory(packet.end - ip))
    if (start === 0) {
      datagram.firstIn = true
      datagram.nextHeader = view.getUint8(this.#header)
      datagram.nextHeaderAt = this.#pointer - ip
      datagram.keepHeaders(packet.bytes, ip, this.#header - ip)
    }
    return QUEUED
  }

  /** Re-aims the packet at the whole datagram: the headers of its first fragment without the fragment header. */
  #reassemble(datagram: Datagram, packet: Packet): boolean {
    const payload = datagram.headersLength - IPV6_HEADER + datagram.length
    if (!ecnAgrees(datagram.ecn) || payload > LONGEST_PAYLOAD) return false
    const { room } = packet
    packet.captured = datagram.writeTo(room)
    packet.bytes = room.bytes
    packet.view = room.view
    packet.ip = 0
    packet.end = IPV6_HEADER + payload
    room.view.setUint16(4, payload)
    room.view.setUint8(datagram.nextHeaderAt, datagram.nextHeader)
    return true
  }
}
