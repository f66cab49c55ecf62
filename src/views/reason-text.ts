// Reasons as the kernel logs them with nf_conntrack_log_invalid=255, up to ` IN=`.

import { formatIpv4, formatIpv6Full } from '../base/address.ts'
import { REASONS } from '../base/reasons.ts'
import type { Packet } from '../ip/packet.ts'
import { TCP_STATES } from '../protocols/tcp/transitions.ts'

/** Names of states by the letter that stands for them in a wording. */
const STATE_NAMES: Readonly<Record<string, readonly string[]>> = { T: TCP_STATES }

/** All that was logged of a packet, joined by `; `; empty when nothing was. */
export function reasonText(packet: Packet): string {
  return joined(packet, () => true)
}

/**
 * What stands before ` IN=` on a line of the log, joined by `; `. One wording of the kernel ends with a line break of its
 * own, so that ` IN=` starts the next line and nothing stands before it.
 */
export function loggedText(packet: Packet): string {
  return joined(packet, (wording) => !wording.endsWith('\n'))
}

function joined(packet: Packet, wanted: (wording: string) => boolean): string {
  let text = ''
  for (let i = 0; i < packet.reasonCount; i++) {
    const wording = REASONS[packet.reasons[i] ?? 0]?.[1] ?? ''
    if (wanted(wording)) text += `${text === '' ? '' : '; '}${oneReason(packet, i, wording)}`
  }
  return text
}

/** What the log puts before a reason noted under a protocol. */
export const reasonPrefix = (protocol: number): string => protocol === 0 ? '' : `nf_ct_proto_${String(protocol)}: `

function oneReason(packet: Packet, at: number, wording: string): string {
  let next = 0
  const take = (): number => packet.reasonArg(at, next++)
  const text = wording.trimEnd().replace(/%([a-zA-Z])/g, (_, letter: string) => {
    switch (letter) {
      case 'u': return String(take() >>> 0)
      case 'd': return String(take() | 0)
      case 'x': return (take() >>> 0).toString(16)
      case 'I': return formatIpv4(take())
      case 'J': return formatIpv6Full(take(), take(), take(), take())
      default: {
        const number = take()
        return STATE_NAMES[letter]?.[number] ?? String(number)
      }
    }
  })
  return reasonPrefix(packet.reasonProtocols[at] ?? 0) + text
}
