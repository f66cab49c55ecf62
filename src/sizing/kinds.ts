// What an entry counts as: its protocol and its state, as one small number.

import {
  IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../base/units.ts'
import { DCCP_STATES } from '../protocols/dccp/states.ts'
import { DccpWords } from '../protocols/dccp/words.ts'
import { SCTP_STATES } from '../protocols/sctp/states.ts'
import { SctpWords } from '../protocols/sctp/words.ts'
import { TCP_STATES } from '../protocols/tcp/transitions.ts'
import { TcpShared } from '../protocols/tcp/words.ts'
import type { Connection } from '../table/connection.ts'

const UNREPLIED = 0
const ANSWERED = 1
const ASSURED = 2
const ANSWERS = ['UNREPLIED', 'REPLIED', 'ASSURED']

/** Names by kind; 0 is no entry. Each list stands at a fixed place. */
const LISTS = [
  ['tcp', TCP_STATES], ['sctp', SCTP_STATES], ['dccp', DCCP_STATES], ['udp', ANSWERS], ['udplite', ANSWERS], ['gre', ANSWERS],
  ['icmp', ['']], ['icmpv6', ['']], ['unknown', ['']],
] as const satisfies readonly (readonly [string, readonly string[]])[]

/** A kind of entry. */
export interface Kind {
  readonly protocol: string
  /** Empty where the protocol has none. */
  readonly state: string
}

export const KINDS: readonly Kind[] = [
  { protocol: '', state: '' }, ...LISTS.flatMap(([protocol, states]) => states.map((state: string) => ({ protocol, state }))),
]

const first = (protocol: string): number => KINDS.findIndex((kind) => kind.protocol === protocol)
const TCP = first('tcp')
const SCTP = first('sctp')
const DCCP = first('dccp')
const UDP = first('udp')
const UDPLITE = first('udplite')
const GRE = first('gre')
const ICMP = first('icmp')
const ICMPV6 = first('icmpv6')
const UNKNOWN = first('unknown')

const tcp = new TcpShared()
const sctp = new SctpWords()
const dccp = new DccpWords()

const answered = (conn: Connection): number => (conn.assured ? ASSURED : conn.seenReply ? ANSWERED : UNREPLIED)

/** What a connection counts as now. */
export function kindOf(conn: Connection): number {
  switch (conn.protocol) {
    case IPPROTO_TCP: return TCP + tcp.at(conn).state
    case IPPROTO_UDP: return UDP + answered(conn)
    case IPPROTO_ICMP: return ICMP
    case IPPROTO_ICMPV6: return ICMPV6
    case IPPROTO_SCTP: return SCTP + sctp.at(conn).state
    case IPPROTO_DCCP: return DCCP + dccp.at(conn).state
    case IPPROTO_UDPLITE: return UDPLITE + answered(conn)
    case IPPROTO_GRE: return GRE + answered(conn)
    default: return UNKNOWN
  }
}
