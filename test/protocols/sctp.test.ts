// What the kernel's answers in test/golden/sctp-* do not show: events, knobs, what a cut packet is worth.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunk, ip, sctp, SCTP, sctpData, sctpInit, sctpSack } from '../../scripts/lib/packets.ts'
import { ORIGINAL, REPLY } from '../../src/base/verdict.ts'
import { IPCT_ASSURED, IPCT_NEW, IPCT_PROTOINFO, IPCT_REPLY } from '../../src/table/status.ts'
import { type Outcome, Stage } from '../support/stage.ts'

const TAGS = [0x01020304, 0x0a0b0c0d] // what packets of each direction carry
const T_BIT = 1

describe('events', () => {
  test('tell of each step of the handshake, and of ASSURED with the last', () => {
    const stage = new Stage()
    expect([
      eventsOf(stage, ORIGINAL, sctpInit(TAGS[1]!, 1)), eventsOf(stage, REPLY, sctpInit(TAGS[0]!, 1, SCTP.initAck)),
      eventsOf(stage, ORIGINAL, chunk(SCTP.cookieEcho)), eventsOf(stage, REPLY, chunk(SCTP.cookieAck)),
      eventsOf(stage, ORIGINAL, sctpData(1, [1])),
    ]).toEqual([IPCT_NEW | IPCT_PROTOINFO, IPCT_REPLY | IPCT_PROTOINFO, IPCT_PROTOINFO, IPCT_PROTOINFO | IPCT_ASSURED, 0])
  })

  test('of a packet refused at its second chunk come with the next packet', () => {
    const stage = established()
    expect(say(stage, ORIGINAL, chunk(SCTP.shutdown, [0, 0, 0, 1]), chunk(SCTP.abort, [], T_BIT)).verdict).toBe('INVALID')
    expect([stage.state, stage.engine.packet.events]).toEqual(['SHUTDOWN_SENT', 0])
    expect(eventsOf(stage, REPLY, sctpSack(1))).toBe(IPCT_PROTOINFO)
    expect(eventsOf(stage, REPLY, sctpSack(1))).toBe(0)
  })
})

describe('timeouts', () => {
  test('follow their knobs', () => {
    const stage = new Stage({ sctp_timeout_closed: 5, sctp_timeout_cookie_wait: 7 })
    say(stage, ORIGINAL, sctpInit(TAGS[1]!, 1))
    expect(stage.timeout).toBe(5)
    say(stage, REPLY, sctpInit(TAGS[0]!, 1, SCTP.initAck))
    expect(stage.timeout).toBe(7)
  })

  test('are not renewed by an INIT that is sent again', () => {
    const stage = new Stage()
    say(stage, ORIGINAL, sctpInit(TAGS[1]!, 1))
    stage.wait(9000)
    expect(say(stage, ORIGINAL, sctpInit(TAGS[1]!, 1)).verdict).toBe('NEW')
    expect(stage.timeout).toBe(1)
    expect(stage.connection.packets(ORIGINAL)).toBe(1)
    stage.wait(1000)
    expect(stage.table()).toEqual([])
  })

  test('are not renewed by a heartbeat with a tag that is not known', () => {
    const stage = established().wait(100_000)
    const { verdict } = push(stage, ORIGINAL, 0x55555555, chunk(SCTP.heartbeat, [0, 1, 0, 4]))
    expect([verdict, stage.timeout]).toEqual(['ESTABLISHED', 110])
  })
})

test('of chunks that the snap length cut, only headers matter', () => {
  const stage = established()
  const long = packetOf(ORIGINAL, TAGS[ORIGINAL]!, sctpData(1, new Uint8Array(1000)))
  expect(stage.push(long, 20 + 12 + 4).verdict).toBe('ESTABLISHED')
  // Behind the cut all is zero, as it is for a kernel that is fed the capture: a chunk without length.
  const bundle = packetOf(ORIGINAL, TAGS[ORIGINAL]!, sctpData(1, [1]), sctpData(2, [1]))
  expect(stage.push(bundle, 20 + 12 + 20)).toEqual({
    verdict: 'INVALID', reason: 'nf_ct_proto_132: do_basic_checks failed. chunk num 1, type 0, len 0 flag 0',
  })
})

test('whatever stands where chunks should be is read to its end', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), fc.integer({ min: 0, max: 1 }), (soup, dir) => {
    const stage = established()
    for (const bytes of soup) expect(push(stage, dir, TAGS[dir]!, bytes).verdict).toMatch(/^(INVALID|ESTABLISHED( reply)?)$/)
  }), { numRuns: 50 })
})

function established(): Stage {
  const stage = new Stage()
  say(stage, ORIGINAL, sctpInit(TAGS[1]!, 1))
  say(stage, REPLY, sctpInit(TAGS[0]!, 1, SCTP.initAck))
  say(stage, ORIGINAL, chunk(SCTP.cookieEcho))
  say(stage, REPLY, chunk(SCTP.cookieAck))
  expect([stage.state, stage.timeout]).toEqual(['ESTABLISHED', 210])
  return stage
}

function say(stage: Stage, dir: number, ...chunks: readonly Uint8Array[]): Outcome {
  return push(stage, dir, chunks[0]?.[0] === SCTP.init ? 0 : TAGS[dir]!, ...chunks)
}

function push(stage: Stage, dir: number, tag: number, ...chunks: readonly Uint8Array[]): Outcome {
  return stage.push(packetOf(dir, tag, ...chunks))
}

function packetOf(dir: number, tag: number, ...chunks: readonly Uint8Array[]): Uint8Array {
  return dir === ORIGINAL ? ip('10.0.0.1', '10.0.0.2', sctp({ sport: 1000, dport: 2000, tag }, ...chunks))
    : ip('10.0.0.2', '10.0.0.1', sctp({ sport: 2000, dport: 1000, tag }, ...chunks))
}

/** IPCT_… bits of a packet that is let through. */
function eventsOf(stage: Stage, dir: number, ...chunks: readonly Uint8Array[]): number {
  expect(say(stage, dir, ...chunks).verdict).not.toBe('INVALID')
  return stage.engine.packet.events
}
