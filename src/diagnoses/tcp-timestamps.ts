// The timestamp that a segment echoes (RFC 7323): proof that its sender hears the other side.

const HEADER = 20 // bytes without options
const END = 0
const NOTHING = 1
const TIMESTAMPS = 8
const LENGTH = 10

/** @param end  first byte behind what was captured @returns TSecr; 0 when there is none */
export function echoedTimestamp(view: DataView, l4: number, end: number): number {
  const behind = Math.min(end, l4 + (view.getUint8(l4 + 12) >>> 4) * 4)
  let at = l4 + HEADER
  while (at + 1 < behind) {
    const kind = view.getUint8(at)
    if (kind === END) return 0
    if (kind === NOTHING) {
      at++
      continue
    }
    const length = view.getUint8(at + 1)
    if (kind === TIMESTAMPS && length === LENGTH && at + LENGTH <= behind) return view.getInt32(at + 6)
    at += Math.max(2, length)
  }
  return 0
}
