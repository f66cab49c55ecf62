// What /proc/net/nf_conntrack prints of a connection's private part, by protocol: the state's name, or GRE's timeouts.
// Kernel: the …_print_conntrack() of each protocol (v6.12).

import { IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_SCTP, IPPROTO_TCP } from '../base/units.ts'
import type { Connection } from '../table/connection.ts'
import { DCCP_STATES } from './dccp/states.ts'
import { DccpWords } from './dccp/words.ts'
import { GreWords } from './gre.ts'
import { SCTP_STATES } from './sctp/states.ts'
import { SctpWords } from './sctp/words.ts'
import { TCP_STATES } from './tcp/transitions.ts'
import { TcpShared } from './tcp/words.ts'

const MOST_STATES = 16 // of a protocol

const tcp = new TcpShared()
const sctp = new SctpWords()
const dccp = new DccpWords()
const gre = new GreWords()

/** Names of states, by what `stateOf` says; shape [48]. */
export const STATE_NAMES: readonly (string | undefined)[] = [TCP_STATES, SCTP_STATES, DCCP_STATES]
  .flatMap((names) => Array.from({ length: MOST_STATES }, (_, state) => names[state]))

/** The state, numbered over all protocols: where its name stands. -1 where the protocol has none. */
export function stateOf(conn: Connection): number {
  switch (conn.protocol) {
    case IPPROTO_TCP: return tcp.at(conn).state
    case IPPROTO_SCTP: return MOST_STATES + sctp.at(conn).state
    case IPPROTO_DCCP: return 2 * MOST_STATES + dccp.at(conn).state
    default: return -1
  }
}

/** The state's name; null where the protocol has none. */
export function stateName(conn: Connection): string | null {
  return STATE_NAMES[stateOf(conn)] ?? null
}

/** GRE's timeouts before and after an answer, in ticks; null for every other protocol. Aimed at the next one asked for. */
export function greTimeouts(conn: Connection): GreWords | null {
  return conn.protocol === IPPROTO_GRE ? gre.at(conn) : null
}
