// The datagrams of one IP version that wait for more fragments: found by key, given up in time, bounded in memory.
// Kernel: inet_fragment.c (v6.12).

import { Datagram } from './datagram.ts'
import { wheelDelay } from './wheel-delay.ts'

const BUCKETS = 1024
const KEPT = 64 // datagrams given up or finished whose memory is used again

export interface FragmentLimits {
  /** How long a datagram may wait, ticks. */
  readonly timeout: number
  /** Above so many bytes of kernel memory no fragment is taken. 0: never any. */
  readonly highThreshold: number
  /** Seed of the hash, 32 bits. */
  readonly seed: number
}

/** How fragments fared: the Reasm… counters of /proc/net/snmp. */
export class FragmentCounters {
  requests = 0
  reassembled = 0
  failed = 0
  timedOut = 0
}

export class FragmentQueues {
  readonly counters = new FragmentCounters()
  /** Fill this in, then `find`. */
  readonly key: Uint32Array
  /** Earliest deadline of all, ticks; Infinity when nothing waits. */
  nextDeadline = Infinity
  /** Told of each datagram that stops waiting, before it is used again. */
  onEnd: ((datagram: Datagram) => void) | null = null
  readonly #limits: FragmentLimits
  readonly #keyWords: number
  readonly #overhead: number
  readonly #buckets = new Array<Datagram | null>(BUCKETS).fill(null)
  readonly #kept: Datagram[] = []
  #oldest: Datagram | null = null
  #newest: Datagram | null = null
  #memory = 0

  /**
   * @param keyWords  numbers of 32 bits in a key
   * @param overhead  what a waiting datagram counts for besides its fragments, bytes
   */
  constructor(limits: FragmentLimits, keyWords: number, overhead: number) {
    this.#limits = limits
    this.#keyWords = keyWords
    this.#overhead = overhead
    this.key = new Uint32Array(keyWords)
  }

  /** Bytes of kernel memory that waiting fragments stand for. */
  get memory(): number { return this.#memory }

  /**
   * The datagram that `key` names, a new one when none is waiting.
   * @param jiffies  now, on the kernel's clock
   * @returns        null when memory is short: even a fragment that would complete a datagram is refused then
   * @kernel         inet_frag_find() — v6.12
   */
  find(tick: number, jiffies: number): Datagram | null {
    const { highThreshold } = this.#limits
    if (highThreshold === 0 || this.#memory > highThreshold) return null
    const bucket = this.#hash()
    const first = this.#buckets[bucket] ?? null
    for (let found = first; found !== null; found = found.next) if (this.#matches(found)) return found

    const datagram = this.#kept.pop() ?? new Datagram(this.#keyWords)
    datagram.key.set(this.key)
    datagram.bucket = bucket
    datagram.next = first
    this.#buckets[bucket] = datagram
    this.#enqueue(datagram, tick, jiffies)
    datagram.memory = this.#overhead
    this.#memory += this.#overhead
    return datagram
  }

  /** Counts the memory of one more fragment. */
  charge(datagram: Datagram, bytes: number): void {
    datagram.memory += bytes
    this.#memory += bytes
  }

  /** Begins a datagram anew, with all its time before it. */
  restart(datagram: Datagram, tick: number, jiffies: number): void {
    this.#memory -= datagram.memory - this.#overhead
    datagram.memory = this.#overhead
    datagram.clear()
    this.#dequeue(datagram)
    this.#enqueue(datagram, tick, jiffies)
  }

  /** Ends a datagram's wait; its bytes are valid until the next `find`. */
  end(datagram: Datagram): void {
    this.onEnd?.(datagram)
    this.#memory -= datagram.memory
    this.#unlink(datagram)
    this.#dequeue(datagram)
  }

  /** Takes an ended datagram's memory back. */
  recycle(datagram: Datagram): void {
    datagram.clear()
    if (this.#kept.length < KEPT) this.#kept.push(datagram)
  }

  /** Gives up what has waited too long. */
  expire(tick: number): void {
    while (this.#oldest !== null && this.#oldest.deadline <= tick) {
      const datagram = this.#oldest
      this.counters.timedOut++
      this.counters.failed++
      this.end(datagram)
      this.recycle(datagram)
    }
  }

  #unlink(datagram: Datagram): void {
    let before = this.#buckets[datagram.bucket] ?? null
    if (before === datagram) this.#buckets[datagram.bucket] = datagram.next
    else {
      while (before !== null && before.next !== datagram) before = before.next
      if (before !== null) before.next = datagram.next
    }
    datagram.next = null
  }

  /** All wait equally long, so the newest has the latest deadline. */
  #enqueue(datagram: Datagram, tick: number, jiffies: number): void {
    datagram.deadline = tick + wheelDelay(jiffies, this.#limits.timeout)
    datagram.older = this.#newest
    datagram.newer = null
    if (this.#newest === null) {
      this.#oldest = datagram
      this.nextDeadline = datagram.deadline
    } else this.#newest.newer = datagram
    this.#newest = datagram
  }

  #dequeue(datagram: Datagram): void {
    const { older, newer } = datagram
    if (older === null) this.#oldest = newer
    else older.newer = newer
    if (newer === null) this.#newest = older
    else newer.older = older
    datagram.older = datagram.newer = null
    this.nextDeadline = this.#oldest === null ? Infinity : this.#oldest.deadline
  }

  #hash(): number {
    const { key } = this
    let hash = this.#limits.seed | 0
    for (let i = 0; i < key.length; i++) {
      hash = Math.imul(hash ^ key[i]!, 0x9e3779b1)
      hash ^= hash >>> 15
    }
    return Math.imul(hash, 0x85ebca6b) >>> 22
  }

  #matches(datagram: Datagram): boolean {
    const { key } = this
    for (let i = 0; i < key.length; i++) if (key[i] !== datagram.key[i]) return false
    return true
  }
}
