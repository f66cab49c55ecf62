// What an SCTP or a DCCP packet is, and the cells of the state table that it is about to meet. It only looks: the trackers decide.

import { CELL_IGNORE, CELL_INVALID } from '../../base/grid.ts'
import { IPPROTO_DCCP, IPPROTO_SCTP } from '../../base/units.ts'
import { ORIGINAL } from '../../base/verdict.ts'
import type { Packet } from '../../ip/packet.ts'
import * as dccp from '../../protocols/dccp/states.ts'
import { DccpWords } from '../../protocols/dccp/words.ts'
import {
  ABORT, COOKIE_ACK, COOKIE_ECHO, DATA, ERROR, HEADER, HEARTBEAT, HEARTBEAT_ACK, INIT, INIT_ACK, SHUTDOWN, SHUTDOWN_ACK, SHUTDOWN_COMPLETE,
} from '../../protocols/sctp/chunks.ts'
import * as sctp from '../../protocols/sctp/states.ts'
import { stateName } from '../../protocols/state-name.ts'
import type { Connection } from '../../table/connection.ts'

export interface Cells {
  /** `INIT`, `DATA,SACK`, `REQUEST` */
  readonly kind: string
  /** `table of the original direction, INIT in NONE: COOKIE_WAIT`, a chunk each */
  readonly cells: readonly string[]
}

/** @param conn  the entry, null when there is none yet; @returns null for other protocols, and for a header that is cut */
export function cellsOf(packet: Packet, conn: Connection | null, dir: number): Cells | null {
  switch (packet.protocol) {
    case IPPROTO_SCTP: return packet.end - packet.l4 < HEADER ? null : sctpCells(packet, conn, dir)
    case IPPROTO_DCCP: return packet.end - packet.l4 < DCCP_HEADER ? null : dccpCells(packet, conn, dir)
    default: return null
  }
}

const MOST_CHUNKS = 16 // that are told
const CHUNK_HEADER = 4 // bytes

// The tables' rows, in their order.
const CHUNKS = [
  [INIT, 'INIT'], [INIT_ACK, 'INIT ACK'], [ABORT, 'ABORT'], [SHUTDOWN, 'SHUTDOWN'], [SHUTDOWN_ACK, 'SHUTDOWN ACK'], [ERROR, 'ERROR'],
  [COOKIE_ECHO, 'COOKIE ECHO'], [COOKIE_ACK, 'COOKIE ACK'], [SHUTDOWN_COMPLETE, 'SHUTDOWN COMPLETE'], [HEARTBEAT, 'HEARTBEAT'],
  [HEARTBEAT_ACK, 'HEARTBEAT ACK'],
] as const
const SACK = 3

function sctpCells({ view, l4, end }: Packet, conn: Connection | null, dir: number): Cells {
  const kinds: string[] = []
  const cells: string[] = []
  let state: number = conn === null ? sctp.NONE : sctp.SCTP_STATES.findIndex((name) => name === stateName(conn))
  for (let at = l4 + HEADER; end - at >= CHUNK_HEADER && kinds.length < MOST_CHUNKS;) {
    const type = view.getUint8(at)
    const length = view.getUint16(at + 2)
    const row = CHUNKS.findIndex(([known]) => known === type)
    const kind = CHUNKS[row]?.[1] ?? (type === DATA ? 'DATA' : type === SACK ? 'SACK' : `chunk ${String(type)}`)
    kinds.push(kind)
    if (row >= 0) {
      const next = sctp.TRANSITIONS[(dir * sctp.KINDS + row) * sctp.STATES + state] ?? CELL_INVALID
      cells.push(`${direction(dir)}, ${kind} in ${sctp.SCTP_STATES[state] ?? ''}: ${sctp.SCTP_STATES[next] ?? 'invalid'}`)
      if (next === CELL_INVALID) break
      state = next
    }
    if (length === 0) break
    at += (length + 3) & ~3
  }
  return { kind: kinds.join(','), cells }
}

const DCCP_HEADER = 12 // bytes
const TYPES = ['REQUEST', 'RESPONSE', 'DATA', 'ACK', 'DATAACK', 'CLOSEREQ', 'CLOSE', 'RESET', 'SYNC', 'SYNCACK']

function dccpCells({ view, l4 }: Packet, conn: Connection | null, dir: number): Cells {
  const type = (view.getUint8(l4 + 8) >> 1) & 15
  const kind = TYPES[type] ?? `type ${String(type)}`
  if (type >= dccp.TYPES) return { kind, cells: [] }
  const state = conn === null ? dccp.NONE : dccp.DCCP_STATES.findIndex((name) => name === stateName(conn))
  const role = dir === (conn === null ? ORIGINAL : new DccpWords().at(conn).client) ? dccp.CLIENT : dccp.SERVER
  const next = dccp.TRANSITIONS[(role * dccp.TYPES + type) * dccp.STATES + state] ?? CELL_INVALID
  const name = next === CELL_IGNORE ? 'ignored' : dccp.DCCP_STATES[next] ?? 'invalid'
  const side = role === dccp.CLIENT ? 'client' : 'server'
  return { kind, cells: [`table of the ${side}, ${kind} in ${dccp.DCCP_STATES[state] ?? ''}: ${name}`] }
}

const direction = (dir: number): string => `table of the ${dir === ORIGINAL ? 'original' : 'reply'} direction`
