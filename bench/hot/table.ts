// table/: finding, opening and ending connections, in a table that fits the cache and in one that does not.

import { AF_INET, IPPROTO_TCP } from '../../src/base/units.ts'
import { END_DELETED, Table } from '../../src/table/table.ts'
import { Tuple } from '../../src/table/tuple.ts'
import { measure } from './measure.ts'

const NOW = 1_700_000_000_000

for (const connections of [1000, 100_000, 1_000_000]) {
  const table = new Table(connections, connections, 1000, false, 1)
  const tuple = new Tuple()
  const reply = new Tuple()
  table.advance(NOW)
  const open = (i: number): void => {
    aim(tuple, i)
    reply.invert(tuple)
    const index = table.open(tuple, reply)
    table.peek.at(index).deadline = NOW + 60_000
    table.confirm(index)
  }
  const operations = Math.min(connections, 200_000)
  const step = Math.floor(connections / operations)
  const clear = (): void => { for (const index of table.visible()) table.end(index, END_DELETED) }
  const fill = (count: number): void => { for (let i = table.records.live; i < count; i++) open(i) }

  if (connections <= 100_000) {
    measure(`open, of ${connections}`, connections, () => { fill(connections) }, clear)
    measure(`end, of ${connections}`, connections, clear, () => { fill(connections) })
  }
  fill(connections)
  let found = 0
  measure(`find what is there, among ${connections}`, operations, () => {
    for (let i = 0; i < operations; i++) {
      aim(tuple, (Math.imul(i, 7919 * step) >>> 0) % connections)
      found += table.find(tuple)
    }
  })
  measure(`find what is not there, among ${connections}`, operations, () => {
    for (let i = 0; i < operations; i++) {
      aim(tuple, connections + i)
      found += table.find(tuple)
    }
  })
  if (found === 0) throw new Error('nothing was found')
}

/** Makes the tuple of connection number `i`. */
function aim(tuple: Tuple, i: number): void {
  tuple.proto = AF_INET | (IPPROTO_TCP << 8)
  tuple.ports = ((1024 + (i & 0x3fff)) << 16) | 443
  tuple.source0 = 0x0a000000 + (i >>> 14)
  tuple.destination0 = 0xc6336401 | 0
  tuple.isIpv6 = false
  tuple.seal()
}
