// Which packets are wanted: the filters of conntrack(8), asked of the connection a packet belongs to.

import { AF_INET, AF_INET6 } from '../base/units.ts'
import { REPLY } from '../base/verdict.ts'
import type { Engine } from '../engine.ts'
import { Connection } from '../table/connection.ts'
import { NOT_FOUND } from '../table/table.ts'
import { Tuple } from '../table/tuple.ts'
import { mirrorOf } from './compare/nat.ts'
import { type FilterTexts, rowFilter } from './filter.ts'
import { packetTuple, readTuple } from './packet-tuple.ts'
import type { Row } from './row.ts'
import { l4Name, rowOf } from './snapshot.ts'

/**
 * Reads filters for packets. What an engine has just taken is wanted when its connection is, as it stands after the packet; an INVALID
 * packet counts to the connection whose tuple it carries, an ICMP error to the one it quotes. A packet without a connection is asked
 * for its own addresses and ports, and has neither state nor status.
 *
 * @returns  undefined when there are no filters
 * @throws   UsageError
 */
export function packetFilter(texts: FilterTexts): ((engine: Engine) => boolean) | undefined {
  const where = rowFilter(texts)
  if (where === undefined) return undefined
  return (engine) => where(entryOf(engine))
}

function entryOf(engine: Engine): Row {
  const { now, hz } = engine.clock
  const index = connectionOf(engine)
  const conn = new Connection(engine.table.records).at(Math.max(index, 0))
  return index < 0 || conn.l3num === 0 ? ownRow(engine) : rowOf(conn, now, hz) // a free record has no family: the packet ended it
}

/** Number of the record of the packet's connection; -1 when there is none. */
function connectionOf({ packet, conntrack }: Engine): number {
  if (packet.connection >= 0) return packet.connection
  const tuple = new Tuple()
  const found = readTuple(packet, conntrack, tuple) ? conntrack.table.find(tuple) : NOT_FOUND
  return found === NOT_FOUND ? -1 : found >>> 1
}

/** What the packet's own header says, as an entry: the one it has just ended, or one that it might have opened. */
function ownRow({ packet }: Engine): Row {
  const isIpv4 = packet.version === 4
  const own = packetTuple(packet)
  const answer = mirrorOf(own, packet.protocol)
  const [original, reply] = packet.connection >= 0 && packet.direction === REPLY ? [answer, own] : [own, answer]
  return {
    l3: isIpv4 ? 'ipv4' : 'ipv6', l3num: isIpv4 ? AF_INET : AF_INET6, l4: l4Name(packet.protocol), l4num: packet.protocol,
    timeout: null, state: null, original, reply, originalCounters: null, replyCounters: null,
    seenReply: false, assured: false, statusUnknown: true, mark: 0, zone: 0, age: null, use: 0,
  }
}
