// gzip and zstd: what is inside, as one more input. Unpacked piece by piece as it is read, so what a file unpacks to takes no memory.

import { GzipInput } from './gzip.ts'
import type { Input } from './input.ts'
import { ZstdInput } from './zstd.ts'

const GZIP = 0x1f8b08 // and the only method there is, deflate
const ZSTD = 0x28b52ffd
const ZSTD_SKIPPABLE = 0x502a4d18 // its lowest four bits, here in the first byte, are free

/**
 * What is inside an input that is compressed; null when it is not.
 *
 * @param head  its first bytes, at least four, already taken from it
 */
export function unpack(input: Input, head: Uint8Array): Input | null {
  const magic = new DataView(head.buffer, head.byteOffset).getUint32(0)
  if (magic >>> 8 === GZIP) return new GzipInput(input, head)
  if (magic !== ZSTD && (magic & 0xf0ffffff) !== ZSTD_SKIPPABLE) return null
  return new ZstdInput(input, head)
}
