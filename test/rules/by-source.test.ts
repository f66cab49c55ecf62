// The list of a client's connections: against a plain one, by random commands.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BySource, NONE } from '../../src/rules/nat/by-source.ts'
import { Connection } from '../../src/table/connection.ts'
import { Table } from '../../src/table/table.ts'
import { Tuple } from '../../src/table/tuple.ts'

const CLIENTS = 3

function tupleOf(client: number): Tuple {
  return Object.assign(new Tuple(), { proto: 2 | (6 << 8), ports: (40_000 << 16) | 80, source0: client, destination0: 99 })
}

test('the latest of a client comes first, then those before it, whichever have gone', () => {
  const command = fc.record({ isAdd: fc.boolean(), client: fc.nat(CLIENTS - 1), at: fc.nat(20) })
  fc.assert(fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
    const table = new Table(0, 1024, 1000, false, 1)
    const conn = new Connection(table.records)
    const list = new BySource()
    let model: { client: number, index: number }[] = []
    for (const { isAdd, client, at } of commands) {
      if (isAdd) {
        const index = table.open(tupleOf(client), tupleOf(client))
        list.add(conn.at(index))
        model.push({ client, index })
      } else {
        const gone = model[at % Math.max(model.length, 1)]
        if (gone === undefined) continue
        table.discard(gone.index)
        list.remove(gone.index)
        list.remove(gone.index)
        model = model.filter((one) => one !== gone)
      }
    }
    for (let client = 0; client < CLIENTS; client++) {
      const found: number[] = []
      for (let index = list.latestOf(tupleOf(client)); index !== NONE; index = list.before(index)) found.push(index)
      expect(found).toEqual(model.filter((one) => one.client === client).map(({ index }) => index).reverse())
    }
  }))
})
