// Where deadlines stand on the timing wheel, and what has expired: what is in src/table/wheel.ts where the order of what expires
// together does not matter. And the stacks on its slots, as in src/table/stacks.ts.

import {
  BLANKS, BLOCKS_AT, EXPIRED_AT, HAND_F64, HEADS_AT, MASK, NEXT_TURN_F64, ON_WHEEL, SLOTS_AT, SPAN_F64, STACKS_AT, STACKS_FREE,
  STACKS_HIGH, TOUCHED,
} from '../src/base/memory-map'
import { DEADLINE_F64, HASH, WHEEL_PLACE, WHEEL_SLOT } from '../src/table/layout'
import { end } from './table'
import { desk, deskDouble, double, recordOf, setDesk, setDeskDouble, setWord, word } from './words'

const SLOTS: i32 = 1 << 14
const BLOCK: i32 = 1 << 7
const CHUNK: i32 = 16

/** Places a record that is not on the wheel by its deadline. */
export function place(record: usize, index: i32): void {
  const hand = deskDouble(HAND_F64)
  const span = max(hand + 1, min(floor(double(record, DEADLINE_F64) / deskDouble(SPAN_F64)), hand + (SLOTS - 1)))
  const slot = <i32>(<i64>span) & (SLOTS - 1)
  const top = topOf(slot)
  if (top == 0) countIn(slot, 1)
  const at = top == 0 || (top & (CHUNK - 1)) == CHUNK - 1 ? takeChunk(top) + 1 : top + 1
  setStacked(at, index + 1)
  setTop(slot, at)
  setWord(record, WHEEL_SLOT, slot + 1)
  setWord(record, WHEEL_PLACE, at)
  setDesk(ON_WHEEL, desk(ON_WHEEL) + 1)
}

/** Tells that a record's deadline came nearer: it moves only when its slot would come up too late. */
export function hasten(record: usize, index: i32): void {
  const slot = word(record, WHEEL_SLOT) - 1
  const hand = deskDouble(HAND_F64)
  const comesUp = (hand + <f64>((slot - <i32>(<i64>hand)) & (SLOTS - 1))) * deskDouble(SPAN_F64)
  if (double(record, DEADLINE_F64) >= comesUp) return
  setStacked(word(record, WHEEL_PLACE), 0)
  setDesk(BLANKS, desk(BLANKS) + 1)
  setDesk(ON_WHEEL, desk(ON_WHEEL) - 1)
  place(record, index)
}

/** Ends what has expired by `now`, which is not before NEXT_TURN. */
export function turn(now: f64): void {
  const target = floor(now / deskDouble(SPAN_F64)) - 1
  const from = deskDouble(HAND_F64) + 1
  setDeskDouble(HAND_F64, target)
  setDeskDouble(NEXT_TURN_F64, (target + 2) * deskDouble(SPAN_F64))
  const spans = <i32>min(target + 1 - from, SLOTS)
  const first = <i32>(<i64>from) & (SLOTS - 1)
  let passed = 0
  while (passed < spans) {
    const slot = (first + passed) & (SLOTS - 1)
    if (topOf(slot) != 0) empty(slot, now)
    passed += slot % BLOCK == 0 && usedIn(slot) == 0 ? BLOCK : 1
  }
}

/** Takes every record off a slot: ends it, or places it again. */
function empty(slot: i32, now: f64): void {
  let top = topOf(slot)
  setTop(slot, 0)
  countIn(slot, -1)
  while (top != 0) {
    const chunk = top & -CHUNK
    const count = unload(top, chunk)
    top = releaseChunk(chunk)
    // What has waited on a slot is in no cache: all that lay together is asked for together.
    let seen = 0
    for (let i = 0; i < count; i++) {
      const record = recordOf(expiredOf(i) - 1)
      setWord(record, WHEEL_SLOT, 0)
      seen ^= word(HEADS_AT, word(record, HASH) & desk(MASK))
    }
    setDesk(TOUCHED, seen)
    setDesk(ON_WHEEL, desk(ON_WHEEL) - count)
    for (let i = 0; i < count; i++) {
      const index = expiredOf(i) - 1
      const record = recordOf(index)
      if (double(record, DEADLINE_F64) <= now) end(record, index)
      else place(record, index)
    }
  }
}

/** Lays the numbers of a chunk up to `top` where EXPIRED_AT says. @returns how many */
function unload(top: i32, chunk: i32): i32 {
  let count = 0
  for (let at = top; at > chunk; at--) {
    const link = stacked(at)
    if (link == 0) setDesk(BLANKS, desk(BLANKS) - 1)
    else {
      setWord(EXPIRED_AT, count, link)
      count++
    }
  }
  return count
}

/** @param below  where the stack ends so far. @returns the chunk's first word */
function takeChunk(below: i32): i32 {
  let chunk = desk(STACKS_FREE)
  if (chunk != 0) setDesk(STACKS_FREE, stacked(chunk))
  else {
    chunk = desk(STACKS_HIGH)
    setDesk(STACKS_HIGH, chunk + CHUNK)
  }
  setStacked(chunk, below)
  return chunk
}

/** @returns where the stack ends without the chunk */
function releaseChunk(chunk: i32): i32 {
  const below = stacked(chunk)
  setStacked(chunk, desk(STACKS_FREE))
  setDesk(STACKS_FREE, chunk)
  return below
}

/** One of those that came off a slot together. */
@inline
function expiredOf(i: i32): i32 {
  return word(EXPIRED_AT, i)
}

/** Where the last number on a slot stands; 0 of an empty one. */
@inline
function topOf(slot: i32): i32 {
  return word(SLOTS_AT, slot)
}

@inline
function setTop(slot: i32, top: i32): void {
  setWord(SLOTS_AT, slot, top)
}

/** A word of the stacks. */
@inline
function stacked(at: i32): i32 {
  return word(STACKS_AT, at)
}

@inline
function setStacked(at: i32, value: i32): void {
  setWord(STACKS_AT, at, value)
}

/** Slots that are not empty in the block that a slot belongs to. */
@inline
function usedIn(slot: i32): i32 {
  return word(BLOCKS_AT, slot / BLOCK)
}

@inline
function countIn(slot: i32, change: i32): void {
  setWord(BLOCKS_AT, slot / BLOCK, usedIn(slot) + change)
}
