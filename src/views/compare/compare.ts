// A machine's table against the one a capture implies: entry by entry what agrees, what does not, and what may be the reason.

import type { Moment } from '../../replay.ts'
import { Connection } from '../../table/connection.ts'
import { changesOf, type FieldChange } from '../diff.ts'
import { flowName } from '../endpoint.ts'
import { Entries } from '../entries.ts'
import type { Row } from '../row.ts'
import type { CaptureWatch } from './capture-watch.ts'
import type { MachineTable, Side } from './machine-table.ts'
import { NatReader } from './nat.ts'

/** Where on the path the machine stands. */
export const COMPARE_VANTAGES = ['lvs-director', 'real-server', 'client', 'router'] as const
export type CompareVantage = (typeof COMPARE_VANTAGES)[number]

/** How an entry of the machine and one of the capture stand to each other. */
export type Agreeing = 'same' | 'differs' | 'timeout' | 'counters' | 'machine only' | 'capture only'

export interface Comparison {
  readonly verdict: Agreeing
  /** Null: the machine has none, or the capture has. */
  readonly machine: Row | null
  readonly capture: Row | null
  /** `translated`: the capture shows it as the far side of the machine's translation; `reversed`: begun from the other end. */
  readonly side: Side | null
  /** What differs: `before` is the machine's, `after` the capture's. */
  readonly fields: readonly FieldChange[]
  /** What the machine translates; null for nothing. */
  readonly nat: string | null
  /** What may be the reason, in words. */
  readonly reasons: readonly string[]
}

export interface CompareOptions {
  readonly vantage?: CompareVantage | undefined
  /** Which entries count. Default: all. */
  readonly where?: ((row: Row) => boolean) | undefined
}

/** The capture's table at the instant that is compared, beside the machine's entries. */
export class CapturePicture {
  readonly entries = new Entries()
  /** Of the machine's entries: number in `entries`, and by which side. */
  readonly matches = new Map<number, { readonly at: number, readonly side: Side }>()
  /** Entries that belong to none of the machine's. */
  readonly strangers: number[] = []
  /** Entries that are a further view of an entry that is matched already: the other side of a translation. */
  further = 0
  readonly tick: number
  readonly hz: number

  constructor({ engine }: Pick<Moment, 'engine'>, watch: CaptureWatch) {
    const { now, hz } = engine.clock
    this.tick = now
    this.hz = hz
    const conn = new Connection(engine.table.records)
    for (const index of engine.table.visible()) {
      const found = watch.entryOf(index)
      const at = this.entries.length
      this.entries.addConnection(conn.at(index), now, hz)
      if (found === null) {
        this.strangers.push(at)
        continue
      }
      const { number, side } = found
      const known = this.matches.get(number)
      if (known !== undefined) this.further++
      if (known === undefined || side === 'original') this.matches.set(number, { at, side })
    }
  }
}

/** All that can be said: first the machine's entries in their order, then what only the capture has. */
export function* compareEntries(
  machine: MachineTable, picture: CapturePicture, watch: CaptureWatch, options: CompareOptions = {},
): Generator<Comparison, void> {
  const { where } = options
  const nats = new NatReader(options.vantage === 'lvs-director')
  for (const row of machine.entries.rows()) nats.note(row)
  let likes: Likes | null = null
  for (let number = 0; number < machine.entries.length; number++) {
    const row = machine.row(number)
    const match = picture.matches.get(number)
    const nat = nats.explain(row)
    if (where !== undefined && !where(row)) continue
    if (match === undefined) {
      const reasons = [whyOnMachine(number, row, picture, watch), ...whoElse(number, row, watch, likes ??= new Likes(picture))]
      yield { verdict: 'machine only', machine: row, capture: null, side: null, fields: [], nat, reasons }
    } else yield matched(machine, number, picture, match, watch, nat)
  }
  for (const at of picture.strangers) {
    const row = picture.entries.row(at)
    if (where !== undefined && !where(row)) continue
    const reasons = whyInCapture(row, options.vantage)
    yield { verdict: 'capture only', machine: null, capture: row, side: null, fields: [], nat: null, reasons }
  }
}

function matched(
  machine: MachineTable, number: number, picture: CapturePicture, { at, side }: { readonly at: number, readonly side: Side },
  watch: CaptureWatch, nat: string | null,
): Comparison {
  const row = machine.row(number)
  const capture = picture.entries.row(at)
  // No capture shows marks; that replies differ is the translation, or the side.
  const fields = changesOf(machine.entries, number, picture.entries, at, 0).filter(({ aspect }) => aspect !== 'mark' && aspect !== 'reply')
  const has = (...aspects: string[]): boolean => fields.some(({ aspect }) => aspects.includes(aspect))
  const verdict = has('state', 'flags') ? 'differs' : has('timeout') ? 'timeout' : has('counters') ? 'counters' : 'same'
  const reasons: string[] = []
  if (side === 'reversed') reasons.push('the capture has missed its beginning, and takes the end that answered for the one that began')
  if (row.offload !== undefined) reasons.push('a flow table forwards it: the kernel does not see its packets, the capture may')
  if (side !== 'reversed' && has('timeout', 'state')) reasons.push(...whyTimeout(number, row, picture, watch))
  if (has('counters') && !has('timeout', 'state', 'flags')) reasons.push('packets that one of the two has not seen, or counts otherwise')
  return { verdict, machine: row, capture, side, fields, nat, reasons }
}

/** Entries that only the capture has, by one end and the other end's port: who is that with another address? */
class Likes {
  readonly #byEnd = new Map<string, Row | null>()

  constructor({ entries, strangers }: CapturePicture) {
    for (const at of strangers) {
      const row = entries.row(at)
      for (const key of keysOf(row)) this.#byEnd.set(key, this.#byEnd.has(key) ? null : row)
    }
  }

  /** The only entry with the same destination and source port, or the same source and destination port; null: none, or several. */
  find(row: Row): Row | null {
    for (const key of keysOf(row)) {
      const found = this.#byEnd.get(key)
      if (found !== undefined && found !== null) return found
    }
    return null
  }
}

function keysOf({ l4num, original }: Row): string[] {
  const { source, destination, sourcePort, destinationPort } = original
  if (sourcePort === undefined || destinationPort === undefined) return []
  const ports = `${String(l4num)} ${String(sourcePort)} ${String(destinationPort)}`
  return [`${ports} to ${destination}`, `${ports} from ${source}`]
}

function whoElse(number: number, row: Row, watch: CaptureWatch, likes: Likes): string[] {
  const like = (watch.firstFrame[number] ?? 0) > 0 ? null : likes.find(row)
  return like === null ? [] : [`the capture has ${flowName(like)}, which may be the same: translated elsewhere on the way`]
}

/** The packet after which the capture's entry had the machine's timeout; or when the machine must have seen one. */
function whyTimeout(number: number, row: Row, picture: CapturePicture, watch: CaptureWatch): string[] {
  const { timeout } = row
  const packets = watch.packetsOf(number).filter(({ tick }) => tick <= picture.tick)
  const [last] = packets
  if (timeout === null || last === undefined) return []
  const { tick, hz } = picture
  const later = packets.findIndex(({ deadline }) => Math.abs(Math.floor((deadline - tick) / hz) - timeout) <= 1)
  if (later > 0) {
    return [`its timeout is that of after frame ${String(packets[later]?.frame ?? 0)}: the machine has not taken the ` +
      `${later === 1 ? 'packet' : `${String(later)} packets`} that came then, from frame ${String(packets[later - 1]?.frame ?? 0)} on`]
  }
  const full = Math.floor((last.deadline - last.tick) / hz)
  if (timeout > full) {
    return [`${String(timeout)} s is more than the ${String(full)} s it gets here: another state, or other sysctls, on the machine`]
  }
  const since = (picture.tick - last.tick) / hz - (full - timeout)
  const when = since >= 0 ? `${since.toFixed(1)} s after` : `${(-since).toFixed(1)} s before`
  return [`the machine must have seen a packet of it ${when} frame ${String(last.frame)}, the last one here, that the capture has not`]
}

function whyOnMachine(number: number, row: Row, picture: CapturePicture, watch: CaptureWatch): string {
  const first = watch.firstFrame[number] ?? 0
  if (first > 0) {
    if ((watch.firstTick[number] ?? 0) > picture.tick) return `its first packet in the capture comes later: frame ${String(first)}`
    return `the capture has it up to frame ${String(watch.lastFrame[number] ?? 0)}, and says that it has ended`
  }
  if (row.offload !== undefined) return 'no packet of it in the capture: a flow table forwards it'
  const { startTick } = watch
  if (row.age !== null && startTick !== null && picture.tick - row.age * picture.hz < startTick) return 'made before the capture began'
  return 'no packet of it in the capture: it is older and idle, or came by another interface'
}

const OF_VANTAGE: Readonly<Record<CompareVantage, string>> = {
  'lvs-director': 'IPVS ends entries by its own timers, and keeps none while net.ipv4.vs.conntrack is 0',
  'real-server': 'meant for another machine on the wire',
  client: 'not from this machine nor to it',
  router: 'not routed by this machine, or bridged past it',
}

function whyInCapture(row: Row, vantage: CompareVantage | undefined): string[] {
  const reasons: string[] = []
  if (vantage !== undefined) reasons.push(OF_VANTAGE[vantage])
  if (row.timeout !== null && row.timeout <= 1) reasons.push('about to time out: gone on the machine a moment earlier')
  reasons.push(row.seenReply
    ? 'untracked (NOTRACK), in another network namespace or zone, offloaded, or only passing by'
    : 'dropped by a rule before it was confirmed, untracked (NOTRACK), or never reached this machine')
  return reasons
}
