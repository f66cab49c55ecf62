// What the kernel's sentences mean in plain words, and which setting changes them.

import type { ReasonName } from '../../base/reasons.ts'

export interface Meaning {
  readonly meaning: string
  readonly setting: string | null
}

const LIBERAL = 'nf_conntrack_tcp_be_liberal=1'
const CHECKSUM = 'nf_conntrack_checksum=0'

const MEANINGS: Readonly<Partial<Record<ReasonName, readonly [meaning: string, setting?: string]>>> = {
  TRUNCATED: ['The header is shorter than it says it is.'],
  SHORT: ['There is not even a whole header.'],
  BAD_CHECKSUM: ['The checksum does not fit the bytes.', CHECKSUM],
  TCP_FLAGS: ['No TCP sends these flags together: a scan, or a broken stack.'],
  TCP_NEW: ['This segment cannot begin a connection, and no connection that it belongs to is known.'],
  TCP_STATE_INVALID: ['In the state the entry is in, a segment of this kind in this direction makes no sense.'],
  TCP_STATE_IGNORED: ['It may belong to a connection that began anew unseen. It is let through; the answer will tell.'],
  TCP_CHALLENGE_ACK: ['It answers a SYN that was let through before, and acknowledges no FIN (RFC 5961).'],
  TCP_RST: ['The reset is older than what the other side has acknowledged already.', 'nf_conntrack_tcp_ignore_invalid_rst=1'],
  TCP_OVERSHOT: ['It carries more than the receiver allowed, by less than a window. It is let through.', LIBERAL],
  TCP_SEQ_OVER: ['It begins behind all that the receiver allowed to be sent: a guess, or packets before it were not seen.', LIBERAL],
  TCP_ACK_OVER: ['It acknowledges bytes that were never seen: the other direction is missing in part.', LIBERAL],
  TCP_SEQ_UNDER: ['It repeats bytes more than a window old. It is let through.', LIBERAL],
  TCP_ACK_UNDER: ['Its acknowledgement is very old. It is let through.', LIBERAL],
  TCP_LOWERED: ['Both sides tried to close with numbers that do not fit: the entry gets the short timeout.',
    'nf_conntrack_tcp_timeout_unacknowledged'],
  UDP_MALFORMED: ['The length in the UDP header does not fit the packet.'],
  UDPLITE_COVERAGE: ['The checksum covers an impossible length.'],
  UDPLITE_NO_CHECKSUM: ['UDP-Lite needs a checksum, and there is none.'],
  ICMP_CHECKSUM: ['The ICMP checksum does not fit the bytes.', CHECKSUM],
  ICMP_TYPE: ['There is no such ICMP type.'],
  ICMP_OUTER4: ['The error is not addressed to who sent the packet it quotes: forged, or rewritten on the way.'],
  ICMP_OUTER6: ['The error is not addressed to who sent the packet it quotes: forged, or rewritten on the way.'],
  ICMPV6_CHECKSUM: ['The ICMPv6 checksum does not fit the bytes.', CHECKSUM],
  SCTP_CHECKSUM: ['The CRC32c does not fit the bytes.', CHECKSUM],
  SCTP_CHUNKS: ['The chunks do not fit together: a length of zero, or two that must stand alone.'],
  SCTP_TAG: ['The verification tag is not this association\'s.'],
  SCTP_STATE_INVALID: ['In the state the entry is in, a chunk of this type makes no sense.'],
  DCCP_CHECKSUM: ['The checksum does not fit the bytes.', CHECKSUM],
  DCCP_NEW: ['This packet cannot begin a connection.', 'nf_conntrack_dccp_loose=1'],
  DCCP_STATE_INVALID: ['In the state the entry is in, a packet of this type makes no sense.'],
  DCCP_STATE_IGNORED: ['It may belong to a connection that began anew unseen. It is let through.'],
}

/** What a reason means. */
export function meaningOf(name: ReasonName): Meaning {
  const found = MEANINGS[name]
  if (found !== undefined) return { meaning: found[0], setting: found[1] ?? null }
  return name.startsWith('ICMPV6') ? { meaning: 'The redirect is not one that a router would send.', setting: null }
    : name.startsWith('DCCP') ? { meaning: 'The DCCP header is broken.', setting: null }
      : name.startsWith('SCTP') ? { meaning: 'The SCTP header is broken.', setting: null }
        : { meaning: 'The helper that reads the payload could not make sense of it, and drops the packet.', setting: null }
}
