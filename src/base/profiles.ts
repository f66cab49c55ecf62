// Sets of knobs by the kernel that had them.

import { UsageError } from './errors.ts'
import { defaultSysctl, type Sysctl } from './sysctl.ts'

const FIVE_DAYS = 432_000 // seconds

const PROFILES: Readonly<Record<string, Partial<Sysctl>>> = {
  'linux-6.12': {},
  /**
   * What the tutorials of the iptables era print. Source: tcp_timeouts[], UDP_STREAM_TIMEOUT, icmp_packet() of
   * net/ipv4/netfilter/ip_conntrack_proto_*.c, v2.4. It knew no windows: nothing is out of window, and neither data that
   * waits for its ACK nor retransmissions shorten a timeout.
   */
  'linux-2.4': {
    tcp_timeout_syn_sent: 120,
    tcp_timeout_syn_recv: 60,
    tcp_timeout_established: FIVE_DAYS,
    tcp_timeout_fin_wait: 120,
    tcp_timeout_close_wait: 43_200,
    tcp_timeout_last_ack: 30,
    tcp_timeout_time_wait: 120,
    tcp_timeout_close: 10,
    tcp_timeout_max_retrans: FIVE_DAYS,
    tcp_timeout_unacknowledged: FIVE_DAYS,
    tcp_be_liberal: 1,
    udp_timeout: 30,
    udp_timeout_stream: 180,
    icmp_timeout: 30,
    generic_timeout: 600,
    icmpReplyEnds: true,
  },
}

export const PROFILE_NAMES = Object.keys(PROFILES)

/** A full set of knobs. @throws UsageError */
export function profileSysctl(name: string): Sysctl {
  const profile = Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined
  if (profile === undefined) throw new UsageError(`unknown profile ${name}: there are ${PROFILE_NAMES.join(', ')}`)
  return { ...defaultSysctl(), ...profile }
}
