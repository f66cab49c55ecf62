// In which order entries are printed, and how many of them, as options.

import type { Command } from 'commander'
import { type Order, SORT_KEYS, type SortKey, UsageError } from '../index.ts'
import { oneOf, wholeNumber } from './options.ts'

export interface OrderOptions {
  sort?: string
  reverse?: boolean
  top?: string
}

const USUAL: SortKey = 'bytes'
const MOST = 2 ** 31

export function addOrderOptions(command: Command): Command {
  return command
    .optionsGroup('Order:')
    .option('--sort <key>', `the largest first, by ${SORT_KEYS.join(', ')}; default: in the order of creation`)
    .option('--reverse', 'with --sort or --top: the smallest first')
    .option('--top <count>', `only the first so many, by --sort; without it by ${USUAL}`)
}

/** What the options say; undefined for the order of creation. @throws UsageError */
export function orderOf({ sort, reverse, top }: OrderOptions): Order | undefined {
  if (sort === undefined && top === undefined) {
    if (reverse === true) throw new UsageError('--reverse turns an order round: name one with --sort')
    return undefined
  }
  return {
    key: sort === undefined ? USUAL : oneOf('--sort', sort, SORT_KEYS) as SortKey,
    isReverse: reverse === true,
    most: top === undefined ? undefined : wholeNumber('--top', top, 1, MOST),
  }
}
