// One piece of the hash, shared by tuples and records.

/** Folds the tail words of two IPv6 addresses into 32 bits for the hash. */
export function fold(a: number, b: number, c: number, d: number, e: number, f: number): number {
  let h = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 15) ^ d, 0x27d4eb2f) ^ Math.imul(e, 0x165667b1)
  return Math.imul(h ^ (h >>> 13) ^ f, 0x9e3779b1)
}
