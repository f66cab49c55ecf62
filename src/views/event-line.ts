// Events as `conntrack -E -o timestamp,extended` prints them. Spelling: conntrack-tools 1.4.7; which parts an event has:
// ctnetlink_conntrack_event() in nf_conntrack_netlink.c (v6.12). Behind what is gone we add why: `reason=timeout`.

import { ORIGINAL, REPLY } from '../base/verdict.ts'
import { AF_INET } from '../base/units.ts'
import { EVENT_DESTROY } from '../conntrack/events.ts'
import { helperName } from '../helpers/registry.ts'
import { IPCT_PROTOINFO } from '../table/status.ts'
import {
  ASSURED, DELTA_TIME, EXTENDED, linePrefixes, MARK, NOTHING, SPACE, UNREPLIED, writeCounters, writeField, writeReply, writeState,
  writeTuple, ZONE,
} from './entry-line.ts'
import type { EventForm, EventFormOptions } from './event-form.ts'
import { endName } from './event-row.ts'
import { Piece } from './text-buffer.ts'

const HEADS = [']\t    [NEW] ', ']\t [UPDATE] ', ']\t[DESTROY] ']
/** By END_… */
const REASONS = Array.from({ length: 8 }, (_, why) => new Piece(`reason=${endName(why) ?? ''}`))
const NSEC_PER_USEC = 1000

export function eventLines(options: EventFormOptions): EventForm {
  const { hz } = options
  const heads = HEADS.map((head) => linePrefixes(EXTENDED, head))
  let second = -1
  let stamp = NOTHING // up to the dot: the same for many events
  return {
    event(out, event) {
      const { conn } = event
      const isGone = event.type === EVENT_DESTROY
      if (event.sec !== second) {
        second = event.sec
        stamp = new Piece(`[${String(second)}.`)
      }
      out.piece(stamp)
      out.padded((event.nsec / NSEC_PER_USEC) | 0, 6)
      out.piece(heads[event.type]?.[conn.protocol + (conn.l3num === AF_INET ? 0 : 256)] ?? NOTHING)
      const left = Math.floor((conn.deadline - event.tick) / hz)
      if (!isGone || left > 0) {
        out.number(left)
        out.piece(SPACE)
      }
      if (isGone || (event.bits & IPCT_PROTOINFO) !== 0) writeState(out, conn)
      writeTuple(out, conn, ORIGINAL, true)
      if (isGone && options.counters) writeCounters(out, conn, ORIGINAL)
      if (!conn.seenReply) out.piece(UNREPLIED)
      writeReply(out, conn, true)
      if (isGone && options.counters) writeCounters(out, conn, REPLY)
      if (conn.assured) out.piece(ASSURED)
      if (conn.mark !== 0) writeField(out, MARK, conn.mark >>> 0)
      if (conn.zone !== 0) writeField(out, ZONE, conn.zone)
      if (isGone) {
        if (options.timestamps) writeField(out, DELTA_TIME, Math.floor((event.tick - conn.created) / hz))
        out.piece(REASONS[event.why] ?? NOTHING)
      } else if (conn.helper !== 0) out.text(`helper=${helperName(conn.helper) ?? ''}`)
      out.lineEnd()
    },
  }
}
