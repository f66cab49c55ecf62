// Every cell of DCCP's transition table, tried with a packet: a connection is put into a state, a packet of one type comes. The
// table goes by roles: all is tried with the client in the original direction, and with the client in the other.

import { describe, expect, test } from 'vitest'
import { dccp, ip } from '../../scripts/lib/packets.ts'
import { ORIGINAL, REPLY } from '../../src/base/verdict.ts'
import { CLIENT, DCCP_STATES, SERVER } from '../../src/protocols/dccp/states.ts'
import { DccpWords } from '../../src/protocols/dccp/words.ts'
import { parseOutcomes, sentence } from '../support/outcomes.ts'
import { Stage } from '../support/stage.ts'

/** Types of packet in the order of their numbers. */
const TYPES = ['request', 'response', 'data', 'ack', 'dataack', 'closereq', 'close', 'reset', 'sync', 'syncack'] as const
type Type = (typeof TYPES)[number]

// What each packet does, from RFC 4340 section 8 as one who watches sees it. What may open a connection that nobody noticed
// has died is let through and changes nothing (ignored); so are Sync and SyncAck.
const CLIENT_OUTCOMES: Readonly<Record<Type, string>> = {
  request: 'NONE TIMEWAIT → REQUEST; REQUEST RESPOND stays; rest ignored',
  response: 'NONE TIMEWAIT invalid; rest ignored',
  data: 'OPEN CLOSEREQ CLOSING stays; rest invalid',
  ack: 'RESPOND → PARTOPEN; PARTOPEN OPEN CLOSEREQ CLOSING stays; rest invalid',
  dataack: 'RESPOND → PARTOPEN; PARTOPEN OPEN CLOSEREQ CLOSING stays; rest invalid',
  closereq: 'rest invalid',
  close: 'PARTOPEN OPEN CLOSEREQ → CLOSING; rest invalid',
  reset: 'NONE invalid; TIMEWAIT ignored; rest → TIMEWAIT',
  sync: 'NONE invalid; rest ignored',
  syncack: 'NONE invalid; rest ignored',
}
const SERVER_OUTCOMES: Readonly<Record<Type, string>> = {
  request: 'NONE invalid; TIMEWAIT → REQUEST; rest ignored',
  response: 'NONE TIMEWAIT invalid; REQUEST RESPOND → RESPOND; rest ignored',
  data: 'PARTOPEN OPEN → OPEN; CLOSING stays; rest invalid',
  ack: 'PARTOPEN OPEN → OPEN; CLOSING stays; rest invalid',
  dataack: 'PARTOPEN OPEN → OPEN; CLOSING stays; rest invalid',
  closereq: 'PARTOPEN OPEN CLOSEREQ CLOSING → CLOSEREQ; rest invalid',
  close: 'PARTOPEN OPEN CLOSING → CLOSING; rest invalid',
  reset: 'NONE invalid; rest → TIMEWAIT',
  sync: 'NONE invalid; rest ignored',
  syncack: 'NONE invalid; rest ignored',
}

const TIMEOUTS: Readonly<Record<string, number>> = {
  REQUEST: 240, RESPOND: 480, PARTOPEN: 480, OPEN: 43_200, CLOSEREQ: 64, CLOSING: 64, TIMEWAIT: 240,
}

const cells = ([['client', CLIENT, CLIENT_OUTCOMES], ['server', SERVER, SERVER_OUTCOMES]] as const).flatMap(([name, role, outcomes]) =>
  TYPES.flatMap((type) =>
    [...parseOutcomes(outcomes[type], DCCP_STATES)].map(([state, outcome]) =>
      [sentence(`${name} ${type}`, state, outcome), { role, type, state, outcome }] as const)))

describe.each([
  ['original', ORIGINAL], ['reply', REPLY],
] as const)('every packet in every state, the client in the %s direction', (_direction, client) => {
  test('is tried', () => {
    expect(cells.length).toBe(2 * 10 * 8)
  })

  test.each(cells)('%s', (_, { role, type, state, outcome }) => {
    const dir = role === CLIENT ? client : 1 - client
    const stage = connectionIn(state, client)
    const said = stage.push(packetOf(dir, type))
    const words = new DccpWords().at(stage.connection)
    const accepted = dir === REPLY ? 'ESTABLISHED reply' : 'ESTABLISHED'
    if (outcome === 'invalid') {
      expect(said).toEqual({ verdict: 'INVALID', reason: 'nf_ct_proto_33: invalid state transition' })
      expect([words.lastType, words.lastDir]).toEqual([ACK, ORIGINAL])
    } else {
      expect(said).toEqual({ verdict: accepted, reason: outcome === 'ignored' ? 'nf_ct_proto_33: invalid packet' : '' })
      expect([words.lastType, words.lastDir]).toEqual([TYPES.indexOf(type), dir])
    }
    const isMoved = outcome.startsWith('→')
    expect(`→ ${stage.state ?? ''}`).toBe(isMoved ? outcome : `→ ${state}`)
    expect(stage.timeout).toBe(isMoved ? TIMEOUTS[stage.state ?? ''] : 1000)
    // The server that opens a connection anew becomes its client.
    expect(words.client).toBe(role === SERVER && type === 'request' && state === 'TIMEWAIT' ? dir : client)
  })
})

describe('every packet where nothing is', () => {
  test('a request opens a connection', () => {
    const stage = new Stage()
    expect(stage.push(packetOf(ORIGINAL, 'request'))).toEqual({ verdict: 'NEW', reason: '' })
    expect([stage.state, stage.timeout]).toEqual(['REQUEST', 240])
  })

  test.each(TYPES.filter((type) => type !== 'request'))('a %s opens none, however loose', (type) => {
    for (const loose of [0, 1]) {
      const stage = new Stage({ dccp_loose: loose })
      expect(stage.push(packetOf(ORIGINAL, type))).toEqual({ verdict: 'INVALID', reason: 'nf_ct_proto_33: invalid state transition' })
      expect(stage.table()).toEqual([])
    }
  })
})

const ACK = TYPES.indexOf('ack')

/** A connection in a state, answered, its last packet an Ack in the original direction; it has a thousand seconds left. */
function connectionIn(state: string, client: number): Stage {
  const stage = new Stage()
  stage.push(packetOf(ORIGINAL, 'request'))
  const conn = stage.connection
  const words = new DccpWords().at(conn)
  words.move(DCCP_STATES.findIndex((name) => name === state), ACK, ORIGINAL)
  words.client = client
  conn.status |= 2 // IPS_SEEN_REPLY
  stage.engine.table.setTimeout(conn, 1_000_000)
  return stage
}

function packetOf(dir: number, type: Type): Uint8Array {
  const fields = { type: TYPES.indexOf(type), seq: 1 }
  return dir === ORIGINAL ? ip('10.0.0.1', '10.0.0.2', dccp({ ...fields, sport: 1000, dport: 2000 }))
    : ip('10.0.0.2', '10.0.0.1', dccp({ ...fields, sport: 2000, dport: 1000 }))
}
