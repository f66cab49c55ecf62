// What the kernel's answers in test/golden/dccp-* do not show: events and knobs.

import { describe, expect, test } from 'vitest'
import { DCCP, dccp, ip } from '../../scripts/lib/packets.ts'
import { ORIGINAL, REPLY } from '../../src/base/verdict.ts'
import { IPCT_NEW, IPCT_PROTOINFO, IPCT_REPLY } from '../../src/table/status.ts'
import { type Outcome, Stage } from '../support/stage.ts'

const SEQ = 0x00abcdef

describe('events', () => {
  test('tell of each step of the handshake, and never of ASSURED', () => {
    const stage = new Stage()
    const handshake = [
      [ORIGINAL, DCCP.request], [REPLY, DCCP.response], [ORIGINAL, DCCP.ack], [REPLY, DCCP.data], [ORIGINAL, DCCP.data],
    ] as const
    const events = handshake.map(([dir, type]) => {
      say(stage, dir, type)
      return stage.engine.packet.events
    })
    expect(events).toEqual([IPCT_NEW | IPCT_PROTOINFO, IPCT_REPLY | IPCT_PROTOINFO, IPCT_PROTOINFO, IPCT_PROTOINFO, 0])
    expect(stage.connection.assured).toBe(true)
  })

  test('are none where the packet is ignored', () => {
    const stage = new Stage()
    for (const [dir, type] of [[ORIGINAL, DCCP.request], [REPLY, DCCP.response]] as const) say(stage, dir, type)
    say(stage, REPLY, DCCP.sync)
    expect(stage.engine.packet.events).toBe(0)
  })
})

test('timeouts follow their knobs', () => {
  const stage = new Stage({ dccp_timeout_request: 5, dccp_timeout_respond: 7 })
  say(stage, ORIGINAL, DCCP.request)
  expect(stage.timeout).toBe(5)
  say(stage, REPLY, DCCP.response)
  expect(stage.timeout).toBe(7)
})

test('a Reset that is the only answer ends the connection', () => {
  const stage = new Stage()
  say(stage, ORIGINAL, DCCP.request)
  expect(say(stage, REPLY, DCCP.reset)).toEqual({ verdict: 'ESTABLISHED reply', reason: '' })
  expect(stage.table()).toEqual([])
})

function say(stage: Stage, dir: number, type: number): Outcome {
  const fields = { type, seq: SEQ, ack: SEQ }
  return stage.push(dir === ORIGINAL ? ip('10.0.0.1', '10.0.0.2', dccp({ ...fields, sport: 1000, dport: 2000 }))
    : ip('10.0.0.2', '10.0.0.1', dccp({ ...fields, sport: 2000, dport: 1000 })))
}
