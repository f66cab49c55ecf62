// Instants as people write them: `end`, `end+9.5s`, `+12.5s`, `frame:123`, ISO 8601, epoch seconds; and lengths of time.

import { UsageError } from './errors.ts'
import { NSEC_PER_SEC } from './units.ts'

/** A moment or a length of time: whole seconds, and nanoseconds within the second (0 … 999 999 999). */
export interface Time {
  readonly sec: number
  readonly nsec: number
}

/** An instant of a capture, together with the text that named it. */
export type When =
  /** After the last packet, and so much later. */
  | { readonly kind: 'end', readonly offset: Time, readonly text: string }
  /** So long after the first frame. */
  | { readonly kind: 'start', readonly offset: Time, readonly text: string }
  /** Right after a frame, counted from 1. One without IP does not move the clock. */
  | { readonly kind: 'frame', readonly frame: number, readonly text: string }
  /** A time since the epoch. */
  | { readonly kind: 'time', readonly time: Time, readonly text: string }

/** Instants at equal distances: of time, or of packets. */
export type Every =
  | { readonly kind: 'time', readonly interval: Time }
  | { readonly kind: 'packets', readonly count: number }

/** The end of the capture: right after its last packet. */
export const END: When & { kind: 'end' } = { kind: 'end', offset: { sec: 0, nsec: 0 }, text: 'end' }

export const addTime = (a: Time, b: Time): Time => {
  const nsec = a.nsec + b.nsec
  return nsec >= NSEC_PER_SEC ? { sec: a.sec + b.sec + 1, nsec: nsec - NSEC_PER_SEC } : { sec: a.sec + b.sec, nsec }
}

/** Negative, zero or positive as `a` comes before, with or after `b`. */
export const compareTimes = (a: Time, b: Time): number => a.sec - b.sec || a.nsec - b.nsec

/** The time from `b` to `a`; none where `a` comes first. */
export const subtractTime = (a: Time, b: Time): Time => {
  if (compareTimes(a, b) <= 0) return { sec: 0, nsec: 0 }
  return a.nsec >= b.nsec ? { sec: a.sec - b.sec, nsec: a.nsec - b.nsec } : { sec: a.sec - b.sec - 1, nsec: a.nsec - b.nsec + NSEC_PER_SEC }
}

/** Seconds from `a` to `b`; negative where `b` comes first. */
export const timeBetween = (a: Time, b: Time): number => b.sec - a.sec + (b.nsec - a.nsec) / NSEC_PER_SEC

const UNITS: Readonly<Record<string, number>> = {
  ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, min: 60e9, h: 3600e9, d: 86_400e9,
}
const MOST_SECONDS = 2 ** 40 // what a clock of ticks holds exactly, and far beyond any capture

/** Reads a length of time: `9.5s`, `500ms`, `2h`; without a unit, seconds. @throws UsageError */
export function parseDuration(text: string): Time {
  const match = /^(\d+)(?:\.(\d{1,9}))?(ns|us|µs|ms|s|m|min|h|d)?$/.exec(text)
  const unit = UNITS[match?.[3] ?? 's']
  if (match === null || unit === undefined) throw new UsageError(`"${text}" is no length of time: write 10s, 500ms, 1.5m, 2h or 1d`)
  // Whole and fraction apart, so that nanoseconds stay exact.
  const whole = Number(match[1])
  const fraction = Math.round(Number((match[2] ?? '').padEnd(9, '0')) * (unit / NSEC_PER_SEC))
  const perSecond = unit >= NSEC_PER_SEC
  const sec = perSecond ? whole * (unit / NSEC_PER_SEC) : Math.floor(whole / (NSEC_PER_SEC / unit))
  const rest = perSecond ? 0 : (whole % (NSEC_PER_SEC / unit)) * unit
  if (sec > MOST_SECONDS) throw new UsageError(`"${text}" is too long`)
  const total = rest + fraction
  return { sec: sec + Math.floor(total / NSEC_PER_SEC), nsec: total % NSEC_PER_SEC }
}

const FORMS = 'end, end+9.5s, +12.5s, frame:123, 2026-11-20T12:00:00Z or seconds since the epoch'

/** Reads an instant. @throws UsageError naming the forms there are */
export function parseWhen(text: string): When {
  const end = /^end(?:\+(.+))?$/.exec(text)
  if (end !== null) return { kind: 'end', offset: end[1] === undefined ? END.offset : parseDuration(end[1]), text }
  if (text.startsWith('+')) return { kind: 'start', offset: parseDuration(text.slice(1)), text }
  const frame = /^frame:(\d{1,15})$/.exec(text)
  if (frame !== null && Number(frame[1]) > 0) return { kind: 'frame', frame: Number(frame[1]), text }
  const epoch = /^(\d{1,13})(?:\.(\d{1,9}))?$/.exec(text)
  if (epoch !== null && Number(epoch[1]) <= MOST_SECONDS) {
    return { kind: 'time', time: { sec: Number(epoch[1]), nsec: Number((epoch[2] ?? '').padEnd(9, '0')) }, text }
  }
  const time = parseIso(text)
  if (time === null) throw new UsageError(`"${text}" is no instant: write ${FORMS}`)
  return { kind: 'time', time, text }
}

/** Reads `10s` or `1000pkts`. @throws UsageError */
export function parseEvery(text: string): Every {
  const packets = /^(\d{1,15})(?:pkts?|packets?)$/.exec(text)
  if (packets !== null && Number(packets[1]) > 0) return { kind: 'packets', count: Number(packets[1]) }
  if (packets === null) {
    const interval = parseDuration(text)
    if (interval.sec > 0 || interval.nsec >= 1_000_000) return { kind: 'time', interval }
  }
  throw new UsageError(`every "${text}" is too often: at least 1ms, or 1pkts`)
}

/** ISO 8601 with up to nine decimals; without a zone it is UTC. Null where the text is none. */
function parseIso(text: string): Time | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i.exec(text)
  if (match === null) return null
  const field = (i: number): number => Number(match[i] ?? 0)
  const [year, month, day, hour, minute, second] = [field(1), field(2), field(3), field(4), field(5), field(6)]
  const date = new Date(Date.UTC(year, month - 1, day))
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 24 || minute > 59 || second > 60) return null
  const zone = /^([+-])(\d\d):?(\d\d)?$/.exec(match[8] ?? '')
  const ahead = zone === null ? 0 : (zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 3600 + Number(zone[3] ?? 0) * 60)
  const sec = date.getTime() / 1000 + hour * 3600 + minute * 60 + second - ahead
  return sec < 0 ? null : { sec, nsec: Number((match[7] ?? '').padEnd(9, '0')) }
}

/** A time since the epoch as ISO 8601 in UTC, with as many decimals as it needs: none, 3, 6 or 9. */
export function formatTime(time: Time): string {
  const date = new Date(time.sec * 1000)
  if (Number.isNaN(date.getTime())) return `${String(time.sec)}.${String(time.nsec).padStart(9, '0')}`
  const digits = String(time.nsec).padStart(9, '0').replace(/(?:000){1,3}$/, '')
  return date.toISOString().replace('.000Z', digits === '' ? 'Z' : `.${digits}Z`)
}

/** Seconds with as many decimals as they need. */
export function formatSeconds(time: Time): string {
  const digits = String(time.nsec).padStart(9, '0').replace(/0+$/, '')
  return digits === '' ? String(time.sec) : `${String(time.sec)}.${digits}`
}

/** A length of time, `factor` times. */
export function timesTime(time: Time, factor: number): Time {
  const nsec = time.nsec * factor // below 2^53 for nine million turns of the longest fraction; beyond, the tick still fits
  return { sec: time.sec * factor + Math.floor(nsec / NSEC_PER_SEC), nsec: nsec % NSEC_PER_SEC }
}
