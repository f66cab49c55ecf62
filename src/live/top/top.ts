// What the full-screen table shows, and what keys do to it. Knows no terminal: lines out (screen.ts), names of keys in.

import { flowName, type Order, type Row } from '../../index.ts'
import type { Beside } from '../beside-kernel.ts'
import { COLUMNS, type Column, isLargestFirst, matches, sortRows } from './columns.ts'
import { History, type Snapshot, type Totals } from './history.ts'
import { Remarks } from './remarks.ts'

export type Page = 'table' | 'flow' | 'help'

/** What a key asks of whoever runs this. */
export type Wish = 'quit' | 'save' | null

export class Top {
  /** Where it listens, through what. */
  readonly title: string
  readonly remarks = new Remarks()
  readonly history = new History()
  page: Page = 'table'
  /** Snapshots back from the present one, 0 for that; null while it goes on. */
  back: number | null = null
  sortBy = 0
  isReverse = false
  /** Words that entries must have; while they are typed, `typing` is what stands there. */
  filter: readonly string[] = []
  typing: string | null = null
  /** First row on the screen, and the chosen one, by its place among those shown. */
  scroll = 0
  chosen = 0
  /** The flow that is explained. */
  flow: Row | null = null
  /** What was said last: saved, lost, … */
  note = ''
  /** Rows of the table on the screen, as chosen by `resize`. */
  #room = 10
  #rows: readonly Row[] = []

  /** @param order  what it is sorted by at first; default: in the order of creation */
  constructor(title: string, order?: Order) {
    this.title = title
    if (order === undefined) return
    this.sortBy = COLUMNS.findIndex(({ title: name }) => name === order.key)
    this.isReverse = isLargestFirst(this.column) === (order.isReverse === true)
  }

  /** Takes the table of an instant. */
  take(totals: Totals, rows: Iterable<Row>, beside: Beside | null = null): void {
    this.history.add(totals, rows, beside)
    if (this.back === null) this.#refresh()
    else this.back = Math.min(this.back + 1, this.history.length - 1) // the one that is looked at stays
  }

  /** The table that is looked at. */
  get shown(): Snapshot | undefined {
    return this.history.back(this.back ?? 0)
  }

  /** The one before it, for rates. */
  get before(): Snapshot | undefined {
    return this.history.back((this.back ?? 0) + 1)
  }

  /** What of it is wanted, in order. */
  get rows(): readonly Row[] {
    return this.#rows
  }

  get column(): Column {
    return COLUMNS[this.sortBy] ?? { title: '', isRight: false, drop: 0, text: () => '', key: () => 0 }
  }

  /** @param room  rows of the table that fit the screen */
  resize(room: number): void {
    this.#room = Math.max(1, room)
    this.#clamp()
  }

  /** Takes a key by its name: a character, or `up`, `return`, `escape`, … */
  key(name: string): Wish {
    this.note = ''
    if (this.typing !== null) {
      this.#type(name)
      return null
    }
    if (name === 'q' || name === 'ctrl-c') return 'quit'
    if (name === 'w') return 'save'
    if (this.page !== 'table') {
      if (['escape', 'return', 'backspace', 'h', '?'].includes(name)) this.page = 'table'
      else if (name === 'left' || name === 'right') this.#travel(name === 'left' ? 1 : -1)
      return null
    }
    switch (name) {
      case 'up': case 'k': this.#choose(this.chosen - 1); break
      case 'down': case 'j': this.#choose(this.chosen + 1); break
      case 'pageup': this.#choose(this.chosen - this.#room); break
      case 'pagedown': this.#choose(this.chosen + this.#room); break
      case 'home': case 'g': this.#choose(0); break
      case 'end': case 'G': this.#choose(Infinity); break
      case '<': this.#sort((this.sortBy + COLUMNS.length - 1) % COLUMNS.length); break
      case '>': case 's': this.#sort((this.sortBy + 1) % COLUMNS.length); break
      case 'r':
        this.isReverse = !this.isReverse
        this.#refresh()
        break
      case '/': this.typing = this.filter.join(' '); break
      case 'escape':
        this.filter = []
        this.#refresh()
        break
      case 'space': case 'p':
        this.back = this.back === null ? 0 : null
        this.#refresh()
        break
      case 'left': this.#travel(1); break
      case 'right': this.#travel(-1); break
      case 'return':
        this.flow = this.#rows[this.chosen] ?? null
        if (this.flow !== null) this.page = 'flow'
        break
      case 'h': case '?': this.page = 'help'; break
    }
    return null
  }

  /** The flow that is explained, at each instant that is kept, from the oldest to the one looked at; null where it was not there. */
  * biography(): Generator<{ readonly totals: Totals, readonly row: Row | null }, void> {
    if (this.flow === null) return
    const name = flowName(this.flow)
    for (let back = this.history.length - 1; back >= (this.back ?? 0); back--) {
      const snapshot = this.history.back(back)
      if (snapshot === undefined) continue
      let found: Row | null = null
      for (let i = 0; i < snapshot.entries.length && found === null; i++) {
        const row = snapshot.entries.row(i)
        if (flowName(row) === name) found = row
      }
      yield { totals: snapshot.totals, row: found }
    }
  }

  #type(name: string): void {
    const typed = this.typing ?? ''
    if (name === 'return') {
      this.filter = typed.toLowerCase().split(/\s+/).filter((word) => word !== '')
      this.typing = null
      this.#refresh()
    } else if (name === 'escape' || name === 'ctrl-c') this.typing = null
    else if (name === 'backspace') this.typing = typed.slice(0, -1)
    else if (name === 'space') this.typing = `${typed} `
    else if (name.length === 1) this.typing = typed + name
  }

  /** Goes back in time by a step, or forward; the last step forward lets it go on. */
  #travel(steps: number): void {
    const back = (this.back ?? 0) + steps
    this.back = back < 0 ? null : Math.min(back, this.history.length - 1)
    this.#refresh()
  }

  #sort(by: number): void {
    this.sortBy = by
    this.#refresh()
  }

  #choose(place: number): void {
    this.chosen = place
    this.#clamp()
  }

  /** Reads the rows anew; the chosen flow stays chosen. */
  #refresh(): void {
    const before = this.#rows[this.chosen]
    const entries = this.shown?.entries
    const wanted: Row[] = []
    for (let i = 0; i < (entries?.length ?? 0); i++) {
      const row = entries?.row(i)
      if (row !== undefined && matches(row, this.filter)) wanted.push(row)
    }
    this.#rows = this.sortBy === 0 ? (this.isReverse ? wanted.reverse() : wanted) : sortRows(wanted, this.column, this.isReverse)
    if (before !== undefined && this.chosen > 0) {
      const name = flowName(before)
      const place = this.#rows.findIndex((row) => flowName(row) === name)
      if (place >= 0) this.chosen = place
    }
    this.#clamp()
  }

  #clamp(): void {
    this.chosen = Math.max(0, Math.min(this.chosen, this.#rows.length - 1))
    this.scroll = Math.max(0, Math.min(this.scroll, this.chosen, this.#rows.length - this.#room))
    if (this.chosen >= this.scroll + this.#room) this.scroll = this.chosen - this.#room + 1
  }
}
