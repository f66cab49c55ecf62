// What the kernel's answers in test/golden/gre do not show: events, knobs, and keys that a control connection has told.

import { describe, expect, test } from 'vitest'
import { gre, ip, pptpGre, type Transport } from '../../scripts/lib/packets.ts'
import { parseIpv4 } from '../../src/base/address.ts'
import { AF_INET, IPPROTO_GRE } from '../../src/base/units.ts'
import { ORIGINAL, REPLY } from '../../src/base/verdict.ts'
import { IPCT_ASSURED, IPCT_NEW, IPCT_REPLY } from '../../src/table/status.ts'
import { Tuple } from '../../src/table/tuple.ts'
import { Stage } from '../support/stage.ts'

const there = (transport: Transport): Uint8Array => ip('10.0.0.1', '10.0.0.2', transport)
const back = (transport: Transport): Uint8Array => ip('10.0.0.2', '10.0.0.1', transport)

test('an entry is ASSURED with the first packet after an answer, and shows the timeouts it was made with', () => {
  const stage = new Stage({ gre_timeout: 40, gre_timeout_stream: 400 })
  const ends = 'srckey=0x0 dstkey=0x0'
  stage.push(there(gre()))
  expect([stage.engine.packet.events, stage.timeout]).toEqual([IPCT_NEW, 40])
  stage.push(back(gre()))
  expect([stage.engine.packet.events, stage.timeout]).toEqual([IPCT_REPLY, 40])
  stage.push(back(gre()))
  expect([stage.engine.packet.events, stage.timeout]).toEqual([IPCT_ASSURED, 400])
  expect(stage.table()).toEqual([
    `ipv4 2 gre 47 400 timeout=40, stream_timeout=400 src=10.0.0.1 dst=10.0.0.2 ${ends} src=10.0.0.2 dst=10.0.0.1 ${ends} [ASSURED]`,
  ])
})

describe('PPTP\'s call ids', () => {
  test('make two connections of one tunnel as long as nobody has told them', () => {
    const stage = new Stage()
    expect(stage.push(there(pptpGre({ callId: 5, seq: 1 }))).verdict).toBe('NEW')
    expect(stage.push(back(pptpGre({ callId: 6, seq: 1 }))).verdict).toBe('NEW')
    expect(stage.table().length).toBe(2)
  })

  test('make one where both are known', () => {
    const stage = new Stage()
    stage.engine.table.greKeys.add(0, ORIGINAL, keys('10.0.0.1', '10.0.0.2', 6, 5))
    stage.engine.table.greKeys.add(0, REPLY, keys('10.0.0.2', '10.0.0.1', 5, 6))
    expect(stage.push(there(pptpGre({ callId: 5, seq: 1 }))).verdict).toBe('NEW')
    expect(stage.push(back(pptpGre({ callId: 6, seq: 1 }))).verdict).toBe('ESTABLISHED reply')
    expect(stage.table()[0]).toContain('src=10.0.0.1 dst=10.0.0.2 srckey=0x6 dstkey=0x5')
  })
})

function keys(from: string, to: string, sourceKey: number, destinationKey: number): Tuple {
  const tuple = new Tuple()
  tuple.proto = AF_INET | (IPPROTO_GRE << 8)
  tuple.source0 = parseIpv4(from)! | 0
  tuple.destination0 = parseIpv4(to)! | 0
  tuple.ports = (sourceKey << 16) | destinationKey
  tuple.seal()
  return tuple
}
