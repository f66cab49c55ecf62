// At which instant a capture's table is most like a machine's: found in one pass. What an entry of the machine says (state and flags,
// timeout, age, counters) is true of the capture's connection during stretches of time; where most stretches lie over one another is it.

const NEVER = -1

/** What a connection of the capture is like from one packet to the next. */
export interface Standing {
  /** State and flags are those of the machine's entry. */
  readonly isLike: boolean
  /** Counters are too; false where the machine tells none. */
  readonly isCounted: boolean
  /** Ticks. */
  readonly deadline: number
  readonly created: number
}

// How much each agreement counts. State and flags hold for long and for many instants; a timeout or an age for one second.
const LIKE = 1
const COUNTED = 2
const TIMEOUT = 4
const AGE = 4

export class Agreement {
  readonly #hz: number
  /** Seconds by the machine's entries; -1 where it tells none. */
  readonly #timeouts: Float64Array
  readonly #ages: Float64Array
  /** What stands now, by entry: since when (NEVER: nothing), and until when its connection lives. */
  readonly #since: Float64Array
  readonly #likeSince: Float64Array
  readonly #countedSince: Float64Array
  readonly #deadline: Float64Array
  readonly #created: Float64Array
  /** Where stretches begin and end, and by how much the agreement rises or falls there. */
  readonly #ticks: number[] = []
  readonly #weights: number[] = []

  /** @param count  entries of the machine */
  constructor(count: number, hz: number) {
    this.#hz = hz
    const fill = (value: number): Float64Array => new Float64Array(count).fill(value)
    this.#timeouts = fill(NEVER)
    this.#ages = fill(NEVER)
    this.#since = fill(NEVER)
    this.#likeSince = fill(NEVER)
    this.#countedSince = fill(NEVER)
    this.#deadline = fill(0)
    this.#created = fill(0)
  }

  /** What an entry of the machine says, in seconds; null for nothing. */
  expect(entry: number, timeout: number | null, age: number | null): void {
    this.#timeouts[entry] = timeout ?? NEVER
    this.#ages[entry] = age ?? NEVER
  }

  /** From `tick` on the connection of an entry stands like this. */
  set(entry: number, tick: number, standing: Standing): void {
    this.#closeMoments(entry, tick)
    this.#closeStretch(this.#likeSince, entry, tick, LIKE, standing.isLike)
    this.#closeStretch(this.#countedSince, entry, tick, COUNTED, standing.isCounted)
    this.#since[entry] = standing.isLike ? tick : NEVER
    this.#deadline[entry] = standing.deadline
    this.#created[entry] = standing.created
  }

  /** The connection of an entry is gone from `tick` on. */
  end(entry: number, tick: number): void {
    this.#closeMoments(entry, tick)
    this.#closeStretch(this.#likeSince, entry, tick, LIKE, false)
    this.#closeStretch(this.#countedSince, entry, tick, COUNTED, false)
    this.#since[entry] = NEVER
  }

  /** The tick of most agreement: the middle of its stretch; null where nothing agrees ever. */
  best(): number | null {
    for (let entry = 0; entry < this.#since.length; entry++) this.end(entry, Infinity)
    const ticks = Float64Array.from(this.#ticks)
    const order = ticks.map((_, i) => i).sort((a, b) => (ticks[a] ?? 0) - (ticks[b] ?? 0))
    let sum = 0
    let most = 0
    let from: number | null = null
    let to = 0
    for (let i = 0; i < order.length; i++) {
      const at = order[i] ?? 0
      sum += this.#weights[at] ?? 0
      const tick = ticks[at] ?? 0
      const next = i + 1 < order.length ? ticks[order[i + 1] ?? 0] ?? tick : tick
      if (next > tick && sum > most) {
        most = sum
        from = tick
        to = next
      }
    }
    return from === null ? null : Math.floor((from + Math.min(to, from + this.#hz)) / 2)
  }

  /** The timeout and the age are true of the present stretch for a second each. */
  #closeMoments(entry: number, until: number): void {
    const since = this.#since[entry] ?? NEVER
    if (since === NEVER) return
    const hz = this.#hz
    const deadline = this.#deadline[entry] ?? 0
    const timeout = this.#timeouts[entry] ?? NEVER
    const age = this.#ages[entry] ?? NEVER
    const end = Math.min(until, deadline)
    const shown = deadline - (timeout + 1) * hz + 1 // the first tick that shows this timeout
    if (timeout !== NEVER) this.#add(Math.max(since, shown), Math.min(end, shown + hz), TIMEOUT)
    const born = (this.#created[entry] ?? 0) + age * hz
    if (age !== NEVER) this.#add(Math.max(since, born), Math.min(end, born + hz), AGE)
  }

  #closeStretch(sinces: Float64Array, entry: number, tick: number, weight: number, goesOn: boolean): void {
    const since = sinces[entry] ?? NEVER
    const end = Math.min(tick, this.#deadline[entry] ?? 0)
    if (since !== NEVER && (!goesOn || end < tick)) {
      this.#add(since, end, weight)
      sinces[entry] = NEVER
    }
    if (goesOn && sinces[entry] === NEVER) sinces[entry] = tick
  }

  #add(from: number, to: number, weight: number): void {
    if (to <= from) return
    this.#ticks.push(from, to)
    this.#weights.push(weight, -weight)
  }
}
