// What the TCP tracker is about to look at: the cell of its table and the four bounds of its window check, with their numbers.
// It only looks: the tracker decides.

import { CELL_IGNORE, CELL_INVALID } from '../../base/grid.ts'
import { seqAdd, seqAfter, seqDiff } from '../../base/seq.ts'
import { ORIGINAL } from '../../base/verdict.ts'
import type { Packet } from '../../ip/packet.ts'
import { Segment } from '../../protocols/tcp/segment.ts'
import { NONE, SYN_RECV, SYN_SENT } from '../../protocols/tcp/states.ts'
import { TCP_STATES, TRANSITIONS } from '../../protocols/tcp/transitions.ts'
import { FLAG_BE_LIBERAL, FLAG_DATA_UNACKNOWLEDGED, FLAG_SACK_PERM } from '../../protocols/tcp/fields.ts'
import { TcpCursors } from '../../protocols/tcp/words.ts'
import type { Connection } from '../../table/connection.ts'
import type { Bound, SegmentThen } from './step.ts'

const KIND_NAMES = ['SYN', 'SYN/ACK', 'FIN', 'ACK', 'RST', 'segment without flags']
const FLAG_NAMES = [
  [0x02, 'SYN'], [0x01, 'FIN'], [0x04, 'RST'], [0x10, 'ACK'], [0x08, 'PSH'], [0x20, 'URG'], [0x40, 'ECE'], [0x80, 'CWR'],
] as const
const MIN_HEADER = 20 // bytes
const ACK_SLACK = 66_000 // bytes; MAXACKWINCONST

/** What was read of one segment before the tracker took it. */
export interface TcpLook {
  readonly segment: SegmentThen
  /** `table of the original direction, ACK in SYN_RECV: ESTABLISHED` */
  readonly cell: string
  /** Empty where there is nothing to compare with yet. */
  readonly bounds: readonly Bound[]
  /** The entry is not held to its bounds: it was picked up in mid-stream. */
  readonly isLiberal: boolean
}

interface Numbers {
  readonly seq: number
  readonly end: number
  readonly sack: number
  readonly senderEnd: number
  readonly senderMaxEnd: number
  readonly senderMaxWin: number
  readonly receiverEnd: number
  readonly receiverMaxWin: number
}

/** Reads the segments of one connection. */
export class TcpEye {
  readonly #segment = new Segment()
  readonly #cursors = new TcpCursors()
  /** First sequence number of each side, by direction; null before it is known. */
  #first: [number | null, number | null] = [null, null]

  /** The connection starts anew: so do the relative numbers. */
  forget(): void {
    this.#first = [null, null]
  }

  /**
   * @param conn  the entry, null when there is none yet
   * @returns     null when there is no whole TCP header
   */
  look(packet: Packet, conn: Connection | null, dir: number): TcpLook | null {
    const { view, l4 } = packet
    if (l4 < 0 || packet.end - l4 < MIN_HEADER) return null
    const segment = this.#segment
    segment.read(packet)
    if (segment.headerLength < MIN_HEADER || packet.end - l4 < segment.headerLength) return null
    const flags = view.getUint8(l4 + 13)
    this.#learn(segment, dir)
    const state = conn === null ? NONE : this.#cursors.at(conn, dir).shared.state
    const cell = TRANSITIONS[(dir * 6 + segment.kind) * 10 + state] ?? CELL_INVALID
    const next = cell === CELL_INVALID ? 'invalid' : cell === CELL_IGNORE ? 'ignored' : TCP_STATES[cell] ?? ''
    return {
      segment: {
        flags: FLAG_NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name).join(',') || 'none',
        seq: this.#relative(segment.seq, dir),
        ack: segment.hasAck ? this.#relative(segment.ack, 1 - dir) : null,
        window: segment.window,
        payload: packet.end - l4 - segment.headerLength,
      },
      cell: `table of the ${dir === ORIGINAL ? 'original' : 'reply'} direction, ` +
        `${KIND_NAMES[segment.kind] ?? ''} in ${TCP_STATES[state] ?? ''}: ${next}`,
      bounds: conn === null || next === 'invalid' || next === 'ignored' ? [] : this.#bounds(segment, dir),
      isLiberal: conn !== null && (this.#cursors.sender.flags & FLAG_BE_LIBERAL) !== 0,
    }
  }

  /** Why an entry has less time than its state gives: in the order in which the tracker asks. @param most  nf_conntrack_tcp_max_retrans */
  whyShort(conn: Connection, most: number): string {
    const { sender, receiver, shared } = this.#cursors.at(conn, ORIGINAL)
    if (shared.retransmits >= most) return `${String(shared.retransmits)} equal ACKs (nf_conntrack_tcp_timeout_max_retrans)`
    if (((sender.flags | receiver.flags) & FLAG_DATA_UNACKNOWLEDGED) !== 0) {
      return 'data not acknowledged yet (nf_conntrack_tcp_timeout_unacknowledged)'
    }
    return shared.lastWin === 0 ? 'a zero window (nf_conntrack_tcp_timeout_max_retrans)'
      : 'not answered yet, or a reset that may be challenged (nf_conntrack_tcp_timeout_unacknowledged)'
  }

  #learn(segment: Segment, dir: number): void {
    this.#first[dir === ORIGINAL ? 0 : 1] ??= segment.seq
    if (segment.hasAck) this.#first[dir === ORIGINAL ? 1 : 0] ??= seqAdd(segment.ack, -1)
  }

  #relative(seq: number, dir: number): number {
    return seqDiff(seq, this.#first[dir === ORIGINAL ? 0 : 1] ?? 0)
  }

  /** The numbers of tcp_in_window(): src/protocols/tcp/window.ts says what each bound is. Empty where there is nothing to check. */
  #bounds(segment: Segment, dir: number): Bound[] {
    const numbers = this.#numbers(segment, dir)
    if (numbers === null) return []
    const { seq, end, sack, senderEnd, senderMaxEnd, senderMaxWin, receiverEnd, receiverMaxWin } = numbers
    const slack = Math.max(senderMaxWin, ACK_SLACK)
    const bound = (name: Bound['name'], says: string, relation: Bound['relation'], value: number, limit: number, side: number): Bound => ({
      name, says, relation, value: this.#relative(value, side), limit: this.#relative(limit, side),
      holds: relation === '<=' ? seqDiff(value, limit) <= 0 : seqDiff(value, limit) >= 0,
    })
    return [
      bound('I', 'begins within what the receiver takes', '<=', seq, senderMaxEnd, dir),
      // Before the receiver has offered a window, nothing is too old.
      ...(receiverMaxWin === 0 ? []
        : [bound('II', 'ends no more than a window behind', '>=', end, seqAdd(senderEnd, -receiverMaxWin), dir)]),
      // A SYN acknowledges nothing; any other segment without ACK counts as acknowledging all.
      ...(segment.hasAck || !segment.syn ? [
        bound('III', 'acknowledges what was sent', '<=', sack, receiverEnd, 1 - dir),
        bound('IV', 'acknowledges nothing too old', '>=', sack, seqAdd(receiverEnd, -slack), 1 - dir),
      ] : []),
    ]
  }

  /** What the check compares, once the tracker has learned a side that is new or starts anew; null where it then checks nothing. */
  #numbers(segment: Segment, dir: number): Numbers | null {
    const { sender, receiver, shared } = this.#cursors
    let { seq, end } = segment
    let sack = segment.headerLength > MIN_HEADER && (receiver.flags & FLAG_SACK_PERM) !== 0 ? segment.highestSack() : segment.ack
    let [senderEnd, senderMaxEnd, senderMaxWin] = [sender.end, sender.maxEnd, sender.maxWin]
    let receiverEnd = receiver.end
    const isHandshake = shared.state === SYN_SENT || shared.state === SYN_RECV
    if (segment.syn && (senderMaxWin === 0 || (seqAfter(end, senderEnd) && isHandshake))) {
      if (!segment.hasAck && (senderMaxWin === 0 || dir !== ORIGINAL)) return null
      senderEnd = senderMaxEnd = end
      senderMaxWin = Math.max(1, segment.window)
    } else if (senderMaxWin === 0) {
      senderEnd = end
      senderMaxWin = Math.max(1, segment.window << sender.scale)
      senderMaxEnd = seqAdd(end, senderMaxWin)
      if (receiver.maxWin === 0 || sack === seqAdd(receiverEnd, 1)) receiverEnd = sack
    }
    if (!segment.hasAck || (segment.rst && segment.ack === 0)) sack = receiverEnd
    if (segment.rst && seq === 0 && shared.state === SYN_SENT) seq = end = senderEnd
    return { seq, end, sack, senderEnd, senderMaxEnd, senderMaxWin, receiverEnd, receiverMaxWin: receiver.maxWin }
  }
}
