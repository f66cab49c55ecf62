// Options behind the fixed part of a pcapng block: code, length, value, padded to four bytes. Off the usual path.

/** Where an option's value lies; what it means depends on the block. */
export type OnOption = (code: number, at: number, length: number) => void

/** Goes through the options between two offsets; stops at the end of options, and where one does not fit. */
export function eachOption(view: DataView, at: number, end: number, little: boolean, onOption: OnOption): void {
  while (at + 4 <= end) {
    const code = view.getUint16(at, little)
    const length = view.getUint16(at + 2, little)
    if (code === 0 || at + 4 + length > end) return
    onOption(code, at + 4, length)
    at += 4 + (length + 3 & ~3)
  }
}

/** A signed number of 64 bits; exact to 2^53. */
export function readInt64(view: DataView, at: number, little: boolean): number {
  return view.getInt32(little ? at + 4 : at, little) * 2 ** 32 + view.getUint32(little ? at : at + 4, little)
}
