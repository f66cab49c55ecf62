// Both sides of a machine that translates: a packet leaves it under other addresses. What it will look like is known when it has
// met the rules, so that the capture's second look at it is recognised, and it is not tracked twice.
// What is compared: addresses and ports as translated, IP id and length, and of the transport header what translation leaves alone.

import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from '../../base/units.ts'
import type { Frame } from '../../capture/frame.ts'
import { mix } from '../../ip/copies.ts'
import type { Packet } from '../../ip/packet.ts'
import { answerTo } from '../../table/tuple.ts'
import type { Facts } from '../facts.ts'

const SLOTS = 1 << 13
const WORDS = 6 // of a slot: two of the key, milliseconds, hops left, frame, record of a connection whose port is a guess + 1
const WITHIN = 50 // ms between a packet and itself translated
const MOST_HOPS = 8 // lost between the two
const ANY_PORT = -2 // no port, and not NO_PORT

/** Remembers packets on their way out, in fixed room. */
export class Joins {
  /** Packets recognised so far. */
  count = 0
  /** Of the packet recognised last: the record of its connection, where that packet shows the port that the kernel drew; else -1. */
  guessed = -1
  /** That port, or identifier. */
  port = 0
  #hasGuesses = false
  readonly #slots = new Float64Array(SLOTS * WORDS)
  readonly #fewestHops: number
  readonly #seed: number
  #a = 0
  #b = 0

  /**
   * @param isBridge  packets cross the machine without losing a hop
   * @param seed      of the hash, 32 bits: lest a capture be made of packets that all look like one
   */
  constructor(isBridge: boolean, seed = Math.floor(Math.random() * 2 ** 32)) {
    this.#fewestHops = isBridge ? 0 : 1
    this.#seed = seed | 0
  }

  /** Remembers a packet as it leaves: `facts` translated. @param isGuess  with another port than is known */
  add(facts: Facts, frame: Frame, isGuess: boolean): void {
    const { packet, connection } = facts
    this.#hash(facts, connection.sourcePort(1 - packet.direction), isGuess)
    if (isGuess) this.#hasGuesses = true
    const slots = this.#slots
    const at = this.#slot()
    slots[at] = this.#a
    slots[at + 1] = this.#b
    slots[at + 2] = msOf(frame)
    slots[at + 3] = packet.hops
    slots[at + 4] = frame.number
    slots[at + 5] = isGuess ? connection.index + 1 : 0
  }

  /** Is this packet, not translated yet, one that has just left? @returns number of the frame it came in by; 0 when it is not */
  firstOf(facts: Facts, frame: Frame): number {
    const { packet } = facts
    const id = facts.isPlain && isIcmp(packet) ? packet.view.getUint16(packet.l4 + 4) : 0
    this.guessed = -1
    this.#hash(facts, id, false)
    let first = this.#recall(packet, frame, false)
    if (first === 0 && this.#hasGuesses) {
      this.#hash(facts, id, true)
      first = this.#recall(packet, frame, true)
      this.port = isIcmp(packet) ? id : facts.sport
    }
    if (first !== 0) this.count++
    return first
  }

  #recall(packet: Packet, frame: Frame, isGuess: boolean): number {
    const slots = this.#slots
    const at = this.#slot()
    if (slots[at] !== this.#a || slots[at + 1] !== this.#b || isGuess !== (slots[at + 5]! > 0)) return 0
    const age = msOf(frame) - slots[at + 2]!
    const lost = slots[at + 3]! - packet.hops
    if (age < 0 || age > WITHIN || lost < this.#fewestHops || lost > MOST_HOPS) return 0
    this.guessed = slots[at + 5]! - 1
    return slots[at + 4]!
  }

  #slot(): number { return (mix(this.#a, this.#b) & (SLOTS - 1)) * WORDS }

  /**
   * @param id         the ICMP identifier of a query
   * @param isAnyPort  whatever the source's port, or the identifier
   */
  #hash(facts: Facts, id: number, isAnyPort: boolean): void {
    const { packet } = facts
    const { view, ip, l4 } = packet
    let a = mix(this.#seed, isAnyPort ? ANY_PORT : facts.sport)
    let b = mix(~this.#seed, facts.dport)
    if (packet.version === 4) {
      a = mix(a, view.getInt32(ip + 2)) // length, id
      b = mix(b, view.getInt32(ip + 6) & 0xffff00ff) // fragment, protocol; between them the hops
    } else {
      a = mix(a, view.getInt32(ip) & 0xfffff) // flow label
      b = mix(b, view.getInt32(ip + 4) & ~0xff) // all but the hops
      a = mix(mix(mix(a, facts.source1), facts.source2), facts.source3)
      b = mix(mix(mix(b, facts.destination1), facts.destination2), facts.destination3)
    }
    a = mix(a, facts.source0)
    b = mix(b, facts.destination0)
    if (facts.isPlain) {
      switch (packet.protocol) {
        case IPPROTO_TCP:
          a = mix(mix(a, view.getInt32(l4 + 4)), view.getInt32(l4 + 8))
          b = mix(b, view.getInt32(l4 + 12))
          break
        case IPPROTO_UDP: case IPPROTO_UDPLITE: a = mix(a, view.getUint16(l4 + 4)); break
        case IPPROTO_SCTP: a = mix(a, view.getInt32(l4 + 4)); break
        case IPPROTO_ICMP: case IPPROTO_ICMPV6:
          a = mix(a, view.getUint16(l4))
          if (isQuery(packet)) b = mix(b, (isAnyPort ? 0 : id << 16) | view.getUint16(l4 + 6))
          break
      }
    }
    this.#a = a
    this.#b = b
  }
}

const isIcmp = ({ protocol }: Packet): boolean => protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6
const isQuery = ({ protocol, view, l4 }: Packet): boolean => answerTo(protocol, view.getUint8(l4)) >= 0
const msOf = ({ sec, nsec }: Frame): number => sec * 1000 + Math.floor(nsec / 1_000_000)
