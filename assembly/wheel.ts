// Where a connection's deadline stands on the timing wheel. What is in src/table/wheel.ts, as far as packets need it: nothing
// expires here. And the stacks on its slots, as in src/table/stacks.ts.

import {
  BLANKS, BLOCKS_AT, HAND_F64, ON_WHEEL, SLOTS_AT, SPAN_F64, STACKS_AT, STACKS_END, STACKS_FREE, STACKS_HIGH,
} from '../src/base/memory-map'
import { DEADLINE_F64, WHEEL_PLACE, WHEEL_SLOT } from '../src/table/layout'
import { desk, deskDouble, double, setDesk, setWord, word } from './words'

const SLOTS: i32 = 1 << 14
const BLOCK: i32 = 1 << 7
const CHUNK: i32 = 16

/** There is room for one number more on any stack. */
@inline
export function hasRoom(): bool {
  return desk(STACKS_FREE) != 0 || desk(STACKS_HIGH) + CHUNK <= desk(STACKS_END)
}

/** Places a record that is not on the wheel by its deadline. */
export function place(record: usize, index: i32): void {
  const hand = deskDouble(HAND_F64)
  const turn = max(hand + 1, min(floor(double(record, DEADLINE_F64) / deskDouble(SPAN_F64)), hand + (SLOTS - 1)))
  const slot = <i32>(<i64>turn) & (SLOTS - 1)
  const top = word(SLOTS_AT, slot)
  if (top == 0) setWord(BLOCKS_AT, slot / BLOCK, word(BLOCKS_AT, slot / BLOCK) + 1)
  const at = top == 0 || (top & (CHUNK - 1)) == CHUNK - 1 ? takeChunk(top) + 1 : top + 1
  setWord(STACKS_AT, at, index + 1)
  setWord(SLOTS_AT, slot, at)
  setWord(record, WHEEL_SLOT, slot + 1)
  setWord(record, WHEEL_PLACE, at)
  setDesk(ON_WHEEL, desk(ON_WHEEL) + 1)
}

/** Tells that a record's deadline came nearer: it moves only when its slot would come up too late. */
@inline
export function hasten(record: usize, index: i32): void {
  const slot = word(record, WHEEL_SLOT) - 1
  const hand = deskDouble(HAND_F64)
  const comesUp = (hand + <f64>((slot - <i32>(<i64>hand)) & (SLOTS - 1))) * deskDouble(SPAN_F64)
  if (double(record, DEADLINE_F64) >= comesUp) return
  setWord(STACKS_AT, word(record, WHEEL_PLACE), 0)
  setDesk(BLANKS, desk(BLANKS) + 1)
  setDesk(ON_WHEEL, desk(ON_WHEEL) - 1)
  place(record, index)
}

/** @param below  where the stack ends so far. @returns the chunk's first word */
function takeChunk(below: i32): i32 {
  let chunk = desk(STACKS_FREE)
  if (chunk != 0) setDesk(STACKS_FREE, word(STACKS_AT, chunk))
  else {
    chunk = desk(STACKS_HIGH)
    setDesk(STACKS_HIGH, chunk + CHUNK)
  }
  setWord(STACKS_AT, chunk, below)
  return chunk
}
