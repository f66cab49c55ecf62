// What the kernel's sentences mean in plain words, and which setting changes them.

import { type ReasonName, REASONS } from '../../base/reasons.ts'
import type { Sysctl } from '../../base/sysctl.ts'
import { IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP } from '../../base/units.ts'
import { ORIGINAL } from '../../base/verdict.ts'
import type { Packet } from '../../ip/packet.ts'
import { ACK, SYN_SENT } from '../../protocols/tcp/states.ts'
import { reasonText } from '../reason-text.ts'
import type { Said } from './step.ts'

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
  DCCP_COVERAGE: ['The checksum covers an impossible length.'],
  DCCP_TYPE: ['There is no such type of DCCP packet.'],
  DCCP_SEQ48: ['A packet of this type must carry long sequence numbers, and this one does not.'],
  DCCP_NEW: ['This packet cannot begin a connection, and no connection that it belongs to is known.'],
  DCCP_STATE_INVALID: ['In the state the entry is in, a packet of this type makes no sense.'],
  DCCP_STATE_IGNORED: ['It may belong to a connection that began anew unseen. It is let through.'],
}

/** All that the kernel logs of a packet, with what it means. */
export function saidOf(packet: Packet): Said[] {
  const texts = packet.reasonCount === 0 ? [] : reasonText(packet).split('; ')
  return texts.map((kernel, at) => {
    const name = REASONS[packet.reasons[at] ?? 0]?.[0] ?? 'NONE'
    return { kernel, ...(isUnanswered(packet, at, name) ? { meaning: UNANSWERED, setting: null } : meaningOf(name)) }
  })
}

const UNANSWERED = 'The entry still waits for the answer to its SYN, which did not come past here (another way back, a load balancer ' +
  'with direct return, a capture of one side), so nothing but a SYN makes sense. No setting changes that.'

/** An ACK of the side that opened, while there was no answer yet: what every half-seen connection looks like. */
function isUnanswered(packet: Packet, at: number, name: ReasonName): boolean {
  return name === 'TCP_STATE_INVALID' && packet.reasonArg(at, 0) === ACK && packet.reasonArg(at, 1) === ORIGINAL &&
    packet.reasonArg(at, 2) === SYN_SENT
}

type Meaning = Omit<Said, 'kernel'>

/** Why a packet is INVALID of which the kernel logs nothing. */
export function silenceOf(packet: Packet, sysctl: Sysctl): Said {
  const because = (meaning: string, setting: string | null = null): Said => ({ kernel: null, meaning, setting })
  const { protocol, version, l4, end, view } = packet
  if (l4 < 0) return because('No transport header is found in it: a later fragment by itself, or a broken chain of headers.')
  switch (protocol) {
    case IPPROTO_TCP:
      return sysctl.tcp_loose === 0 && end - l4 >= 20
        ? because('It would be picked up in mid-stream, and nf_conntrack_tcp_loose=0 forbids that.', 'nf_conntrack_tcp_loose=1')
        : because('There is not even a whole TCP header.')
    case IPPROTO_ICMP: case IPPROTO_ICMPV6:
      if (end - l4 < 8) return because('There is not even a whole ICMP header.')
      return (protocol === IPPROTO_ICMP) === (version === 4) ? because(icmpSilence(protocol, view.getUint8(l4)))
        : because('The protocol belongs to the other version of IP.')
    case IPPROTO_GRE: return because('Of GRE with keys (PPTP\'s) only PPP is tracked, and this carries something else.')
    case IPPROTO_SCTP: return because('These chunks cannot begin an association, or do not fit the one there is.')
    case IPPROTO_DCCP: return because('The DCCP header is cut.')
    default: return because('The header is too short to tell its ports.')
  }
}

const ERRORS = new Set([3, 4, 5, 11, 12])
const ANSWERS = new Set([0, 14, 16, 18])
const ANSWERS6 = new Set([129, 140])
const REDIRECT6 = 137

function icmpSilence(protocol: number, type: number): string {
  const isError = protocol === IPPROTO_ICMP ? ERRORS.has(type) : type < 128 || type === REDIRECT6
  if (isError) {
    return 'It quotes a packet of no connection that is known (it has ended, was never tracked, or went another way), or too little of one.'
  }
  return (protocol === IPPROTO_ICMP ? ANSWERS : ANSWERS6).has(type)
    ? 'It answers a request that was not seen, or whose entry is gone. Only requests make an entry.'
    : 'ICMP of this type is neither a request nor an error: it makes no entry.'
}

/** What a reason means. */
function meaningOf(name: ReasonName): Meaning {
  const found = MEANINGS[name]
  if (found !== undefined) return { meaning: found[0], setting: found[1] ?? null }
  return { meaning: KINDS.find(([fits]) => fits.test(name))?.[1] ?? '', setting: null }
}

/** What reasons mean that have no line of their own above. */
const KINDS: readonly (readonly [fits: RegExp, meaning: string])[] = [
  [/^ICMPV6_/, 'The redirect is not one that a router would send.'],
  [/^DCCP_/, 'The DCCP header is broken.'],
  [/^SCTP_/, 'The SCTP header is broken.'],
  [/_CANNOT_ADD$|^SIP_MEDIA$/, 'The helper that reads the payload found a promise that it could not keep (too many are open, or it clashes with ' +
    'another), and drops the packet.'],
  [/^/, 'The helper that reads the payload could not make sense of it, and drops the packet.'],
]
