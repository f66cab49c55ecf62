// SCTP: `tag 5 INIT/9 DATA` is a packet with verification tag 5 and two chunks, the first with initiate tag 9.

import { concat, sixteen } from '../ip-packets.ts'
import type { Words } from './words.ts'

const CHUNKS = [
  'DATA', 'INIT', 'INIT_ACK', 'SACK', 'HEARTBEAT', 'HEARTBEAT_ACK', 'ABORT', 'SHUTDOWN', 'SHUTDOWN_ACK', 'ERROR', 'COOKIE_ECHO',
  'COOKIE_ACK', 'ECNE', 'CWR', 'SHUTDOWN_COMPLETE',
]
const LENGTHS: Readonly<Record<string, number>> = {
  DATA: 20, INIT: 20, INIT_ACK: 20, SACK: 16, SHUTDOWN: 8, HEARTBEAT: 8, HEARTBEAT_ACK: 8, COOKIE_ECHO: 8,
}

export interface Chunk {
  /** A name of CHUNKS, or a number. */
  readonly type: string
  readonly flags?: number
  /** Of INIT and INIT_ACK. */
  readonly initTag?: number
  /** The length field, where it is not to be the truth. */
  readonly says?: number
}

export interface SctpSpec {
  readonly protocol: 'sctp'
  readonly tag: number
  readonly chunks: readonly Chunk[]
}

export function parseSctp(words: Words): SctpSpec {
  const tag = words.field('tag')
  if (tag === undefined) throw words.error('`tag` expected')
  const chunks: Chunk[] = []
  for (;;) { // TYPE[/initiate tag][+flags][=length]
    const found = words.match(/^([A-Z_]+|\d+)(?:\/(\d+))?(?:\+(\d+))?(?:=(\d+))?$/)
    if (found === null) return { protocol: 'sctp', tag, chunks }
    const [, type = '', initTag, flags, says] = found
    if (!/^\d+$/.test(type) && !CHUNKS.includes(type)) throw words.error(`"${type}" is no chunk`)
    chunks.push({
      type, ...(initTag === undefined ? {} : { initTag: Number(initTag) }), ...(flags === undefined ? {} : { flags: Number(flags) }),
      ...(says === undefined ? {} : { says: Number(says) }),
    })
  }
}

export function printSctp(spec: SctpSpec): string {
  return [`tag ${String(spec.tag)}`, ...spec.chunks.map(printChunk)].join(' ')
}

function printChunk({ type, initTag, flags, says }: Chunk): string {
  return type + (initTag === undefined ? '' : `/${String(initTag)}`) + (flags === undefined ? '' : `+${String(flags)}`) +
    (says === undefined ? '' : `=${String(says)}`)
}

export function sctpBytes(spec: SctpSpec): Uint8Array {
  const header = new Uint8Array(12)
  new DataView(header.buffer).setUint32(4, spec.tag)
  return concat(header, ...spec.chunks.map(chunkBytes))
}

function chunkBytes({ type, initTag = 0, flags = 0, says }: Chunk): Uint8Array {
  const number = CHUNKS.indexOf(type)
  const length = LENGTHS[type] ?? 4
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  bytes.set([number < 0 ? Number(type) : number, flags, ...sixteen(says ?? length)])
  if (length >= 8) view.setUint32(4, initTag)
  return bytes
}
