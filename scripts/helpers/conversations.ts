// Captures of random conversations, the same for the same seed.

import { Random } from '../lib/random.ts'
import { Capture } from '../captures/capture.ts'
import { pptp, sane, tftp } from './payloads/binary.ts'
import { h245, q931, ras } from './payloads/h323.ts'
import { sip } from './payloads/sip.ts'
import { amanda, ftp, irc } from './payloads/text.ts'
import { Play } from './play.ts'

const SCRIPTS: Readonly<Record<string, (play: Play) => void>> = { ftp, tftp, irc, sip, pptp, amanda, sane, ras, q931, h245 }

export const NAMES: readonly string[] = Object.keys(SCRIPTS)

/** Around the timeouts of connections and expectations, seconds after the last packet. */
export const LATER: readonly number[] = [0.5, 28.5, 33.5, 118.5, 123.5, 178.5, 183.5, 298.5, 303.5]

/** @param names  of the conversations to choose from: one of them, or several */
export function makeCapture(seed: number, talks: number, names: readonly string[] = NAMES): Capture {
  const random = new Random(seed)
  const capture = new Capture(['net.netfilter.nf_conntrack_expect_max=4096'], ['all'])
  capture.isQuarterly = true
  capture.later = LATER
  for (let i = 0; i < talks; i++) {
    const name = names[random.below(names.length)] ?? ''
    const isIpv6 = random.below(3) === 0
    const play = new Play(capture, random, isIpv6, 1 + random.below(6), 11 + random.below(4))
    capture.note(`${name}${isIpv6 ? ', IPv6' : ''}`)
    SCRIPTS[name]?.(play)
    play.pause()
  }
  return capture
}
