// The npm package cap in a process of its own: packets in, a pcap file on standard output. It aborts when its interface goes down
// and spoils the heap when its buffer is let go, so it is kept apart, opened once, and its buffer is held as long as it runs.

import { writeSync } from 'node:fs'
import { createRequire } from 'node:module'

interface Cap {
  open(device: string, filter: string, bufferSize: number, buffer: Buffer): string
  setMinBytes?(bytes: number): void
  on(event: 'packet', listener: (length: number, isCut: boolean) => void): void
  close(): void
}

const LINK_TYPES: Readonly<Record<string, number>> = {
  NULL: 0, ETHERNET: 1, RAW: 101, LINKTYPE_LINUX_SLL: 113, IEEE802_11_RADIO: 127,
}

const FILE_HEADER = 24 // bytes
const RECORD_HEADER = 16
const OUT = 256 * 1024 // bytes that gather before they are written
const NS_PER_SEC = 1_000_000_000n

const [device = '', filter = '', snapLength = '', bufferSize = '', uid = '-1', gid = '-1'] = process.argv.slice(2)

/** Held for as long as the process runs: the package writes into it. */
const packet = Buffer.alloc(65_536)
const out = Buffer.alloc(OUT + RECORD_HEADER + packet.length)
const view = new DataView(out.buffer, out.byteOffset)
const most = Math.min(Number(snapLength), 65_535)
let end = 0
let isDue = false
// Time that goes on evenly, at the wall clock's present hour.
const epoch = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint()

try {
  const { Cap } = createRequire(import.meta.url)('cap') as { Cap: new () => Cap }
  const cap = new Cap()
  const linkName = cap.open(device, filter, Number(bufferSize), packet)
  cap.setMinBytes?.(0)
  const linkType = LINK_TYPES[linkName]
  if (linkType === undefined) throw new Error(`cap does not say what link type ${device} has`)
  if (uid !== '-1') becomeUser()
  begin(linkType)
  cap.on('packet', (length) => { add(length) })
  process.on('SIGTERM', () => {
    flush()
    process.exit(0)
  })
} catch (error) {
  process.stderr.write(`cap: ${device}: ${(error as Error).message}\n`)
  process.exitCode = 1
}

function becomeUser(): void {
  process.setgroups?.([Number(gid)])
  process.setgid?.(Number(gid))
  process.setuid?.(Number(uid))
}

function begin(linkType: number): void {
  view.setUint32(0, 0xa1b23c4d, true) // nanoseconds
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, 65_535, true)
  view.setUint32(20, linkType, true)
  end = FILE_HEADER
  flush()
}

/** Takes the packet in the buffer. */
function add(length: number): void {
  const now = epoch + process.hrtime.bigint()
  const kept = Math.min(length, most)
  view.setUint32(end, Number(now / NS_PER_SEC), true)
  view.setUint32(end + 4, Number(now % NS_PER_SEC), true)
  view.setUint32(end + 8, kept, true)
  view.setUint32(end + 12, length, true)
  packet.copy(out, end + RECORD_HEADER, 0, kept)
  end += RECORD_HEADER + kept
  if (end >= OUT) flush()
  else if (!isDue) {
    isDue = true
    setImmediate(flush)
  }
}

/** Writes what has gathered. While the reader is slow it waits: what comes meanwhile is lost in the kernel, not kept here. */
function flush(): void {
  isDue = false
  for (let at = 0; at < end;) {
    try {
      at += writeSync(1, out, at, end - at)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EAGAIN') process.exit(code === 'EPIPE' ? 0 : 1)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1) // a millisecond
    }
  }
  end = 0
}
