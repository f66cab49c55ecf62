// Reasons as the kernel logs them with nf_conntrack_log_invalid=255, up to ` IN=`.

import { formatIpv4, formatIpv6Full } from '../base/address.ts'
import { REASONS } from '../base/reasons.ts'
import type { Packet } from '../ip/packet.ts'
import { TCP_STATES } from '../protocols/tcp/states.ts'

/** Names of states by the letter that stands for them in a wording. */
const STATE_NAMES: Readonly<Record<string, readonly string[]>> = { T: TCP_STATES }

/** All that was logged of a packet, joined by `; `; empty when nothing was. */
export function reasonText(packet: Packet): string {
  let text = ''
  for (let i = 0; i < packet.reasonCount; i++) text += `${i > 0 ? '; ' : ''}${oneReason(packet, i)}`
  return text
}

/** What the log puts before a reason noted under a protocol. */
export const reasonPrefix = (protocol: number): string => protocol === 0 ? '' : `nf_ct_proto_${String(protocol)}: `

function oneReason(packet: Packet, at: number): string {
  const wording = REASONS[packet.reasons[at] ?? 0]?.[1] ?? ''
  let next = 0
  const take = (): number => packet.reasonArg(at, next++)
  const text = wording.replace(/%([a-zA-Z])/g, (_, letter: string) => {
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
