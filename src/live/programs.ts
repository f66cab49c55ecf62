// The programs that can capture: tcpdump, Wireshark's dumpcap, and the npm package cap in a process of its own.

import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LiveError } from '../index.ts'
import type { CaptureProgram, CaptureRequest, Losses } from './program.ts'

const BESIDE_PATH = ['/usr/sbin', '/sbin', '/usr/local/sbin'] // where tcpdump lies, and users' PATH does not lead

/** Finds a program as a shell would, and where a shell of a plain user does not look. */
export function findProgram(name: string): string | null {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...BESIDE_PATH]) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Look further.
    }
  }
  return null
}

function found(name: string): string[] | null {
  const path = findProgram(name)
  return path === null ? null : [path]
}

/** The last number a pattern finds. */
function lastNumber(text: string, pattern: RegExp): number | null {
  const last = [...text.matchAll(pattern)].at(-1)?.[1]
  return last === undefined ? null : Number(last)
}

/** KiB of kernel buffer unless told otherwise: a tenth of a second at a million packets a second. */
const RING_KIB = 16 * 1024

/**
 * Without --immediate-mode, though packets then come up to a second late: with it libpcap gives each packet a slot of the snap
 * length, of which few fit the buffer, and loses most packets of a fast link.
 */
export const TCPDUMP: CaptureProgram = {
  name: 'tcpdump',
  limits: '',
  lagMs: 1200,
  tellsLosses: true,
  find: () => found('tcpdump'),
  args({ device, filter, snapLength, promiscuous, direction, bufferKib, user }) {
    return [
      '-U', '-n', '-w', '-', '--time-stamp-precision=nano', '-i', device, '-B', String(bufferKib ?? RING_KIB),
      ...(snapLength === null ? [] : ['-s', String(snapLength)]),
      ...(promiscuous ? [] : ['-p']),
      ...(direction === 'inout' ? [] : ['-Q', direction]),
      ...(user === null ? [] : ['-Z', user.name]),
      ...(filter === '' ? [] : ['--', filter]),
    ]
  },
  losses(said): Losses | null {
    const kernel = lastNumber(said, /(\d+) packets? dropped by kernel/g)
    return kernel === null ? null : { kernel, interface: lastNumber(said, /(\d+) packets? dropped by interface/g) ?? 0 }
  },
}

export const DUMPCAP: CaptureProgram = {
  name: 'dumpcap',
  limits: 'dumpcap tells of lost packets only at the end, knows no direction (-Q), and its packets come up to half a second late',
  lagMs: 700,
  tellsLosses: false,
  find: () => found('dumpcap'),
  args({ device, filter, snapLength, promiscuous, direction, bufferKib }) {
    if (direction !== 'inout') throw new LiveError('dumpcap cannot capture one direction (-Q)', 'use --source tcpdump')
    return [
      '-q', '-w', '-', '-i', device, '-B', String(Math.max(1, Math.ceil((bufferKib ?? RING_KIB) / 1024))), // MiB
      ...(snapLength === null ? [] : ['-s', String(snapLength)]),
      ...(promiscuous ? [] : ['-p']),
      ...(filter === '' ? [] : ['-f', filter]),
    ]
  },
  losses(said): Losses | null {
    const counts = [...said.matchAll(/\(pcap:(\d+)\/dumpcap:(\d+)\/flushed:(\d+)\/ps_ifdrop:(\d+)\)/g)].at(-1)?.slice(1).map(Number)
    if (counts === undefined) return null
    const [pcap = 0, dumpcap = 0, flushed = 0, ifdrop = 0] = counts
    return { kernel: pcap + dumpcap + flushed, interface: ifdrop }
  },
}

/** Half a gigabyte: what the package takes for a buffer's size at most. */
const MOST_KIB = 512 * 1024
const USUAL_KIB = 64 * 1024

export const CAP: CaptureProgram = {
  name: 'cap',
  limits: 'cap stamps packets when they arrive in its process, not in the kernel; does not tell how many are lost, nor how long a ' +
    'packet was beyond 65535 bytes; always makes the interface promiscuous (-p is not heeded), and knows no direction (-Q)',
  lagMs: 150,
  tellsLosses: false,
  find() {
    try {
      createRequire(import.meta.url).resolve('cap')
    } catch {
      return null
    }
    // From this file, and from the chunk that it becomes a part of.
    return [process.execPath, fileURLToPath(new URL(`../live/cap-process${extname(import.meta.url)}`, import.meta.url))]
  },
  args({ device, filter, snapLength, direction, bufferKib, user }: CaptureRequest) {
    if (direction !== 'inout') throw new LiveError('cap cannot capture one direction (-Q)', 'use --source tcpdump')
    const kib = Math.min(bufferKib ?? USUAL_KIB, MOST_KIB)
    return [device, filter, String(snapLength ?? 65_535), String(kib * 1024), String(user?.uid ?? -1), String(user?.gid ?? -1)]
  },
  losses: () => null,
}

/** The better one first. */
export const PROGRAMS: readonly CaptureProgram[] = [TCPDUMP, DUMPCAP, CAP]
export const SOURCE_NAMES: readonly string[] = ['auto', ...PROGRAMS.map(({ name }) => name)]
