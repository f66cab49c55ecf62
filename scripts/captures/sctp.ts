// SCTP: every chunk in every state that packets can lead to, with right and wrong tags; packets of several chunks; chunks that
// are cut or lie about their length; heartbeats, restarts and crossing INITs; associations that do anything.

import { sixteen } from '../../test/support/ip-packets.ts'
import { chunk, sctp, SCTP, sctpData, sctpInit, sctpSack, type Transport } from '../lib/packets.ts'
import { Capture } from './capture.ts'
import { Chance, Flow, ORIGINAL, REPLY } from './flow.ts'

const T_BIT = 1
/** What the client and the server ask the other to use: packets of the original direction carry the second. */
const CLIENT_TAG = 0x0a0b0c0d
const SERVER_TAG = 0x01020304

const TYPES = [
  ...Object.values(SCTP), 12, 64, 193, // ECNE, and two that the tracker does not know
]

class Association extends Flow {
  /** What packets of each direction carry. */
  readonly tags: [number, number] = [SERVER_TAG, CLIENT_TAG]

  say(dir: number, ...chunks: readonly Uint8Array[]): this {
    return this.sayWith(chunks[0]?.[0] === SCTP.init ? 0 : this.tags[dir]!, dir, ...chunks)
  }

  sayWith(tag: number, dir: number, ...chunks: readonly Uint8Array[]): this {
    return this.send(dir, packet(dir, tag, ...chunks))
  }

  chunk(type: number, dir: number, flags = 0): Uint8Array {
    return type === SCTP.init || type === SCTP.initAck ? sctpInit(this.tags[1 - dir]!, 1, type) : chunkOf(type, flags)
  }

  /** Brings a new association into a state. */
  enter(state: State): this {
    for (const [dir, type] of STATES[state]) this.say(dir, this.chunk(type, dir))
    return this
  }
}

function packet(dir: number, tag: number, ...chunks: readonly Uint8Array[]): Transport {
  return sctp(dir === ORIGINAL ? { sport: 40_000, dport: 3868, tag } : { sport: 3868, dport: 40_000, tag }, ...chunks)
}

function chunkOf(type: number, flags = 0): Uint8Array {
  switch (type) {
    case SCTP.data: return sctpData(1, [1, 2, 3])
    case SCTP.sack: return sctpSack(1)
    case SCTP.shutdown: return chunk(type, [0, 0, 0, 1], flags)
    case SCTP.cookieEcho: return chunk(type, [1, 2, 3, 4, 5], flags)
    case SCTP.heartbeat:
    case SCTP.heartbeatAck: return chunk(type, [0, 1, 0, 8, 1, 2, 3, 4], flags)
    default: return chunk(type, [], flags)
  }
}

/** What leads to each state: direction and chunk. */
const BEGIN = [[ORIGINAL, SCTP.init], [REPLY, SCTP.initAck]] as const
const OPEN = [...BEGIN, [ORIGINAL, SCTP.cookieEcho], [REPLY, SCTP.cookieAck]] as const
const STATES = {
  NONE: [],
  'CLOSED, one tag known': [[ORIGINAL, SCTP.init]],
  CLOSED: [...BEGIN, [ORIGINAL, SCTP.abort]],
  COOKIE_WAIT: BEGIN,
  COOKIE_ECHOED: [...BEGIN, [ORIGINAL, SCTP.cookieEcho]],
  ESTABLISHED: OPEN,
  SHUTDOWN_SENT: [...OPEN, [ORIGINAL, SCTP.shutdown]],
  SHUTDOWN_RECD: [...OPEN, [REPLY, SCTP.shutdown]],
  SHUTDOWN_ACK_SENT: [...OPEN, [ORIGINAL, SCTP.shutdown], [REPLY, SCTP.shutdownAck]],
  HEARTBEAT_SENT: [[ORIGINAL, SCTP.heartbeat]],
} as const satisfies Record<string, readonly (readonly [dir: number, type: number])[]>
type State = keyof typeof STATES

/** Each chunk, each direction, each state; the tag right, wrong, or the other side's with the T bit. */
function addCells(capture: Capture): void {
  let number = 0
  for (const state of Object.keys(STATES) as State[]) {
    for (const dir of state === 'NONE' ? [ORIGINAL] : [ORIGINAL, REPLY]) {
      for (const type of TYPES) {
        const start = (what: string): Association => {
          capture.note(`${dir === ORIGINAL ? 'original' : 'reply'} chunk ${String(type)} in ${state}, ${what}`).wait(1)
          return new Association(capture, ++number).enter(state)
        }
        const right = start('right tag')
        right.say(dir, right.chunk(type, dir))
        const wrong = start('wrong tag')
        wrong.sayWith(0x99999999, dir, wrong.chunk(type, dir))
        if (type !== SCTP.abort && type !== SCTP.shutdownComplete) continue
        for (const tag of [CLIENT_TAG, SERVER_TAG, 0]) {
          const other = start(`T bit, tag ${String(tag)}`)
          other.sayWith(tag, dir, other.chunk(type, dir, T_BIT))
        }
      }
    }
  }
}

/** Every two chunks in one packet, where nothing is and in an open association. */
function addPairs(capture: Capture): void {
  let number = 0x1000
  for (const state of ['NONE', 'ESTABLISHED'] as const) {
    for (const first of TYPES) {
      for (const second of TYPES) {
        capture.note(`chunks ${String(first)} and ${String(second)} in ${state}`).wait(1)
        const association = new Association(capture, ++number).enter(state)
        association.say(ORIGINAL, association.chunk(first, ORIGINAL), association.chunk(second, ORIGINAL))
      }
    }
  }
}

/** Lengths that are wrong, and packets that end too early. */
function addLengths(capture: Capture): void {
  let number = 0x2000
  const attempt = (what: string, state: State, make: (association: Association) => readonly Uint8Array[]): void => {
    capture.note(`${what}, in ${state}`).wait(1)
    const association = new Association(capture, ++number, number % 2 === 0).enter(state)
    association.say(ORIGINAL, ...make(association))
  }
  for (const state of ['NONE', 'ESTABLISHED'] as const) {
    for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 9, 19, 20, 21, 255, 65_535]) {
      for (const type of [SCTP.data, SCTP.init, SCTP.heartbeat, SCTP.shutdown]) {
        const lie = (association: Association): Uint8Array => {
          const lying = association.chunk(type, ORIGINAL)
          lying.set(sixteen(length), 2)
          return lying
        }
        attempt(`chunk ${String(type)} of length ${String(length)}`, state, (association) => [lie(association)])
        attempt(`chunk ${String(type)} of length ${String(length)} and a SACK`, state, (association) => [lie(association), sctpSack(1)])
      }
    }
    for (const type of [SCTP.init, SCTP.initAck, SCTP.heartbeat]) {
      const whole = new Association(capture, 0).chunk(type, ORIGINAL)
      for (let left = 0; left < whole.length; left++) {
        attempt(`${String(left)} bytes of chunk ${String(type)}`, state, () => [whole.subarray(0, left)])
      }
    }
    for (let left = 0; left < 4; left++) {
      attempt(`a SHUTDOWN and ${String(left)} bytes more`, state, () => [chunkOf(SCTP.shutdown), new Uint8Array(left).fill(1)])
    }
  }
  for (let left = 0; left < 13; left++) {
    capture.note(`${String(left)} bytes of the header`).wait(1)
    const { protocol, bytes } = packet(ORIGINAL, 0, sctpInit(1, 1))
    new Association(capture, ++number).send(ORIGINAL, { protocol, bytes: bytes.subarray(0, left) })
  }
}

/** Stories of more than one packet. */
function addStories(capture: Capture): void {
  let number = 0x3000
  const story = (what: string, state: State = 'NONE'): Association => {
    capture.note(what).wait(1)
    return new Association(capture, ++number).enter(state)
  }
  const OTHER = 0x55555555
  const beat = chunkOf(SCTP.heartbeat)
  const answer = chunkOf(SCTP.heartbeatAck)

  story('an association, start to end', 'ESTABLISHED').say(ORIGINAL, sctpData(1, [1])).say(REPLY, sctpSack(1))
    .say(ORIGINAL, chunkOf(SCTP.shutdown)).say(REPLY, chunkOf(SCTP.shutdownAck)).say(ORIGINAL, chunkOf(SCTP.shutdownComplete))
  story('another path: heartbeat and answer').sayWith(SERVER_TAG, ORIGINAL, beat).sayWith(CLIENT_TAG, REPLY, answer)
    .say(ORIGINAL, sctpData(1, [1])).say(REPLY, sctpSack(1))
  story('another path: heartbeats of both').say(ORIGINAL, beat).say(REPLY, beat).say(ORIGINAL, answer).say(REPLY, answer)
  story('heartbeat with tag 0, then another').sayWith(0, ORIGINAL, beat).sayWith(OTHER, ORIGINAL, beat).say(REPLY, answer)
  story('heartbeat with a new tag, answered with a new tag', 'ESTABLISHED').sayWith(OTHER, ORIGINAL, beat).sayWith(OTHER, REPLY, answer)
    .sayWith(OTHER, REPLY, sctpSack(1)).sayWith(SERVER_TAG, ORIGINAL, sctpSack(1)).sayWith(OTHER, ORIGINAL, beat)
  story('heartbeat with a new tag, answered with the old', 'ESTABLISHED').sayWith(OTHER, ORIGINAL, beat).say(REPLY, answer)
    .sayWith(OTHER, REPLY, answer)
  story('heartbeat with a new tag, then with the old', 'ESTABLISHED').sayWith(OTHER, ORIGINAL, beat).say(ORIGINAL, beat)
    .sayWith(OTHER, REPLY, answer)
  story('new tags both in the same direction', 'ESTABLISHED').sayWith(OTHER, ORIGINAL, beat).sayWith(OTHER, ORIGINAL, answer)
  story('heartbeat with a new tag and DATA', 'ESTABLISHED').sayWith(OTHER, ORIGINAL, beat, sctpData(1, [1])).say(REPLY, answer)
  story('two heartbeats with a new tag', 'ESTABLISHED').sayWith(OTHER, ORIGINAL, beat, beat)
  story('heartbeat and its answer with a new tag', 'ESTABLISHED').sayWith(OTHER, ORIGINAL, beat, answer)
  story('heartbeat with a new tag and an ABORT', 'ESTABLISHED').sayWith(OTHER, ORIGINAL, beat, chunkOf(SCTP.abort))
  story('SHUTDOWN, then an ABORT with a wrong T bit in the same packet', 'ESTABLISHED')
    .say(ORIGINAL, chunkOf(SCTP.shutdown), chunkOf(SCTP.abort, T_BIT)).say(REPLY, sctpSack(1))
  story('INIT twice').say(ORIGINAL, sctpInit(CLIENT_TAG, 1)).say(ORIGINAL, sctpInit(CLIENT_TAG, 1))
  story('INIT again with another tag, each answered').say(ORIGINAL, sctpInit(CLIENT_TAG, 1)).say(ORIGINAL, sctpInit(OTHER, 1))
    .sayWith(OTHER, REPLY, sctpInit(SERVER_TAG, 1, SCTP.initAck)).say(ORIGINAL, chunkOf(SCTP.cookieEcho))
    .sayWith(OTHER, REPLY, chunkOf(SCTP.cookieAck))
  for (const ackTag of [SERVER_TAG, OTHER]) {
    story(`crossing INITs, INIT ACK with tag ${String(ackTag)}`).say(ORIGINAL, sctpInit(CLIENT_TAG, 1)).say(REPLY, sctpInit(SERVER_TAG, 1))
      .say(REPLY, sctpInit(ackTag, 1, SCTP.initAck)).say(ORIGINAL, sctpInit(CLIENT_TAG, 1, SCTP.initAck))
      .sayWith(ackTag, ORIGINAL, chunkOf(SCTP.cookieEcho)).say(REPLY, chunkOf(SCTP.cookieAck))
    story(`INIT ACK again with tag ${String(ackTag)}`, 'COOKIE_WAIT').say(REPLY, sctpInit(ackTag, 1, SCTP.initAck))
    story(`INIT ACK with tag ${String(ackTag)} when open`, 'ESTABLISHED').say(REPLY, sctpInit(ackTag, 1, SCTP.initAck))
    story(`INIT of the server with tag ${String(ackTag)} when open, answered`, 'ESTABLISHED').say(REPLY, sctpInit(ackTag, 1))
      .sayWith(ackTag, ORIGINAL, sctpInit(OTHER, 1, SCTP.initAck)).sayWith(OTHER, REPLY, chunkOf(SCTP.cookieEcho))
      .sayWith(ackTag, ORIGINAL, chunkOf(SCTP.cookieAck))
    story(`restart with tag ${String(ackTag)}`, 'ESTABLISHED').say(ORIGINAL, sctpInit(ackTag, 1))
      .sayWith(ackTag, REPLY, sctpInit(OTHER, 1, SCTP.initAck)).sayWith(OTHER, ORIGINAL, chunkOf(SCTP.cookieEcho))
      .sayWith(ackTag, REPLY, chunkOf(SCTP.cookieAck)).sayWith(OTHER, ORIGINAL, sctpSack(1))
    story(`INITs of both after the end, tag ${String(ackTag)}`, 'CLOSED').say(REPLY, sctpInit(ackTag, 1)).say(ORIGINAL, sctpInit(OTHER, 1))
      .sayWith(OTHER, REPLY, sctpInit(ackTag, 1, SCTP.initAck)).sayWith(ackTag, ORIGINAL, sctpInit(OTHER, 1, SCTP.initAck))
      .sayWith(ackTag, ORIGINAL, chunkOf(SCTP.cookieEcho)).sayWith(OTHER, REPLY, chunkOf(SCTP.cookieAck))
  }
}

/** Associations that do anything, among them what is right. Time goes by, so that entries die too. */
function addWalks(capture: Capture, chance: Chance): void {
  const associations = Array.from({ length: 24 }, (_, i) => new Association(capture, 0x4000 + i, i % 3 === 0))
  capture.note('anything')
  for (let i = 0; i < 1200; i++) {
    const association = chance.of(associations as [Association, ...Association[]])
    const dir = chance.below(2)
    const chunks = Array.from({ length: chance.percent(80) ? 1 : chance.below(4) }, () => {
      const type = chance.of(TYPES as [number, ...number[]])
      if ((type === SCTP.init || type === SCTP.initAck) && chance.percent(20)) association.tags[1 - dir] = chance.below(2 ** 32)
      const made = association.chunk(type, dir, chance.percent(10) ? T_BIT : 0)
      if (chance.percent(2)) made.set(sixteen(chance.below(24)), 2)
      return made
    })
    const tag = chance.percent(85) ? (chunks[0]?.[0] === SCTP.init ? 0 : association.tags[dir]!)
      : chance.of([association.tags[1 - dir]!, 0, chance.below(2 ** 32)])
    association.sayWith(tag, dir, ...chunks)
    capture.wait(chance.percent(70) ? chance.below(20) : chance.below(400))
  }
}

/** By name of their folder. */
export function makeCaptures(): Record<string, Capture> {
  const cells = new Capture()
  addCells(cells)
  const chunks = new Capture()
  for (const add of [addPairs, addLengths, addStories]) add(chunks)
  const walks = new Capture()
  addWalks(walks, new Chance(132))
  return { 'sctp-cells': cells, 'sctp-chunks': chunks, 'sctp-walks': walks }
}
