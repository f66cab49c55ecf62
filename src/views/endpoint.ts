// Entries and their ends as people write them.

import { shortAddress } from '../base/address.ts'
import type { Row, RowTuple } from './row.ts'

/** One end of a tuple as people write it: `10.0.0.1:80`, `[2001:db8::1]:80`, `10.0.0.1 type 8 id 77`. */
export function endpoint(tuple: RowTuple, end: 'source' | 'destination'): string {
  const address = shortAddress(tuple[end])
  const port = end === 'source' ? tuple.sourcePort : tuple.destinationPort
  const key = end === 'source' ? tuple.sourceKey : tuple.destinationKey
  if (port !== undefined) return address.includes(':') ? `[${address}]:${String(port)}` : `${address}:${String(port)}`
  if (key !== undefined) return `${address} key 0x${key.toString(16)}`
  if (tuple.type === undefined || end === 'source') return address
  return `${address} type ${String(tuple.type)} code ${String(tuple.code)} id ${String(tuple.id)}`
}

/** An entry by its original direction: `tcp 10.0.0.1:40000 → 10.0.0.2:80`. */
export function flowName(row: Row): string {
  const zone = row.zone === 0 ? '' : ` zone ${String(row.zone)}`
  const name = row.l4 === 'unknown' ? `protocol ${String(row.l4num)}` : row.l4
  return `${name} ${endpoint(row.original, 'source')} → ${endpoint(row.original, 'destination')}${zone}`
}
