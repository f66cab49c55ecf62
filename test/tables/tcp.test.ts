// Every cell of TCP's transition table, tried with a segment: a connection is put into a state, a segment of one kind comes that
// fits its window.

import { describe, expect, test } from 'vitest'
import { ip, tcp } from '../../scripts/lib/packets.ts'
import { CELL_IGNORE, CELL_INVALID } from '../../src/base/grid.ts'
import { ORIGINAL, REPLY } from '../../src/base/verdict.ts'
import { TCP_STATES, TRANSITIONS } from '../../src/protocols/tcp/transitions.ts'
import { FLAG_CLOSE_INIT } from '../../src/protocols/tcp/fields.ts'
import { TcpShared, TcpSide } from '../../src/protocols/tcp/words.ts'
import { parseOutcomes, sentence } from '../support/outcomes.ts'
import { Stage } from '../support/stage.ts'

/** Kinds of segment in the order of their numbers, with the flags that make them. */
const KINDS = { syn: 'S', synack: 'SA', fin: 'FA', ack: 'A', rst: 'R' } as const
type Kind = keyof typeof KINDS

// What each segment does, from RFC 9293 section 3.3.2 as one who watches sees it. What may belong to a connection newer than
// ours is let through and changes nothing (ignored): the answer to it tells.
const ORIGINAL_OUTCOMES: Readonly<Record<Kind, string>> = {
  syn: 'NONE SYN_SENT → SYN_SENT; SYN_SENT2 stays; TIME_WAIT CLOSE reopened; rest ignored',
  synack: 'SYN_RECV SYN_SENT2 → SYN_RECV; rest invalid',
  fin: 'SYN_RECV ESTABLISHED → FIN_WAIT; FIN_WAIT CLOSE_WAIT → LAST_ACK; LAST_ACK TIME_WAIT CLOSE stays; rest invalid',
  ack: 'NONE SYN_RECV → ESTABLISHED; FIN_WAIT → CLOSE_WAIT; LAST_ACK → TIME_WAIT; SYN_SENT SYN_SENT2 invalid; rest stays',
  rst: 'NONE invalid; rest → CLOSE',
}
const REPLY_OUTCOMES: Readonly<Record<Kind, string>> = {
  syn: 'SYN_SENT SYN_SENT2 → SYN_SENT2; TIME_WAIT reopened; rest invalid',
  synack: 'SYN_SENT SYN_SENT2 → SYN_RECV; NONE invalid; rest ignored',
  fin: 'SYN_RECV ESTABLISHED → FIN_WAIT; FIN_WAIT CLOSE_WAIT → LAST_ACK; LAST_ACK TIME_WAIT CLOSE stays; rest invalid',
  ack: 'FIN_WAIT → CLOSE_WAIT; LAST_ACK → TIME_WAIT; NONE invalid; SYN_SENT SYN_SENT2 ignored; rest stays',
  rst: 'NONE invalid; rest → CLOSE',
}

const TIMEOUTS: Readonly<Record<string, number>> = {
  SYN_SENT: 120, SYN_RECV: 60, ESTABLISHED: 432_000, FIN_WAIT: 120, CLOSE_WAIT: 60, LAST_ACK: 30, TIME_WAIT: 120, CLOSE: 10,
  SYN_SENT2: 120,
}
const THERE = 'src=10.0.0.1 dst=10.0.0.2 sport=1000 dport=2000'
const BACK = 'src=10.0.0.2 dst=10.0.0.1 sport=2000 dport=1000'
const CLOSING = ['FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE']

const directions = [['original', ORIGINAL, ORIGINAL_OUTCOMES], ['reply', REPLY, REPLY_OUTCOMES]] as const
const cases = directions.flatMap(([name, dir, outcomes]) => (Object.keys(KINDS) as Kind[]).flatMap((kind, index) =>
  [...parseOutcomes(outcomes[kind], TCP_STATES)].map(([state, outcome]) =>
    [sentence(`${name} ${kind}`, state, outcome), { dir, kind, index, state, outcome }] as const)))

describe('every segment in every state', () => {
  test('is tried', () => {
    expect(cases.length).toBe(2 * 5 * 10)
  })

  test.each(cases)('%s', (_, { dir, kind, index, state, outcome }) => {
    expect(TRANSITIONS[(dir * 6 + index) * 10 + TCP_STATES.indexOf(state)]).toBe(cellOf(outcome))
    const stage = connectionIn(state)
    const said = stage.push(segment(dir, KINDS[kind]))
    const accepted = dir === REPLY ? 'ESTABLISHED reply' : 'ESTABLISHED'
    const log = (what: string) => `nf_ct_proto_6: packet (index ${index}) in dir ${dir} ${what}, state ${state}`
    switch (outcome) {
      case 'invalid':
        expect(said).toEqual({ verdict: 'INVALID', reason: log('invalid') })
        expect([stage.state, stage.timeout]).toEqual([state, 1000])
        break
      case 'ignored':
        expect(said).toEqual({ verdict: accepted, reason: log('ignored') })
        expect([stage.state, stage.timeout]).toEqual([state, 1000])
        break
      case 'reopened':
        // The same segment opens another connection, in its own direction.
        expect(said).toEqual({ verdict: 'NEW', reason: '' })
        expect(stage.table()).toEqual([`ipv4 2 tcp 6 120 SYN_SENT ${[THERE, BACK][dir]!} [UNREPLIED] ${[BACK, THERE][dir]!}`])
        break
      default:
        expect(said).toEqual({ verdict: accepted, reason: '' })
        expect(`→ ${stage.state ?? ''}`).toBe(outcome)
        expect(stage.timeout).toBe(TIMEOUTS[stage.state ?? ''])
    }
  })
})

describe('a segment of no kind', () => {
  const states = directions.flatMap(([name, dir]) => TCP_STATES.map((state) => [`${name} none`, state, dir] as const))

  test.each(states)('%s in %s is refused before the table, and by it', (_, state, dir) => {
    expect(TRANSITIONS[(dir * 6 + NO_KIND) * 10 + TCP_STATES.indexOf(state)]).toBe(CELL_INVALID)
    const stage = connectionIn(state)
    expect(stage.push(segment(dir, 'P'))).toEqual({ verdict: 'INVALID', reason: 'nf_ct_proto_6: invalid tcp flag combination' })
    expect([stage.state, stage.timeout]).toEqual([state, 1000])
  })
})

describe('every segment where nothing is', () => {
  test.each([['syn', 'SYN_SENT', 120], ['ack', 'ESTABLISHED', 300]] as const)('%s opens %s', (kind, state, timeout) => {
    const stage = new Stage()
    expect(stage.push(segment(ORIGINAL, KINDS[kind]))).toEqual({ verdict: 'NEW', reason: '' })
    expect([stage.state, stage.timeout]).toEqual([state, timeout])
  })

  test.each(['synack', 'fin', 'rst'] as const)('%s opens nothing', (kind) => {
    const stage = new Stage()
    expect(stage.push(segment(ORIGINAL, KINDS[kind]))).toEqual({ verdict: 'INVALID', reason: 'nf_ct_proto_6: invalid new' })
    expect(stage.table()).toEqual([])
  })

  test('ack opens nothing where nothing is picked up in mid-stream', () => {
    const stage = new Stage({ tcp_loose: 0 })
    expect(stage.push(segment(ORIGINAL, 'A'))).toEqual({ verdict: 'INVALID', reason: '' })
    expect(stage.table()).toEqual([])
  })
})

/** What stands in the table for an outcome. */
function cellOf(outcome: string): number {
  switch (outcome) {
    case 'invalid': return CELL_INVALID
    case 'ignored': return CELL_IGNORE
    case 'reopened': return TCP_STATES.indexOf('SYN_SENT')
    default: return TCP_STATES.findIndex((name) => outcome === `→ ${name}`)
  }
}

const SEQ = [1000, 5000] // what each side sends next

/**
 * A connection in a state, answered, with wide windows and nothing on its way; it has a thousand seconds left. Beyond
 * ESTABLISHED one side has closed it.
 */
function connectionIn(state: string): Stage {
  const stage = new Stage()
  stage.push(segment(ORIGINAL, 'S'))
  const conn = stage.connection
  const shared = new TcpShared().at(conn)
  shared.move(TCP_STATES.findIndex((name) => name === state), NO_KIND, ORIGINAL, 0)
  shared.lastWin = 1000
  for (const dir of [ORIGINAL, REPLY]) {
    const side = new TcpSide().at(conn, dir)
    side.end = SEQ[dir]!
    side.maxEnd = SEQ[dir]! + 60_000
    side.maxWin = 60_000
    side.flags = CLOSING.includes(state) ? FLAG_CLOSE_INIT : 0
  }
  conn.status |= 2 // IPS_SEEN_REPLY
  stage.engine.table.setTimeout(conn, 1_000_000)
  return stage
}

const NO_KIND = 5

function segment(dir: number, flags: string): Uint8Array {
  const fields = { flags, seq: SEQ[dir]!, ack: flags.includes('A') ? SEQ[1 - dir]! : 0, window: 1000 }
  return dir === ORIGINAL ? ip('10.0.0.1', '10.0.0.2', tcp({ ...fields, sport: 1000, dport: 2000 }))
    : ip('10.0.0.2', '10.0.0.1', tcp({ ...fields, sport: 2000, dport: 1000 }))
}
