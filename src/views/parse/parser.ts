// What reads one form of a saved table: the interface that each file of a form fills in.

import type { Entries } from '../entries.ts'

/** A line, or an element, that could not be read. The rest of the table is kept. */
export interface ReadProblem {
  /** Number of the line it begins in, from 1. */
  readonly line: number
  /** What is wrong with it: `is cut short`, … */
  readonly why: string
}

/** Where a parser puts what it finds. */
export interface Sink {
  /** Entries of the table being read. */
  readonly entries: Entries
  /** A further table begins here; its entries go to `entries` from now on. @param at  what it says of its instant */
  nextTable(at: string): void
  problem(line: number, why: string): void
}

/** Takes the lines of one file, in their order. */
export interface TableParser {
  /** @param isCut  the last line, without a line end */
  line(bytes: Uint8Array, from: number, to: number, number: number, isCut: boolean): void
  /** Reports what the end of the file, or of its table, left unfinished. */
  end(): void
}
