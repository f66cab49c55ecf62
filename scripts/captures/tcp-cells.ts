// TCP: every kind of segment in every state that segments can lead to, inside the window and outside it.

import { tcp, type TcpFields } from '../lib/packets.ts'
import { Capture } from './capture.ts'
import { Flow, ORIGINAL, REPLY } from './flow.ts'

const KINDS = ['S', 'SA', 'FA', 'A', 'R', 'RA', 'P', 'PA', 'SF', ''] as const

/** What leads to each state: direction and flags. */
const OPEN = [[ORIGINAL, 'S'], [REPLY, 'SA'], [ORIGINAL, 'A']] as const
const HALF_CLOSED = [...OPEN, [ORIGINAL, 'FA']] as const
const STATES = {
  NONE: [],
  SYN_SENT: [[ORIGINAL, 'S']],
  SYN_SENT2: [[ORIGINAL, 'S'], [REPLY, 'S']],
  SYN_RECV: [[ORIGINAL, 'S'], [REPLY, 'SA']],
  ESTABLISHED: OPEN,
  FIN_WAIT: HALF_CLOSED,
  CLOSE_WAIT: [...HALF_CLOSED, [REPLY, 'A']],
  LAST_ACK: [...HALF_CLOSED, [REPLY, 'FA']],
  TIME_WAIT: [...HALF_CLOSED, [REPLY, 'FA'], [ORIGINAL, 'A']],
  'CLOSE, reset by the server': [...OPEN, [REPLY, 'R']],
  'CLOSE, reset by the client': [...OPEN, [ORIGINAL, 'R']],
  'CLOSE after a FIN': [...HALF_CLOSED, [REPLY, 'R']],
} as const satisfies Record<string, readonly (readonly [dir: number, flags: string])[]>

/** Two sides that know what they have sent and seen. */
class Talk extends Flow {
  readonly next: [number, number] = [1_000_000, 4_000_000_000]

  say(dir: number, flags: string, fields: Partial<TcpFields> = {}): this {
    const { seq = this.next[dir]!, ack = flags.includes('A') ? this.next[1 - dir]! : 0 } = fields
    const ports = dir === ORIGINAL ? { sport: 40_000, dport: 80 } : { sport: 80, dport: 40_000 }
    this.send(dir, tcp({ ...ports, flags, seq, ack, window: 8192 }))
    if (flags.includes('S') || flags.includes('F')) this.next[dir]! += 1
    return this
  }
}

/** By name of their folder. */
export function makeCaptures(): Record<string, Capture> {
  const capture = new Capture()
  let number = 0
  for (const [state, path] of Object.entries(STATES)) {
    for (const dir of state === 'NONE' ? [ORIGINAL] : [ORIGINAL, REPLY]) {
      for (const flags of KINDS) {
        for (const ahead of [0, 1_000_000]) {
          const where = ahead === 0 ? '' : ', far ahead'
          capture.note(`${dir === ORIGINAL ? 'original' : 'reply'} ${flags === '' ? 'no flag' : flags} in ${state}${where}`).wait(1)
          const talk = new Talk(capture, ++number, number % 2 === 0)
          for (const [side, said] of path) talk.say(side, said)
          talk.say(dir, flags, { seq: (talk.next[dir]! + ahead) >>> 0 })
          // And what the other side makes of it.
          talk.say(1 - dir, flags === 'S' ? 'SA' : 'A')
        }
      }
    }
  }
  return { 'tcp-cells': capture }
}
