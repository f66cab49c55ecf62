// zstd without its program: a real file of it, and frames of blocks that are not compressed.

import { concat } from './ip-packets.ts'

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd]
const MOST_BLOCK = 128 * 1024

/** `zstd -19 -c samples/ping.pcap`, in base64. */
export const PING_ZSTD = `
KLUv/WSYBuUKAKJONSogW2MATCyksASChJ1QYAACQdJhiSUkqAFXWBBvxFPMNsVsU8w2cm3dUqa2L2XlUJ/wk3nUHVgXa10xtjVlMVd7q9jZhL
T04tY5hPxvnTvI55pOJBLn2SwUfmUx2MvVYq1UKdTJVCKNRCHQx9PhbDQZzMVSoUwkEcjD0WAsFAnEwVAgyANBABBvff3Btb+MA7qqhX2o5abn
z7/ur132+bzR/d0DJo/UW8dd/f9ba/3/lcuP+g/r7/DiT4TehGeb/+9djfr/9/7mPUibof/1AQd8N51Ta0qg8bRlUpAUCju7ARAxSes3Z9yWGU
luuRsBCiBJmKUDOmlwJEkDm0RgkgQy0hVAkjBLB3TS4EiSBjaJAlOTHNC80e4AVCUuCNIaYm2RDvzSv/a9pYwC79mVS5RXOS97ZFAlYIFi1RZ8
6gIEBnDhLpFDXq+/LtNvpUv/JX02A2RhQG3OD0RRJjc=
`

/** A frame of raw blocks (RFC 8878 §3.1.1.2), with a window of 128 KiB and no checksum. */
export function rawZstd(bytes: Uint8Array, blockSize = MOST_BLOCK): Uint8Array {
  const parts: (Uint8Array | number[])[] = [[...MAGIC, 0, 7 << 3]]
  for (let at = 0; at < bytes.length; at += blockSize) {
    const block = bytes.subarray(at, at + blockSize)
    const header = block.length << 3 | (at + blockSize >= bytes.length ? 1 : 0)
    parts.push([header & 0xff, header >>> 8 & 0xff, header >>> 16], block)
  }
  return concat(...parts)
}

/** Frames that cannot be unpacked in bounded memory, or not without more. */
export const HUGE_WINDOW = Uint8Array.from([...MAGIC, 0, 31 << 3, 1, 0, 0, 0])
export const DICTIONARY = Uint8Array.from([...MAGIC, 1, 7 << 3, 42, 1, 0, 0])
