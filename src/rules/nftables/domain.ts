// Sets and maps: values, ranges of values, and several values at once, each with what it stands for.

import { isWithin, type Span } from './datatype.ts'

interface Element<Meaning> {
  /** One a part of the key. */
  readonly spans: readonly Span[]
  readonly meaning: Meaning
}

const MOST_SCANNED = 8 // elements looked at one by one

/** What a set holds, found by the words of a key. */
export class Domain<Meaning> {
  /** Words of each part of the key. */
  readonly #widths: readonly number[]
  readonly #elements: Element<Meaning>[] = []
  #other: Meaning | undefined
  /** Elements of one word, in order of their values; null where the key has more words, or elements overlap. */
  #sorted: Element<Meaning>[] | null = null
  /** Elements that are points, by hash; null where some are not. */
  #points: Map<number, Element<Meaning>[]> | null = null
  #isReady = false

  constructor(widths: readonly number[]) {
    this.#widths = widths
  }

  /** What all its elements stand for. */
  get meanings(): Meaning[] {
    return [...this.#elements.map(({ meaning }) => meaning), ...(this.#other === undefined ? [] : [this.#other])]
  }

  add(spans: readonly Span[], meaning: Meaning): void {
    this.#elements.push({ spans, meaning })
    this.#isReady = false
  }

  /** What all other keys stand for. */
  addOther(meaning: Meaning): void { this.#other = meaning }

  /** @returns undefined where the set does not hold the key */
  find(words: Float64Array): Meaning | undefined {
    if (!this.#isReady) this.#prepare()
    return (this.#sorted !== null ? this.#bisect(words[0]!) : this.#points !== null ? this.#byHash(words) : this.#scan(words))?.meaning ??
      this.#other
  }

  #prepare(): void {
    this.#isReady = true
    this.#sorted = this.#points = null
    if (this.#elements.length <= MOST_SCANNED) return
    if (this.#elements.every(({ spans }) => spans.every(({ from, to }) => from.every((word, i) => word === to[i])))) {
      this.#points = new Map()
      for (const element of this.#elements) {
        const key = element.spans.reduce((sum, { from }) => from.reduce(mix, sum), 0)
        const known = this.#points.get(key)
        if (known === undefined) this.#points.set(key, [element])
        else known.push(element)
      }
    } else if (this.#widths.length === 1 && this.#widths[0] === 1) {
      const sorted = [...this.#elements].sort((a, b) => a.spans[0]!.from[0]! - b.spans[0]!.from[0]!)
      const isApart = sorted.every(({ spans }, i) => i === 0 || sorted[i - 1]!.spans[0]!.to[0]! < spans[0]!.from[0]!)
      if (isApart) this.#sorted = sorted
    }
  }

  #bisect(word: number): Element<Meaning> | undefined {
    const sorted = this.#sorted!
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sorted[middle]!.spans[0]!.to[0]! < word) low = middle + 1
      else high = middle
    }
    const found = sorted[low]
    return found !== undefined && found.spans[0]!.from[0]! <= word ? found : undefined
  }

  #byHash(words: Float64Array): Element<Meaning> | undefined {
    let key = 0
    const count = this.#widths.reduce((sum, width) => sum + width, 0)
    for (let i = 0; i < count; i++) key = mix(key, words[i]!)
    const near = this.#points!.get(key)
    if (near === undefined) return undefined
    for (const element of near) if (this.#holds(element, words)) return element
    return undefined
  }

  #scan(words: Float64Array): Element<Meaning> | undefined {
    for (const element of this.#elements) if (this.#holds(element, words)) return element
    return undefined
  }

  #holds({ spans }: Element<Meaning>, words: Float64Array): boolean {
    let at = 0
    for (let i = 0; i < spans.length; i++) {
      if (!isWithin(words, at, spans[i]!)) return false
      at += this.#widths[i]!
    }
    return true
  }
}

const mix = (sum: number, word: number): number => (Math.imul(sum ^ (word | 0), 0x9e3779b1) ^ Math.floor(word / 2 ** 32)) | 0
