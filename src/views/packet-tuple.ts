// The tuple of a packet as plain values, whatever conntrack made of it: for people who ask about packets without a connection.

import { IPPROTO_GRE } from '../base/units.ts'
import { readAddresses, readPorts } from '../conntrack/tuple-of.ts'
import type { Conntrack } from '../conntrack/conntrack.ts'
import type { Packet } from '../ip/packet.ts'
import { GreKeys } from '../table/gre-keys.ts'
import { Tuple } from '../table/tuple.ts'
import { rowTuple } from './expect.ts'
import type { RowTuple } from './row.ts'

const noKeys = new GreKeys()

/** The tuple by which a packet just taken is looked up; false when it has none. */
export function readTuple(packet: Packet, conntrack: Conntrack, tuple: Tuple): boolean {
  if (packet.l4 < 0) return false
  readAddresses(packet.view, packet.ip, packet.version, packet.protocol, tuple)
  return readPorts(packet.view, packet.l4, packet.end, packet.protocol, conntrack.table.greKeys, tuple)
}

/** The addresses of a packet just taken, and its ports or what stands for them, where it has them. */
export function packetTuple(packet: Packet): RowTuple {
  const tuple = new Tuple()
  readAddresses(packet.view, packet.ip, packet.version, packet.protocol, tuple)
  if (packet.l4 >= 0 && packet.protocol !== IPPROTO_GRE) readPorts(packet.view, packet.l4, packet.captured, packet.protocol, noKeys, tuple)
  return rowTuple(tuple)
}
