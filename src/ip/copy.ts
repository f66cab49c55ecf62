// Copying bytes between buffers, off the usual path: fragments, and packets that the snap length cut.

const SHORT = 64 // bytes up to which a loop beats making a subarray

/** Copies `count` bytes of `from`, starting at `start`, to `at` of `to`. */
export function copyBytes(from: Uint8Array, start: number, count: number, to: Uint8Array, at: number): void {
  if (count <= SHORT) for (let i = 0; i < count; i++) to[at + i] = from[start + i]!
  // eslint-disable-next-line no-restricted-syntax -- ten times as fast as a loop over 1500 bytes, garbage and all
  else to.set(from.subarray(start, start + count), at)
}
