// The state of a connection by name, for the protocols that have states.

import { IPPROTO_TCP } from '../base/units.ts'
import { TCP_STATES } from '../protocols/tcp/states.ts'
import { TcpShared } from '../protocols/tcp/words.ts'
import type { Connection } from '../table/connection.ts'

const tcp = new TcpShared()

/** As /proc/net/nf_conntrack prints it; null where the protocol has none. */
export function stateName(conn: Connection): string | null {
  switch (conn.protocol) {
    case IPPROTO_TCP: return TCP_STATES[tcp.at(conn).state] ?? null
    default: return null
  }
}
