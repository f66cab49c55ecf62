// Where a frame lies and when it was captured: a record of a classic pcap as in src/capture/pcap.ts, a block of a pcapng as in
// src/capture/pcapng.ts, both little-endian.

import { Item } from './batch'

const RECORD_HEADER: usize = 16
const USUAL_LONGEST: u32 = 262_144
const ENHANCED_PACKET: u32 = 6
const SHORTEST_BLOCK: u32 = 32 // bytes, without data
const BLOCK_HEADER: usize = 28

/** Where the data of the frame read last begin and end, and how long it was on the wire. */
export let start: usize = 0
export let end: usize = 0
export let wireLength: u32 = 0

/** Reads a record of a classic pcap. False when it is not all there, or not as usual. */
@inline
export function readRecord(item: Item, at: usize, to: usize, perSecond: u32, nsecPer: u32): bool {
  if (at + RECORD_HEADER > to) return false
  const captured = load<u32>(at, 8)
  const part = load<u32>(at, 4)
  if (captured - 1 >= USUAL_LONGEST || captured > <u32>(to - at - RECORD_HEADER) || part >= perSecond) return false
  start = at + RECORD_HEADER
  end = start + captured
  wireLength = max<u32>(load<u32>(at, 12), captured)
  item.record = at
  item.behind = end
  item.sec = load<u32>(at)
  item.nsec = <i32>(part * nsecPer)
  return true
}

/** Reads an enhanced packet block of an interface that counts `perSecond` from the epoch. False when it is anything else. */
@inline
export function readBlock(item: Item, at: usize, to: usize, index: i32, perSecond: u32, nsecPer: u32): bool {
  if (at + SHORTEST_BLOCK > to || load<u32>(at) != ENHANCED_PACKET || load<i32>(at, 8) != index) return false
  const length = load<u32>(at, 4)
  if (length < SHORTEST_BLOCK || (length & 3) != 0 || length > <u32>(to - at) || load<u32>(at + length - 4) != length) return false
  const captured = load<u32>(at, 20)
  if (captured > length - SHORTEST_BLOCK) return false
  const count = <u64>load<u32>(at, 12) << 32 | load<u32>(at, 16)
  const sec = count / perSecond
  if (sec > <u64>u32.MAX_VALUE) return false
  start = at + BLOCK_HEADER
  end = start + captured
  wireLength = max<u32>(load<u32>(at, 24), captured)
  item.record = at
  item.behind = at + length
  item.sec = <u32>sec
  item.nsec = <i32>(<u32>(count - sec * perSecond) * nsecPer)
  return true
}
