// GRE, and every protocol that has no tracker: `gre 0 20` is version 0 and 20 bytes, `gre 1 20 key 7` a packet of PPTP.

import type { Words } from './words.ts'
import { field, hexOf } from './words.ts'

export interface GreSpec {
  readonly protocol: 'gre'
  readonly version: number
  /** Bytes of payload. */
  readonly length: number
  /** The call identifier of version 1. */
  readonly key?: number
  /** Type of the payload. Default: PPP in version 1, IPv4 otherwise. */
  readonly type?: number
}

/** Bytes behind the IP header, as they are. Of a protocol with ports these are the flow's only when `ports` says so. */
export interface RawSpec {
  readonly protocol: 'raw'
  readonly bytes: Uint8Array
}

export function parseGre(words: Words): GreSpec {
  const spec: Record<string, unknown> = { protocol: 'gre', version: words.number('version'), length: words.number('bytes of payload') }
  for (const name of ['key', 'type']) {
    const value = words.field(name)
    if (value !== undefined) spec[name] = value
  }
  return spec as unknown as GreSpec
}

export function printGre({ version, length, key, type }: GreSpec): string {
  return `${String(version)} ${String(length)}${field('key', key)}${field('type', type)}`
}

export function greBytes({ version, length, key = 0, type }: GreSpec): Uint8Array {
  const bytes = new Uint8Array((version === 1 ? 8 : 4) + length)
  const view = new DataView(bytes.buffer)
  if (version === 1) bytes[0] = 0x20 // there is a key
  bytes[1] = version & 7
  view.setUint16(2, type ?? (version === 1 ? 0x880b : 0x0800))
  if (version === 1) {
    view.setUint16(4, length)
    view.setUint16(6, key)
  }
  return bytes
}

export function parseRaw(words: Words): RawSpec {
  return { protocol: 'raw', bytes: words.isDone ? new Uint8Array(0) : words.hex('bytes') }
}

export const printRaw = ({ bytes }: RawSpec): string => hexOf(bytes)
