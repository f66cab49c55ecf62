// One entry from a line of `ovs-appctl dpctl/dump-conntrack`, with or without -m and -s.

import type { Row, RowCounters, RowTuple } from '../row.ts'
import { l4Name } from '../snapshot.ts'
import { OVS_PROTOCOLS, OVS_TCP_STATES } from '../ovs.ts'
import { selectorOf } from '../entries.ts'

// Where two of the kernel's share a name, the first is meant.
const KERNEL_STATES: ReadonlyMap<string, string> = new Map(
  Object.entries(OVS_TCP_STATES).reverse().map(([kernel, name]) => [name, name === 'ESTABLISHED' ? name : kernel]))
const PROTOCOLS: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(OVS_PROTOCOLS).map(([number, name]) => [name, Number(number)]))

/** Reads one line. @returns the row, or why it cannot be read */
export function parseOvs(line: string): Row | string {
  const match = /^(\w+),orig=\(([^()]*)\),reply=\(([^()]*)\)((?:,[\w-]+=(?:\([^()]*\)|[^,()]*))*)$/.exec(line.trim())
  if (match === null) return 'does not read like an entry of Open vSwitch, or is cut short'
  const [, name = '', original = '', reply = '', tail = ''] = match
  const l4num = PROTOCOLS[name] ?? Number(name)
  if (!Number.isInteger(l4num) || l4num > 255) return `names a protocol that is none: ${name}`
  const first = fieldsOf(original)
  const second = fieldsOf(reply)
  const isIpv4 = !(first.get('src') ?? '').includes(':')
  const more = fieldsOf(tail.slice(1))
  const status = more.get('status')?.split('|')
  const row: Row = {
    l3: isIpv4 ? 'ipv4' : 'ipv6', l3num: isIpv4 ? 2 : 10, l4: l4Name(l4num), l4num,
    timeout: numberOf(more.get('timeout')), state: null,
    original: tupleOf(first, l4num), reply: tupleOf(second, l4num),
    originalCounters: countersOf(first), replyCounters: countersOf(second),
    seenReply: status?.includes('SEEN_REPLY') ?? false, assured: status?.includes('ASSURED') ?? false,
    mark: numberOf(more.get('mark')) ?? 0, zone: numberOf(more.get('zone')) ?? 0, age: null, use: 1,
  }
  // Without packets, the side of an entry with counters says nothing of them.
  if (row.originalCounters !== null || row.replyCounters !== null) {
    row.originalCounters ??= { packets: 0, bytes: 0 }
    row.replyCounters ??= { packets: 0, bytes: 0 }
  }
  if (status === undefined) row.statusUnknown = true
  const info = fieldsOf((more.get('protoinfo') ?? '').replace(/^\(|\)$/g, ''))
  const state = info.get('state') ?? info.get('state_orig')
  if (state !== undefined) row.state = l4num === 6 ? KERNEL_STATES.get(state) ?? state : state
  takeRest(row, more)
  return row
}

const KNOWN = new Set(['timeout', 'zone', 'mark', 'status', 'protoinfo'])

function takeRest(row: Row, more: ReadonlyMap<string, string>): void {
  for (const [key, value] of more) {
    if (KNOWN.has(key)) continue
    const id = key === 'id' ? numberOf(value) : null
    if (id !== null) row.id = id
    else if (key === 'labels') row.labels = value
    else if (key === 'helper') row.helper = value
    else row.rest = `${row.rest === undefined ? '' : `${row.rest} `}${key}=${value}`
  }
}

/** `a=1,b=(c=2,d=3)` by name; what stands in brackets stays as it is. */
function fieldsOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(/([\w-]+)=(\([^()]*\)|[^,()]*)/g)].map(([, key = '', value = '']) => [key, value]))
}

const numberOf = (text: string | undefined): number | null => (text !== undefined && /^\d{1,20}$/.test(text) ? Number(text) : null)

function tupleOf(fields: ReadonlyMap<string, string>, l4num: number): RowTuple {
  const tuple: RowTuple = { source: fields.get('src') ?? '', destination: fields.get('dst') ?? '' }
  const number = (key: string): number | null => numberOf(fields.get(key))
  const [high, low] = [number('sport'), number('dport')]
  switch (selectorOf(l4num)) {
    case 'ports': return high === null || low === null ? tuple : { ...tuple, sourcePort: high, destinationPort: low }
    case 'keys': return high === null || low === null ? tuple : { ...tuple, sourceKey: high, destinationKey: low }
    case 'icmp': return { ...tuple, type: number('type') ?? 0, code: number('code') ?? 0, id: number('id') ?? 0 }
    case null: return tuple
  }
}

function countersOf(fields: ReadonlyMap<string, string>): RowCounters | null {
  const packets = numberOf(fields.get('packets'))
  const bytes = numberOf(fields.get('bytes'))
  return packets === null || bytes === null ? null : { packets, bytes }
}
