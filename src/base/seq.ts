// TCP sequence numbers live on a circle of 2^32 (RFC 9293 section 3.4). Only these four functions touch them.
// They are held as signed 32-bit integers, as all words of a record are: V8 keeps those out of the heap. `>>> 0` for people.

/** Moves a sequence number on by `n` bytes (`n` may be negative). */
export const seqAdd = (a: number, n: number): number => (a + n) | 0

/** Signed distance from `b` to `a` in bytes, −2^31 … 2^31−1. */
export const seqDiff = (a: number, b: number): number => (a - b) | 0

/** True when `a` comes before `b` on the circle. */
export const seqBefore = (a: number, b: number): boolean => ((a - b) | 0) < 0

/** True when `a` comes after `b` on the circle. */
export const seqAfter = (a: number, b: number): boolean => ((b - a) | 0) < 0
