// Every cell of SCTP's transition table, tried with a packet: a connection is put into a state, a packet with one chunk comes.

import { describe, expect, test } from 'vitest'
import { chunk, ip, sctp, SCTP, sctpData, sctpInit, sctpSack } from '../../scripts/lib/packets.ts'
import { ORIGINAL, REPLY } from '../../src/base/verdict.ts'
import { SCTP_STATES } from '../../src/protocols/sctp/states.ts'
import { SctpWords } from '../../src/protocols/sctp/words.ts'
import { type Outcome, Stage } from '../support/stage.ts'
import { parseOutcomes, sentence } from '../support/outcomes.ts'

/** A chunk of each kind, by the kernel's names. An INIT or INIT ACK asks for the tag that is given. */
const CHUNKS = {
  init: (tag: number) => sctpInit(tag, 1),
  init_ack: (tag: number) => sctpInit(tag, 1, SCTP.initAck),
  abort: () => chunk(SCTP.abort),
  shutdown: () => chunk(SCTP.shutdown, [0, 0, 0, 1]),
  shutdown_ack: () => chunk(SCTP.shutdownAck),
  error: () => chunk(SCTP.error),
  cookie_echo: () => chunk(SCTP.cookieEcho, [1, 2, 3, 4]),
  cookie_ack: () => chunk(SCTP.cookieAck),
  shutdown_comp: () => chunk(SCTP.shutdownComplete),
  heartbeat: () => chunk(SCTP.heartbeat, [0, 1, 0, 4]),
  heartbeat_ack: () => chunk(SCTP.heartbeatAck, [0, 1, 0, 4]),
  data: () => sctpData(1, [1, 2, 3, 4]),
  sack: () => sctpSack(1),
} as const
type Kind = keyof typeof CHUNKS

/** Tags of both sides: what packets of the original and of the reply direction carry. They read the same in either byte order. */
const TAGS = [0x11111111, 0x22222222]

// What each chunk does, from RFC 9260 section 4 as one who watches sees it. A chunk that cannot be right changes nothing, so
// that a late one does no harm.
const ORIGINAL_OUTCOMES: Readonly<Record<string, string>> = {
  init: 'NONE CLOSED SHUTDOWN_SENT SHUTDOWN_RECD → CLOSED; HEARTBEAT_SENT → COOKIE_WAIT; rest stays',
  init_ack: 'NONE HEARTBEAT_SENT → CLOSED; rest stays',
  abort: 'rest → CLOSED',
  shutdown: 'NONE HEARTBEAT_SENT → CLOSED; ESTABLISHED → SHUTDOWN_SENT; rest stays',
  shutdown_ack: 'NONE SHUTDOWN_SENT SHUTDOWN_RECD HEARTBEAT_SENT → SHUTDOWN_ACK_SENT; rest stays',
  error: 'NONE HEARTBEAT_SENT → CLOSED; rest stays',
  cookie_echo: 'NONE HEARTBEAT_SENT → CLOSED; COOKIE_WAIT → COOKIE_ECHOED; rest stays',
  cookie_ack: 'NONE HEARTBEAT_SENT → CLOSED; COOKIE_ECHOED → ESTABLISHED; rest stays',
  shutdown_comp: 'NONE SHUTDOWN_ACK_SENT HEARTBEAT_SENT → CLOSED; rest stays',
  heartbeat: 'NONE → HEARTBEAT_SENT; rest stays',
  heartbeat_ack: 'NONE → CLOSED; rest stays',
  data: 'rest stays',
  sack: 'rest stays',
}
const REPLY_OUTCOMES: Readonly<Record<string, string>> = {
  init: 'NONE HEARTBEAT_SENT invalid; rest stays',
  init_ack: 'NONE HEARTBEAT_SENT invalid; CLOSED → COOKIE_WAIT; rest stays',
  abort: 'NONE HEARTBEAT_SENT invalid; rest → CLOSED',
  shutdown: 'NONE HEARTBEAT_SENT invalid; ESTABLISHED → SHUTDOWN_RECD; rest stays',
  shutdown_ack: 'NONE HEARTBEAT_SENT invalid; SHUTDOWN_SENT SHUTDOWN_RECD → SHUTDOWN_ACK_SENT; rest stays',
  error: 'NONE HEARTBEAT_SENT invalid; COOKIE_ECHOED → CLOSED; rest stays',
  cookie_echo: 'NONE HEARTBEAT_SENT invalid; COOKIE_WAIT → COOKIE_ECHOED; rest stays',
  cookie_ack: 'NONE HEARTBEAT_SENT invalid; COOKIE_ECHOED → ESTABLISHED; rest stays',
  shutdown_comp: 'NONE HEARTBEAT_SENT invalid; SHUTDOWN_ACK_SENT → CLOSED; rest stays',
  heartbeat: 'NONE invalid; rest stays',
  heartbeat_ack: 'NONE invalid; HEARTBEAT_SENT → ESTABLISHED; rest stays',
  data: 'rest stays',
  sack: 'rest stays',
}

const TIMEOUTS: Readonly<Record<string, number>> = {
  NONE: 10, CLOSED: 10, COOKIE_WAIT: 3, COOKIE_ECHOED: 3, ESTABLISHED: 210, SHUTDOWN_SENT: 3, SHUTDOWN_RECD: 3, SHUTDOWN_ACK_SENT: 3,
  HEARTBEAT_SENT: 30,
}

const cases = ([['original', ORIGINAL, ORIGINAL_OUTCOMES], ['reply', REPLY, REPLY_OUTCOMES]] as const).flatMap(([name, dir, outcomes]) =>
  Object.entries(outcomes).flatMap(([kind, text]) =>
    [...parseOutcomes(text, SCTP_STATES)].map(([state, outcome]) =>
      [sentence(`${name} ${kind}`, state, outcome), { dir, kind: kind as Kind, state, outcome }] as const)))

describe('every chunk in every state', () => {
  test('is tried', () => {
    expect(cases.length).toBe(2 * (11 + 2) * 9)
  })

  test.each(cases)('%s', (_, { dir, kind, state, outcome }) => {
    const stage = connectionIn(state)
    const said = send(stage, dir, kind)
    if (outcome === 'invalid') {
      const [old, type] = [SCTP_STATES.indexOf(state), CHUNKS[kind](0)[0]!]
      expect(said).toEqual({ verdict: 'INVALID', reason: `nf_ct_proto_132: Invalid, old_state ${old}, dir ${dir}, type ${type}` })
      expect(stage.state).toBe(state)
      expect(stage.timeout).toBe(1000)
      return
    }
    expect(said).toEqual({ verdict: dir === REPLY ? 'ESTABLISHED reply' : 'ESTABLISHED', reason: '' })
    expect(`→ ${stage.state ?? ''}`).toBe(outcome)
    // A repeated INIT does not keep a closed entry alive; all else does.
    const isRepeated = kind === 'init' && state === 'CLOSED'
    expect(stage.timeout).toBe(isRepeated ? 1000 : TIMEOUTS[stage.state ?? ''])
  })
})

describe('every chunk where nothing is', () => {
  const NEVER_FIRST: readonly string[] = ['abort', 'shutdown_comp', 'cookie_ack', 'data', 'sack']

  test.each(Object.keys(ORIGINAL_OUTCOMES).filter((kind) => NEVER_FIRST.includes(kind)))('%s opens nothing', (kind) => {
    const stage = new Stage()
    expect(send(stage, ORIGINAL, kind as Kind, 0)).toEqual({ verdict: 'INVALID', reason: '' })
    expect(stage.table()).toEqual([])
  })

  const openers = Object.entries(ORIGINAL_OUTCOMES).filter(([kind]) => !NEVER_FIRST.includes(kind))

  test.each(openers)('%s opens a connection: %s', (kind, text) => {
    const stage = new Stage()
    expect(send(stage, ORIGINAL, kind as Kind, 0)).toEqual({ verdict: 'NEW', reason: '' })
    expect(`→ ${stage.state ?? ''}`).toBe(parseOutcomes(text, SCTP_STATES).get('NONE'))
  })
})

/** A connection in a state, answered, both tags known; it has a thousand seconds left. */
function connectionIn(state: string): Stage {
  const stage = new Stage()
  stage.push(packetOf(ORIGINAL, 0, 'init'))
  const conn = stage.connection
  const words = new SctpWords().at(conn)
  words.state = SCTP_STATES.findIndex((name) => name === state)
  words.setTag(ORIGINAL, TAGS[ORIGINAL]!)
  words.setTag(REPLY, TAGS[REPLY]!)
  conn.status |= 2 // IPS_SEEN_REPLY
  stage.engine.table.setTimeout(conn, 1_000_000)
  return stage
}

function send(stage: Stage, dir: number, kind: Kind, tag = kind === 'init' ? 0 : TAGS[dir]!): Outcome {
  return stage.push(packetOf(dir, tag, kind))
}

/** A packet with one chunk. */
function packetOf(dir: number, tag: number, kind: Kind): Uint8Array {
  const one = CHUNKS[kind](TAGS[1 - dir]!)
  return dir === ORIGINAL ? ip('10.0.0.1', '10.0.0.2', sctp({ sport: 1000, dport: 2000, tag }, one))
    : ip('10.0.0.2', '10.0.0.1', sctp({ sport: 2000, dport: 1000, tag }, one))
}
