// Frames that are looked at together: what the first look at each of them found. One cache line a frame.

import { BATCH_AT } from '../src/base/memory-map'

export const MOST: i32 = 32

/** A frame that may be for the fast path. */
@unmanaged
export class Item {
  /** Where its record begins in the file, and where the next one does. */
  record: usize
  behind: usize
  sec: u32
  nsec: i32
  /** Where its IP packet begins, and the transport header in it. */
  ip: usize
  l4: usize
  /** Bytes of the IP packet. */
  total: i32
  /** l3num | protocol << 8 */
  proto: i32
  ports: i32
  /** First words of the source address and of the destination's. */
  source: i32
  destination: i32
  hash: i32
  hops: i32
  /** Of copies. */
  slot: i32
  keyA: i32
  keyB: i32
}

@inline
export function itemOf(index: i32): Item {
  return changetype<Item>(BATCH_AT + (<usize>index << 6))
}
