// The visible table at the engine's present instant, as rows.

import { formatIpv4, formatIpv6Full } from '../base/address.ts'
import {
  AF_INET, IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../base/units.ts'
import { ORIGINAL, REPLY } from '../base/verdict.ts'
import type { Engine } from '../engine.ts'
import { greTimeouts, stateName } from '../protocols/state-name.ts'
import { helperName } from '../helpers/registry.ts'
import { Connection } from '../table/connection.ts'
import { Tuple } from '../table/tuple.ts'
import { rowTuple } from './expect.ts'
import type { Row, RowTuple } from './row.ts'

const L4_NAMES: Readonly<Record<number, string>> = {
  [IPPROTO_ICMP]: 'icmp', [IPPROTO_TCP]: 'tcp', [IPPROTO_UDP]: 'udp', [IPPROTO_DCCP]: 'dccp', [IPPROTO_GRE]: 'gre',
  [IPPROTO_SCTP]: 'sctp', [IPPROTO_UDPLITE]: 'udplite', [IPPROTO_ICMPV6]: 'icmpv6',
}

/** A protocol's name in the table: `unknown` for those the generic tracker holds. */
export const l4Name = (protocol: number): string => L4_NAMES[protocol] ?? 'unknown'

/** A protocol's name, or its number where it has none here. */
export const protocolName = (protocol: number): string => L4_NAMES[protocol] ?? String(protocol)

/** A protocol's number by its name, or by its number; null where it is neither. */
export function protocolNumber(text: string): number | null {
  if (/^\d{1,3}$/.test(text)) return Number(text) < 256 ? Number(text) : null
  const found = Object.entries(L4_NAMES).find(([, name]) => name === text.toLowerCase())
  return found === undefined ? null : Number(found[0])
}

/** Copies one connection's record into a row. `now` in ticks, `hz` ticks a second. */
export function rowOf(conn: Connection, now: number, hz: number): Row {
  const protocol = conn.protocol
  const gre = greTimeouts(conn)
  return {
    l3: conn.l3num === AF_INET ? 'ipv4' : 'ipv6',
    l3num: conn.l3num,
    l4: l4Name(protocol),
    l4num: protocol,
    timeout: Math.floor((conn.deadline - now) / hz),
    state: stateName(conn),
    ...(gre === null ? {} : { greTimeouts: { unreplied: Math.floor(gre.timeout / hz), stream: Math.floor(gre.streamTimeout / hz) } }),
    original: tupleOf(conn, ORIGINAL),
    reply: tupleOf(conn, REPLY),
    originalCounters: { packets: conn.packets(ORIGINAL), bytes: conn.bytes(ORIGINAL) },
    replyCounters: { packets: conn.packets(REPLY), bytes: conn.bytes(REPLY) },
    seenReply: conn.seenReply,
    assured: conn.assured,
    ...promiseOf(conn),
    mark: conn.mark >>> 0,
    zone: conn.zone,
    age: Math.floor((now - conn.created) / hz),
    use: 2,
  }
}

/** What helpers have to do with a connection: nothing, for nearly all. */
function promiseOf(conn: Connection): Pick<Row, 'helper' | 'master'> {
  const helper = helperName(conn.helper)
  if (conn.master === 0) return helper === null ? {} : { helper }
  const tuple = new Tuple()
  const master = conn.loadMaster(tuple) ? rowTuple(tuple) : null
  return helper === null ? { master } : { helper, master }
}

/** The visible table now, in the order of creation, one row after another. @param where  which rows; default: all */
export function* visibleRows(engine: Engine, where?: (row: Row) => boolean): Generator<Row, void> {
  const conn = new Connection(engine.table.records)
  const { now, hz } = engine.clock
  for (const index of engine.table.visible()) {
    const row = rowOf(conn.at(index), now, hz)
    if (where === undefined || where(row)) yield row
  }
}

/** The visible table now, in the order of creation. */
export function snapshot(engine: Engine): Row[] {
  return [...visibleRows(engine)]
}

function tupleOf(conn: Connection, dir: number): RowTuple {
  const source = conn.l3num === AF_INET ? formatIpv4(conn.source(dir))
    : formatIpv6Full(conn.source(dir), conn.source(dir, 1), conn.source(dir, 2), conn.source(dir, 3))
  const destination = conn.l3num === AF_INET ? formatIpv4(conn.destination(dir))
    : formatIpv6Full(conn.destination(dir), conn.destination(dir, 1), conn.destination(dir, 2), conn.destination(dir, 3))
  const high = conn.sourcePort(dir)
  const low = conn.destinationPort(dir)
  switch (conn.protocol) {
    case IPPROTO_TCP: case IPPROTO_UDP: case IPPROTO_UDPLITE: case IPPROTO_SCTP: case IPPROTO_DCCP:
      return { source, destination, sourcePort: high, destinationPort: low }
    case IPPROTO_ICMP: case IPPROTO_ICMPV6:
      return { source, destination, type: low >>> 8, code: low & 255, id: high }
    case IPPROTO_GRE:
      return { source, destination, sourceKey: high, destinationKey: low }
    default:
      return { source, destination }
  }
}
