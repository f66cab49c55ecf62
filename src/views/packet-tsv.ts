// One line a packet: frame, nanoseconds since the epoch, ctstate, direction, reason; separated by tabs, `-` for nothing.

import { REPLY, VERDICT_NAMES, VERDICT_NEW } from '../base/verdict.ts'
import type { PacketForm } from './packet-form.ts'
import { timeText } from './packet-row.ts'
import { loggedText } from './reason-text.ts'

// What stands between the time and the reason: one constant for each verdict and direction.
const MIDDLES = VERDICT_NAMES.flatMap((name, verdict) => [0, 1].map((direction) =>
  `\t${name}\t${verdict < VERDICT_NEW ? '-' : direction === REPLY ? 'reply' : 'original'}\t`))

export function packetTsv(): PacketForm {
  return {
    packet(out, frame, packet) {
      out.number(frame.number)
      out.text('\t')
      if (frame.sec > 0 && frame.sec < 2 ** 31) {
        out.number(frame.sec)
        out.padded(frame.nsec, 9)
      } else out.text(timeText(frame))
      out.text(MIDDLES[packet.verdict * 2 + packet.direction] ?? '')
      out.text(packet.reasonCount === 0 ? '-\n' : `${loggedText(packet) || '-'}\n`)
    },
  }
}
