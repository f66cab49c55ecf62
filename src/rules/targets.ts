// Targets that do something to a packet or its connection.
// Kernel: mark_tg(), connmark_tg(), notrack_tg(), xt_ct_target(), tos_tg() (v6.12).

import { IPCT_MARK } from '../table/status.ts'
import type { Facts } from './facts.ts'
import { ACCEPT, CONTINUE, DROP, GOTO, JUMP, RETURN, type Target } from './target.ts'

/** Those that decide, and those that leave the packet as it is. */
export const VERDICTS: Readonly<Record<string, Target>> = {
  ACCEPT: { name: 'ACCEPT', way: ACCEPT },
  DROP: { name: 'DROP', way: DROP },
  REJECT: { name: 'REJECT', way: DROP, isReject: true },
  RETURN: { name: 'RETURN', way: RETURN },
}

/** Targets that a packet passes as if they were not there: what they do does not show in conntrack. */
export const PASSED = ['LOG', 'NFLOG', 'ULOG', 'TCPMSS', 'CHECKSUM', 'CLASSIFY', 'AUDIT', 'TRACE'] as const

/** A rule without a target counts, and the walk goes on. */
export const COUNT_ONLY: Target = { name: '', way: CONTINUE }

export const passed = (name: string): Target => ({ name, way: CONTINUE })

/** Into a chain of the user's own. @param isGoto  and not back here from its end */
export const into = (name: string, isGoto: boolean): Target => ({ name, way: isGoto ? GOTO : JUMP })

/** MARK, in the one form that all its options come to: the mark is cleared under a mask and changed by XOR. */
export class MarkTarget implements Target {
  readonly name = 'MARK'
  readonly way = CONTINUE
  readonly value: number
  readonly mask: number

  constructor(value: number, mask: number) {
    this.value = value | 0
    this.mask = mask | 0
  }

  act(facts: Facts): number {
    facts.mark = (facts.mark & ~this.mask) ^ this.value
    return CONTINUE
  }
}

/** CONNMARK: sets the connection's mark, or moves marks between the packet and its connection. */
export class ConnmarkTarget implements Target {
  readonly name = 'CONNMARK'
  readonly way = CONTINUE
  readonly mode: 'set' | 'save' | 'restore'
  /** For `set`: the bits changed by XOR. */
  readonly value: number
  /** Bits of the connection's mark, and of the packet's, that take part. */
  readonly ctmask: number
  readonly nfmask: number

  constructor(mode: ConnmarkTarget['mode'], value: number, ctmask: number, nfmask: number) {
    this.mode = mode
    this.value = value | 0
    this.ctmask = ctmask | 0
    this.nfmask = nfmask | 0
  }

  act(facts: Facts): number {
    if (!facts.hasConnection) return CONTINUE
    const { connection } = facts
    if (this.mode === 'restore') {
      facts.mark = (facts.mark & ~this.nfmask) ^ (connection.mark & this.ctmask)
      return CONTINUE
    }
    const mark = this.mode === 'set' ? (connection.mark & ~this.ctmask) ^ this.value
      : (connection.mark & ~this.ctmask) ^ (facts.mark & this.nfmask)
    if (mark !== connection.mark) {
      connection.mark = mark
      facts.packet.events |= IPCT_MARK
    }
    return CONTINUE
  }
}

/** NOTRACK, and CT: what conntrack is to do with the packet. The first of them that a packet meets holds. */
export class CtTarget implements Target {
  readonly name: string
  readonly way = CONTINUE
  readonly isNotrack: boolean
  /** Number of the helper for a new connection; 0 none. */
  readonly helper: number
  readonly zone: number

  constructor(name: string, isNotrack: boolean, helper: number, zone: number) {
    this.name = name
    this.isNotrack = isNotrack
    this.helper = helper
    this.zone = zone
  }

  act(facts: Facts): number {
    if (facts.isTemplated) return CONTINUE
    facts.isTemplated = true
    facts.isNotrack = this.isNotrack
    facts.helper = this.helper
    facts.zone = this.zone
    return CONTINUE
  }
}

/** TOS, DSCP */
export class TosTarget implements Target {
  readonly name: string
  readonly way = CONTINUE
  readonly value: number
  readonly mask: number

  constructor(name: string, value: number, mask: number) {
    this.name = name
    this.value = value
    this.mask = mask
  }

  act(facts: Facts): number {
    facts.tos = (facts.tos & ~this.mask) ^ this.value
    return CONTINUE
  }
}
