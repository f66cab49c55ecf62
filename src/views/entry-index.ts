// Finds entries of one table by the original tuple, and zone, of an entry of another.

import { ADDRESSES, type Entries, IS_IPV6, PORTS } from './entries.ts'

const NONE = -1

/** An index over the entries of a table. What has been taken is not found again. */
export class EntryIndex {
  readonly #entries: Entries
  readonly #heads: Int32Array
  readonly #next: Int32Array
  readonly #mask: number
  readonly #zones: boolean

  /** @param zones  entries of different zones are different */
  constructor(entries: Entries, zones = true) {
    const { length } = entries
    this.#entries = entries
    this.#zones = zones
    this.#mask = 2 ** Math.ceil(Math.log2(length + 1)) - 1
    this.#heads = new Int32Array(this.#mask + 1).fill(NONE)
    this.#next = new Int32Array(length)
    for (let i = length - 1; i >= 0; i--) { // backwards, so that of equals the first is found first
      const head = hashOf(entries, i, zones) & this.#mask
      this.#next[i] = this.#heads[head] ?? NONE
      this.#heads[head] = i
    }
  }

  /** Finds the entry with the tuple of entry `index` of `other`. @returns -1 when there is none (left) */
  find(other: Entries, index: number): number {
    let i = this.#heads[hashOf(other, index, this.#zones) & this.#mask] ?? NONE
    while (i !== NONE && !isSame(this.#entries, i, other, index, this.#zones)) i = this.#next[i] ?? NONE
    return i
  }

  /** Finds and takes the entry with the tuple of entry `index` of `other`. @returns -1 when there is none (left) */
  take(other: Entries, index: number): number {
    const head = hashOf(other, index, this.#zones) & this.#mask
    let before = NONE
    for (let i = this.#heads[head] ?? NONE; i !== NONE; i = this.#next[i] ?? NONE) {
      if (isSame(this.#entries, i, other, index, this.#zones)) {
        const next = this.#next[i] ?? NONE
        if (before === NONE) this.#heads[head] = next
        else this.#next[before] = next
        return i
      }
      before = i
    }
    return NONE
  }
}

const WHAT = IS_IPV6 | 255 // of the flags' word: protocol and family

function hashOf(entries: Entries, index: number, zones: boolean): number {
  const zone = zones ? entries.zone(index) : 0
  let h = (entries.flags(index) & WHAT) ^ Math.imul(zone, 0x9e3779b1) ^ Math.imul(entries.word(index, PORTS), 0x85ebca6b)
  for (let i = 0; i < 8; i++) h = Math.imul(h ^ (h >>> 15) ^ entries.word(index, ADDRESSES + i), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

function isSame(a: Entries, i: number, b: Entries, j: number, zones: boolean): boolean {
  if (((a.flags(i) ^ b.flags(j)) & WHAT) !== 0 || a.word(i, PORTS) !== b.word(j, PORTS)) return false
  if (zones && a.zone(i) !== b.zone(j)) return false
  for (let word = ADDRESSES; word < ADDRESSES + 8; word++) if (a.word(i, word) !== b.word(j, word)) return false
  return true
}
