// Why a packet was refused, ignored or logged: the kernel's own wordings, one code each.
// `%u`, `%d` and `%x` take the numbers noted with the reason, in order; `%I` and `%J` take an IPv4 or IPv6 address
// (one or four numbers); `%T` a TCP state by its number. What is noted beyond that is for explanations.
// Source: the log_invalid calls of net/netfilter/nf_conntrack_proto_*.c, v6.12.

export const REASONS = [
  ['NONE', ''],
  ['TRUNCATED', 'truncated packet'],
  ['SHORT', 'short packet'],
  ['BAD_CHECKSUM', 'bad checksum'],
  ['TCP_FLAGS', 'invalid tcp flag combination'],
  ['TCP_NEW', 'invalid new'],
  ['TCP_STATE_INVALID', 'packet (index %d) in dir %d invalid, state %T'],
  ['TCP_STATE_IGNORED', 'packet (index %d) in dir %d ignored, state %T'],
  ['TCP_CHALLENGE_ACK', 'challenge-ack ignored'],
  ['TCP_RST', 'invalid rst'],
  ['TCP_OVERSHOT', '%u bytes more than expected'],
  ['TCP_SEQ_OVER', 'SEQ is over upper bound %u (over the window of the receiver)'],
  ['TCP_ACK_OVER', 'ACK is over upper bound %u (ACKed data not seen yet)'],
  ['TCP_SEQ_UNDER', 'SEQ is under lower bound %u (already ACKed data retransmitted)'],
  ['TCP_ACK_UNDER', 'ignored ACK under lower bound %u (possible overly delayed)'],
  ['TCP_LOWERED', 'lowered timeout to UNACK'],
  ['UDP_MALFORMED', 'truncated/malformed packet'],
  ['UDPLITE_COVERAGE', 'invalid checksum coverage'],
  ['UDPLITE_NO_CHECKSUM', 'checksum missing'],
  ['ICMP_CHECKSUM', 'bad hw icmp checksum'],
  ['ICMP_TYPE', 'invalid icmp type'],
  ['ICMP_OUTER4', 'outer daddr %I != inner %I'],
  ['ICMP_OUTER6', 'outer daddr %J != inner %J'],
  ['ICMPV6_CHECKSUM', 'ICMPv6 checksum failed'],
  ['ICMPV6_SHORT_REDIRECT', 'short redirect'],
  ['ICMPV6_REDIRECT_SOURCE', 'invalid saddr or hoplimit for redirect'],
  ['ICMPV6_REDIRECT_OPTIONS', 'redirect without options'],
  ['SCTP_SHORT', 'nf_ct_sctp: short packet '],
  ['SCTP_CHECKSUM', 'nf_ct_sctp: bad CRC '],
  ['SCTP_CHUNKS', 'do_basic_checks failed. chunk num %d, type %d, len %d flag %d\n'], // the kernel breaks the line here
  ['SCTP_TAG', 'verification tag check failed %x vs %x for dir %d'],
  ['SCTP_STATE_INVALID', 'Invalid, old_state %d, dir %d, type %d'],
  ['DCCP_MALFORMED', 'nf_ct_dccp: truncated/malformed packet '],
  ['DCCP_COVERAGE', 'nf_ct_dccp: bad checksum coverage '],
  ['DCCP_CHECKSUM', 'nf_ct_dccp: bad checksum '],
  ['DCCP_TYPE', 'nf_ct_dccp: reserved packet type '],
  ['DCCP_SEQ48', 'nf_ct_dccp: type lacks 48bit sequence numbers'],
  ['DCCP_NEW', 'invalid state transition '],
  ['DCCP_STATE_INVALID', 'invalid state transition'], // type, direction, state
  ['DCCP_STATE_IGNORED', 'invalid packet'], // type, direction, state
  // Why a helper dropped a packet: noted under protocol 0, wordings with their whole prefix. Source: nf_ct_helper_log(), v6.12.
  ['FTP_PARTIAL_PORT', 'nf_ct_ftp: dropping packet: partial matching of `PORT\''],
  ['FTP_PARTIAL_EPRT', 'nf_ct_ftp: dropping packet: partial matching of `EPRT\''],
  ['FTP_PARTIAL_227', 'nf_ct_ftp: dropping packet: partial matching of `227 \''],
  ['FTP_PARTIAL_229', 'nf_ct_ftp: dropping packet: partial matching of `229 \''],
  ['FTP_CANNOT_ADD', 'nf_ct_ftp: dropping packet: cannot add expectation'],
  ['AMANDA_CANNOT_ADD', 'nf_ct_amanda: dropping packet: cannot add expectation'],
  ['H245_MESSAGE', 'nf_ct_H.245: dropping packet: cannot process H.245 message'],
  ['IRC_CANNOT_ADD', 'nf_ct_irc: dropping packet: cannot add expectation'],
  ['Q931_MESSAGE', 'nf_ct_Q.931: dropping packet: cannot process Q.931 message'],
  ['RAS_MESSAGE', 'nf_ct_RAS: dropping packet: cannot process RAS message'],
  ['SANE_CANNOT_ADD', 'nf_ct_sane: dropping packet: cannot add expectation'],
  ['SIP_CANNOT_ADD', 'nf_ct_sip: dropping packet: cannot add expectation'],
  ['SIP_CODE', 'nf_ct_sip: dropping packet: cannot get code'],
  ['SIP_CONTACT', 'nf_ct_sip: dropping packet: cannot parse contact'],
  ['SIP_CSEQ', 'nf_ct_sip: dropping packet: cannot parse cseq'],
  ['SIP_CSEQ_NUMBER', 'nf_ct_sip: dropping packet: cannot get cseq'],
  ['SIP_EXPIRES', 'nf_ct_sip: dropping packet: cannot parse expires'],
  ['SIP_MEDIA', 'nf_ct_sip: dropping packet: cannot add expectation for voice'],
  ['SIP_SDP', 'nf_ct_sip: dropping packet: cannot parse SDP message'],
  ['SIP_WRONG_PORT', 'nf_ct_sip: dropping packet: wrong port %u'],
  ['TFTP_CANNOT_ADD', 'nf_ct_tftp: dropping packet: cannot add expectation'],
] as const satisfies readonly (readonly [name: string, wording: string])[]

export type ReasonName = (typeof REASONS)[number][0]

/** Codes by name: `REASON.TCP_NEW`. */
export const REASON = Object.fromEntries(REASONS.map(([name], code) => [name, code])) as Readonly<Record<ReasonName, number>>
