// Connections beyond those that evidence has room for: counted, with what the tracker knows of them.

import { describe, expect, it } from 'vitest'
import { Evidence, openCapture, Replay } from '../../src/index.ts'
import { ROOT } from '../support/sources.ts'

async function leftOut(sample: string, mostFlows: number) {
  const source = await openCapture(`${ROOT}/samples/${sample}`)
  const evidence = new Evidence(mostFlows)
  const replay = new Replay(source, { onPacket: (engine, frame) => { evidence.note(engine, frame) } })
  await replay.run()
  const { table, packets } = replay.engine
  const entries = table.visible().length
  source.close()
  return { ...evidence.leftOut.summary(), created: table.stats.created, entries, all: packets }
}

describe('connections that find no room', () => {
  it('are none while there is room', async () => {
    expect(await leftOut('syn-flood.pcap', 1 << 14)).toMatchObject({ packets: 0, connections: 0, unanswered: 0, worst: [] })
  })

  it('are counted with the service that left them unanswered, whether they have ended or not', async () => {
    const { packets, connections, unanswered, worst, created } = await leftOut('syn-flood.pcap', 4)
    expect(created).toBeGreaterThan(8)
    expect(connections).toBe(created - 4)
    expect(unanswered).toBe(connections)
    expect(packets).toBeGreaterThanOrEqual(connections)
    expect(worst[0]?.unanswered).toBe(connections)
  })

  it('are told from those that were answered', async () => {
    const { packets, connections, unanswered, worst, all } = await leftOut('web.pcap', 0)
    expect({ packets, connections, unanswered, worst }).toEqual({ packets: all, connections: 1, unanswered: 0, worst: [] })
  })

  it.each([1, 1000, 1024, 1025, 20_000, 1 << 20])('are told from those that did, with room for %i', async (mostFlows) => {
    const { connections, created } = await leftOut('syn-flood.pcap', mostFlows)
    expect(connections).toBe(Math.max(0, created - mostFlows))
  })
})
