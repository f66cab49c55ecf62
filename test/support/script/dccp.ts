// DCCP: `REQUEST seq 5`, `RESPONSE seq 9 ack 5`. Sequence numbers as they are on the wire.

import type { Words } from './words.ts'
import { field } from './words.ts'

const TYPES = ['REQUEST', 'RESPONSE', 'DATA', 'ACK', 'DATAACK', 'CLOSEREQ', 'CLOSE', 'RESET', 'SYNC', 'SYNCACK']
/** What stands behind the sequence number: nothing, an acknowledgement, or more. Bytes. */
const BODY: Readonly<Record<string, number>> = { REQUEST: 4, RESPONSE: 12, DATA: 0, RESET: 12 }

export interface DccpSpec {
  readonly protocol: 'dccp'
  /** A name of TYPES, or a number up to 15. */
  readonly type: string
  readonly seq: number
  readonly ack?: number
  /** Sequence numbers of 24 bits instead of 48. */
  readonly short?: boolean
  /** Header length in words and checksum coverage, where they are not to be the usual. */
  readonly doff?: number
  readonly coverage?: number
}

export function parseDccp(words: Words): DccpSpec {
  const type = words.take('type')
  if (!TYPES.includes(type) && !/^\d+$/.test(type)) throw words.error(`"${type}" is no type of DCCP`)
  const spec: Record<string, unknown> = { protocol: 'dccp', type, seq: words.field('seq') ?? 0 }
  if (words.accept('short')) spec.short = true
  for (const name of ['ack', 'doff', 'coverage']) {
    const value = words.field(name)
    if (value !== undefined) spec[name] = value
  }
  return spec as unknown as DccpSpec
}

export function printDccp({ type, seq, short, ack, doff, coverage }: DccpSpec): string {
  const head = `${type} seq ${String(seq)}${short === true ? ' short' : ''}`
  return head + field('ack', ack) + field('doff', doff) + field('coverage', coverage)
}

export function dccpBytes({ type, seq, ack = 0, short = false, doff, coverage = 0 }: DccpSpec): Uint8Array {
  const number = TYPES.includes(type) ? TYPES.indexOf(type) : Number(type)
  const header = short ? 12 : 16
  const bytes = new Uint8Array(header + (BODY[type] ?? 8))
  const view = new DataView(bytes.buffer)
  bytes.set([doff ?? bytes.length / 4, coverage & 15], 4)
  bytes[8] = ((number & 15) << 1) | (short ? 0 : 1)
  if (short) {
    bytes[9] = seq >>> 16
    view.setUint16(10, seq & 0xffff)
  } else {
    view.setUint16(10, Math.floor(seq / 2 ** 32))
    view.setUint32(12, seq >>> 0)
  }
  if (bytes.length >= header + 8) {
    view.setUint16(header + 2, Math.floor(ack / 2 ** 32))
    view.setUint32(header + 4, ack >>> 0)
  }
  return bytes
}
