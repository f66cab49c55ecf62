// One piece of the hash, shared by tuples and records.

/** Folds the other three words of an IPv6 address. */
export function foldTail(a: number, b: number, c: number): number {
  const h = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35)
  return Math.imul(h ^ (h >>> 15), 0x27d4eb2f)
}
