// A file that is no capture, piece by piece: a table saved on a machine. Standard input and compressed files as with captures.

import { unpack } from './compression.ts'
import { nameOf, openInput } from './open.ts'

const PIECE = 1 << 20 // bytes
const HEAD = 4        // bytes that tell whether a file is compressed

/**
 * Gives out the bytes of a file.
 *
 * @param path  `-` for standard input
 * @param take  gets the bytes, which may be written over after its return, and how many the file has in all: 0 where that is unknown
 * @throws      CaptureError where the file cannot be read
 */
export async function readPieces(path: string, take: (bytes: Uint8Array, size: number) => void): Promise<void> {
  const input = openInput(path, nameOf(path, 0))
  try {
    const bytes = new Uint8Array(PIECE)
    let filled = 0
    for (let got = 1; filled < HEAD && got > 0; filled += got) got = await input.read(bytes, filled)
    const inside = filled < HEAD ? null : unpack(input, bytes.slice(0, filled))
    if (inside === null) take(bytes.subarray(0, filled), input.size)
    const from = inside ?? input
    for (;;) {
      const got = await from.read(bytes, 0)
      if (got === 0) break
      take(bytes.subarray(0, got), input.size)
    }
  } finally {
    input.close()
  }
}
