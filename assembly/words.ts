// Words and doubles of the shared memory: of the desk, and of records by the offsets of src/table/layout.ts.

import { DESK_AT, RECORDS_AT } from '../src/base/memory-map'

/** A word of the desk. */
@inline
export function desk(field: i32): i32 {
  return word(DESK_AT, field)
}

@inline
export function setDesk(field: i32, value: i32): void {
  setWord(DESK_AT, field, value)
}

/** A double of the desk, by its first word. */
@inline
export function deskDouble(field: i32): f64 {
  return double(DESK_AT, field)
}

@inline
export function setDeskDouble(field: i32, value: f64): void {
  setDouble(DESK_AT, field, value)
}

/** Where the record of a connection begins. */
@inline
export function recordOf(index: i32): usize {
  return RECORDS_AT + (<usize>index << 8)
}

/** A word behind an address: of a record, of one of its parts, of an array. */
@inline
export function word(at: usize, field: i32): i32 {
  return load<i32>(at + (<usize>field << 2))
}

@inline
export function setWord(at: usize, field: i32, value: i32): void {
  store<i32>(at + (<usize>field << 2), value)
}

/** A double behind an address, by its first word. */
@inline
export function double(at: usize, field: i32): f64 {
  return load<f64>(at + (<usize>field << 2))
}

@inline
export function setDouble(at: usize, field: i32, value: f64): void {
  store<f64>(at + (<usize>field << 2), value)
}

/** 32 bits and 16 bits in network order. */
@inline
export function be32(at: usize): i32 {
  return bswap<i32>(load<i32>(at))
}

@inline
export function be16(at: usize): i32 {
  return <i32>bswap<u16>(load<u16>(at))
}
