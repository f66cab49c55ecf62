// Which setting the time that an entry has left comes from, or why a packet gave it none.

import type { Sysctl } from '../../base/sysctl.ts'
import {
  IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../../base/units.ts'
import { VERDICT_INVALID } from '../../base/verdict.ts'
import type { Packet } from '../../ip/packet.ts'
import type { Connection } from '../../table/connection.ts'
import type { EntryThen } from './step.ts'
import type { TcpEye } from './tcp-detail.ts'

/** What gives the time, as a sentence. @param eye  has just read the connection's segment */
export function timeoutRule(conn: Connection, { state, timeout, seenReply }: EntryThen, knobs: Sysctl, eye: TcpEye): string {
  const own = knobOf(conn.protocol, state, timeout, knobs)
  if (new Map<string, number>(Object.entries(knobs)).get(own) === timeout) {
    const isProbe = own === 'udp_timeout' && conn.protocol === IPPROTO_UDP && seenReply
    const note = isProbe ? ': a question and its answer are no stream for the first 2 s' : ''
    return `timeout: ${String(timeout)} s, nf_conntrack_${own}${note}`
  }
  if (conn.protocol === IPPROTO_TCP && (timeout === knobs.tcp_timeout_unacknowledged || timeout === knobs.tcp_timeout_max_retrans)) {
    return `timeout: ${String(timeout)} s instead of the state's own: ${eye.whyShort(conn, knobs.tcp_max_retrans)}`
  }
  return `timeout: ${String(timeout)} s, the protocol's own for this state`
}

/** The setting that rules a state, without `nf_conntrack_`. */
function knobOf(protocol: number, state: string | null, timeout: number, knobs: Sysctl): string {
  switch (protocol) {
    case IPPROTO_TCP: return `tcp_timeout_${(state ?? '').toLowerCase()}`
    case IPPROTO_SCTP: return `sctp_timeout_${(state ?? '').toLowerCase()}`
    case IPPROTO_DCCP: return `dccp_timeout_${(state ?? '').toLowerCase()}`
    case IPPROTO_UDP: case IPPROTO_UDPLITE: return timeout === knobs.udp_timeout_stream ? 'udp_timeout_stream' : 'udp_timeout'
    case IPPROTO_GRE: return timeout === knobs.gre_timeout_stream ? 'gre_timeout_stream' : 'gre_timeout'
    case IPPROTO_ICMP: return 'icmp_timeout'
    case IPPROTO_ICMPV6: return 'icmpv6_timeout'
    default: return 'generic_timeout'
  }
}

/** Why a packet of the connection did not refresh it, as a sentence. */
export function whyNotRefreshed(packet: Packet, isSynAgain: boolean): string {
  if (packet.verdict === VERDICT_INVALID) return 'the timeout is not refreshed: the packet is refused'
  if (isSynAgain) return 'the timeout is not refreshed: a SYN that is sent again keeps nothing alive'
  return packet.reasonCount > 0 ? 'the timeout is not refreshed: the packet is let through, and changes nothing'
    : 'the timeout is not refreshed'
}
