// The knobs of Linux 6.12's connection tracker that can matter to a capture: one table with unit, default and source.
// The command line, the documentation, the types and the tests all read it.

export type Unit = 'bool' | 'seconds' | 'packets' | 'fragments' | 'entries' | 'buckets' | 'bytes' | 'level'

//    net.netfilter.nf_conntrack_ + name        default  unit       kernel's default is set in
//    (ipfrag_…: net.ipv4. + name)
export const KNOBS = [
  ['max',                                    262_144, 'entries', 'nf_conntrack_init_start()'],
  ['buckets',                                262_144, 'buckets', 'nf_conntrack_init_start()'],
  ['expect_max',                               4_096, 'entries', 'nf_conntrack_expect_init()'],
  ['acct',                                         0, 'bool',    'nf_conntrack_acct_pernet_init()'],
  ['timestamp',                                    0, 'bool',    'nf_conntrack_tstamp_pernet_init()'],
  ['checksum',                                     0, 'bool',    'nf_conntrack_init_net(): 1; 0 here, captures hold offloaded checksums'],
  ['log_invalid',                                255, 'level',   'nf_conntrack_init_net(): 0; 255 here, reasons are always known'],
  ['generic_timeout',                            600, 'seconds', 'nf_ct_generic_timeout'],
  ['icmp_timeout',                                30, 'seconds', 'nf_ct_icmp_timeout'],
  ['icmpv6_timeout',                              30, 'seconds', 'nf_ct_icmpv6_timeout'],
  ['udp_timeout',                                 30, 'seconds', 'udp_timeouts[]'],
  ['udp_timeout_stream',                         120, 'seconds', 'udp_timeouts[]'],
  ['tcp_timeout_syn_sent',                       120, 'seconds', 'tcp_timeouts[]'],
  ['tcp_timeout_syn_recv',                        60, 'seconds', 'tcp_timeouts[]'],
  ['tcp_timeout_established',                432_000, 'seconds', 'tcp_timeouts[]'],
  ['tcp_timeout_fin_wait',                       120, 'seconds', 'tcp_timeouts[]'],
  ['tcp_timeout_close_wait',                      60, 'seconds', 'tcp_timeouts[]'],
  ['tcp_timeout_last_ack',                        30, 'seconds', 'tcp_timeouts[]'],
  ['tcp_timeout_time_wait',                      120, 'seconds', 'tcp_timeouts[]'],
  ['tcp_timeout_close',                           10, 'seconds', 'tcp_timeouts[]'],
  ['tcp_timeout_max_retrans',                    300, 'seconds', 'tcp_timeouts[]'],
  ['tcp_timeout_unacknowledged',                 300, 'seconds', 'tcp_timeouts[]'],
  ['tcp_loose',                                    1, 'bool',    'nf_conntrack_tcp_init_net()'],
  ['tcp_be_liberal',                               0, 'bool',    'nf_conntrack_tcp_init_net()'],
  ['tcp_ignore_invalid_rst',                       0, 'bool',    'nf_conntrack_tcp_init_net()'],
  ['tcp_max_retrans',                              3, 'packets', 'nf_conntrack_tcp_init_net()'],
  ['sctp_timeout_closed',                         10, 'seconds', 'sctp_timeouts[]'],
  ['sctp_timeout_cookie_wait',                     3, 'seconds', 'sctp_timeouts[]'],
  ['sctp_timeout_cookie_echoed',                   3, 'seconds', 'sctp_timeouts[]'],
  ['sctp_timeout_established',                   210, 'seconds', 'sctp_timeouts[]'],
  ['sctp_timeout_shutdown_sent',                   3, 'seconds', 'sctp_timeouts[]'],
  ['sctp_timeout_shutdown_recd',                   3, 'seconds', 'sctp_timeouts[]'],
  ['sctp_timeout_shutdown_ack_sent',               3, 'seconds', 'sctp_timeouts[]'],
  ['sctp_timeout_heartbeat_sent',                 30, 'seconds', 'sctp_timeouts[]'],
  ['dccp_loose',                                   1, 'bool',    'nf_conntrack_dccp_init_net()'],
  ['dccp_timeout_request',                       240, 'seconds', 'nf_conntrack_dccp_init_net()'],
  ['dccp_timeout_respond',                       480, 'seconds', 'nf_conntrack_dccp_init_net()'],
  ['dccp_timeout_partopen',                      480, 'seconds', 'nf_conntrack_dccp_init_net()'],
  ['dccp_timeout_open',                       43_200, 'seconds', 'nf_conntrack_dccp_init_net()'],
  ['dccp_timeout_closereq',                       64, 'seconds', 'nf_conntrack_dccp_init_net()'],
  ['dccp_timeout_closing',                        64, 'seconds', 'nf_conntrack_dccp_init_net()'],
  ['dccp_timeout_timewait',                      240, 'seconds', 'nf_conntrack_dccp_init_net()'],
  ['gre_timeout',                                 30, 'seconds', 'gre_timeouts[]'],
  ['gre_timeout_stream',                         180, 'seconds', 'gre_timeouts[]'],
  ['frag6_timeout',                               60, 'seconds', 'IPV6_FRAG_TIMEOUT'],
  ['frag6_high_thresh',                    4_194_304, 'bytes',   'IPV6_FRAG_HIGH_THRESH'],
  ['frag6_low_thresh',                     3_145_728, 'bytes',   'IPV6_FRAG_LOW_THRESH'],
  ['ipfrag_time',                                 30, 'seconds', 'ipv4_frags_init_net()'],
  ['ipfrag_high_thresh',                   4_194_304, 'bytes',   'ipv4_frags_init_net()'],
  ['ipfrag_low_thresh',                    3_145_728, 'bytes',   'ipv4_frags_init_net(): only a lower bound of the other'],
  ['ipfrag_max_dist',                             64, 'fragments', 'ipv4_frags_init_net()'],
] as const satisfies readonly (readonly [name: string, value: number, unit: Unit, source: string])[]

export type Knob = (typeof KNOBS)[number][0]

/** A full set of knobs, each in its own unit; and what kernels did that had no knob for it (base/profiles.ts). */
export interface Sysctl extends Record<Knob, number> {
  /** An ICMP entry ends when each of its requests has been answered. Linux 2.4. */
  icmpReplyEnds?: boolean
}

/** The whole name of a knob, as sysctl(8) prints it. */
export function sysctlName(knob: Knob): string {
  return (knob.startsWith('ipfrag_') ? 'net.ipv4.' : 'net.netfilter.nf_conntrack_') + knob
}

/** The defaults of Linux 6.12. */
export function defaultSysctl(): Sysctl {
  return Object.fromEntries(KNOBS.map(([name, value]) => [name, value])) as Record<Knob, number>
}
