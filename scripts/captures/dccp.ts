// DCCP: every packet in every state, with the roles as they begin and exchanged; headers of every form; connections that do
// anything.

import { concat } from '../../test/support/ip-packets.ts'
import { DCCP, dccp, type DccpFields, type Transport } from '../lib/packets.ts'
import { Capture } from './capture.ts'
import { Chance, Flow, ORIGINAL, REPLY } from './flow.ts'

const TYPES = Object.values(DCCP)
const RESPONSE_SEQ = 0x00abcdef

function packet(dir: number, fields: DccpFields): Transport {
  return dccp(dir === ORIGINAL ? { sport: 40_000, dport: 5001, ...fields } : { sport: 5001, dport: 40_000, ...fields })
}

/** What leads to each state: who sends what, 0 the client and 1 the server. */
const BEGIN = [[0, DCCP.request], [1, DCCP.response]] as const
const OPEN = [...BEGIN, [0, DCCP.ack], [1, DCCP.data]] as const
const STATES = {
  REQUEST: [[0, DCCP.request]],
  RESPOND: BEGIN,
  PARTOPEN: [...BEGIN, [0, DCCP.ack]],
  OPEN,
  CLOSEREQ: [...OPEN, [1, DCCP.closeReq]],
  CLOSING: [...OPEN, [1, DCCP.close]],
  TIMEWAIT: [...OPEN, [1, DCCP.reset]],
} as const satisfies Record<string, readonly (readonly [role: number, type: number])[]>
type State = keyof typeof STATES

class Talk extends Flow {
  say(dir: number, type: number, fields: Partial<DccpFields> = {}): this {
    return this.send(dir, packet(dir, { type, seq: RESPONSE_SEQ, ack: RESPONSE_SEQ, ...fields }))
  }

  /** Brings a new connection into a state, its client on the side that opens it last. */
  enter(state: State, client: number): this {
    if (client === REPLY) for (const [dir, type] of STATES.TIMEWAIT) this.say(dir, type)
    for (const [role, type] of STATES[state]) this.say(role === 0 ? client : 1 - client, type)
    return this
  }
}

function addCells(capture: Capture): void {
  let number = 0
  for (const type of TYPES) {
    capture.note(`type ${String(type)} where nothing is`).wait(1)
    new Talk(capture, ++number).say(ORIGINAL, type)
  }
  for (const client of [ORIGINAL, REPLY]) {
    for (const state of Object.keys(STATES) as State[]) {
      for (const dir of [ORIGINAL, REPLY]) {
        for (const type of TYPES) {
          const who = `${dir === client ? 'client' : 'server'} (the client's direction is ${String(client)})`
          capture.note(`${who}: type ${String(type)} in ${state}`).wait(1)
          new Talk(capture, ++number).enter(state, client).say(dir, type)
        }
      }
    }
  }
}

/** Acks that fit the Response or do not, and Responses to Requests that were ignored. */
function addStories(capture: Capture): void {
  let number = 0x1000
  const story = (what: string): Talk => {
    capture.note(what).wait(1)
    return new Talk(capture, ++number)
  }
  for (const type of [DCCP.ack, DCCP.dataAck]) {
    for (const ack of [RESPONSE_SEQ, RESPONSE_SEQ + 1, 0]) {
      story(`type ${String(type)} names ${String(ack)}`).enter('RESPOND', ORIGINAL).say(ORIGINAL, type, { ack }).say(REPLY, DCCP.data)
    }
  }
  story('an Ack with short numbers').enter('RESPOND', ORIGINAL)
    .send(ORIGINAL, short(packet(ORIGINAL, { type: DCCP.ack, ack: RESPONSE_SEQ })))
  story('a Response again with another number, and an Ack of it').enter('RESPOND', ORIGINAL).say(REPLY, DCCP.response, { seq: 7 })
    .say(ORIGINAL, DCCP.ack, { ack: 7 })
  for (const state of ['PARTOPEN', 'OPEN', 'CLOSEREQ', 'CLOSING'] as const) {
    story(`ignored Request of the client, answered, in ${state}`).enter(state, ORIGINAL).say(ORIGINAL, DCCP.request)
      .say(REPLY, DCCP.response, { seq: 9 }).say(ORIGINAL, DCCP.ack, { ack: 9 }).say(REPLY, DCCP.data)
    story(`ignored Request of the server, answered, in ${state}`).enter(state, ORIGINAL).say(REPLY, DCCP.request)
      .say(ORIGINAL, DCCP.response, { seq: 9 }).say(REPLY, DCCP.ack, { ack: 9 }).say(ORIGINAL, DCCP.data)
    story(`ignored Request, then a Sync, then the answer, in ${state}`).enter(state, ORIGINAL).say(REPLY, DCCP.request)
      .say(REPLY, DCCP.sync).say(ORIGINAL, DCCP.response)
  }
  story('a Response to a new connection\'s own Request ignored').say(ORIGINAL, DCCP.request).say(ORIGINAL, DCCP.response)
  story('only a Reset answers').say(ORIGINAL, DCCP.request).say(REPLY, DCCP.reset).say(ORIGINAL, DCCP.request)
  story('a Reset of the client, unanswered').say(ORIGINAL, DCCP.request).say(ORIGINAL, DCCP.reset).say(REPLY, DCCP.response)
  story('both open at once').say(ORIGINAL, DCCP.request).say(REPLY, DCCP.request).say(ORIGINAL, DCCP.response).say(REPLY, DCCP.ack)
}

/** A packet with sequence numbers of 24 bits. */
function short({ protocol, bytes }: Transport): Transport {
  const header = bytes.slice(0, 12)
  header[4]! -= 1
  header[8]! &= ~1
  return { protocol, bytes: concat(header, bytes.subarray(16)), checksumAt: 6 }
}

function addHeaders(capture: Capture): void {
  let number = 0x2000
  const attempt = (what: string, transport: Transport): void => {
    for (const state of [null, 'OPEN'] as const) {
      capture.note(`${what}, ${state ?? 'where nothing is'}`).wait(1)
      const talk = new Talk(capture, ++number, number % 2 === 0)
      if (state !== null) talk.enter(state, ORIGINAL)
      talk.send(ORIGINAL, transport)
    }
  }
  const changed = (type: number, at: number, value: number): Transport => {
    const made = packet(ORIGINAL, { type, payload: [1, 2, 3, 4, 5, 6, 7, 8] })
    made.bytes[at] = value
    return made
  }
  for (let type = 0; type < 16; type++) {
    attempt(`type ${String(type)}, long numbers`, changed(DCCP.reset, 8, (type << 1) | 1))
    attempt(`type ${String(type)}, short numbers`, changed(DCCP.reset, 8, type << 1))
    attempt(`type ${String(type)}, reserved bits`, changed(DCCP.reset, 8, 0xe0 | (type << 1) | 1))
  }
  for (const words of [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 255]) attempt(`header of ${String(words)} words`, changed(DCCP.ack, 4, words))
  for (let coverage = 0; coverage < 16; coverage++) attempt(`coverage ${String(coverage)}`, changed(DCCP.ack, 5, 0xa0 | coverage))
  for (const type of TYPES) {
    const { protocol, bytes } = packet(ORIGINAL, { type })
    for (let left = 0; left < bytes.length; left++) {
      const cut = bytes.slice(0, left)
      if (left > 4) cut[4] = 3
      attempt(`${String(left)} bytes of type ${String(type)}`, { protocol, bytes: cut })
    }
  }
}

function addWalks(capture: Capture, chance: Chance): void {
  const talks = Array.from({ length: 20 }, (_, i) => new Talk(capture, 0x3000 + i, i % 3 === 0))
  capture.note('anything')
  for (let i = 0; i < 1200; i++) {
    const talk = chance.of(talks as [Talk, ...Talk[]])
    const dir = chance.below(2)
    const type = chance.percent(30) ? chance.of([DCCP.request, DCCP.response, DCCP.ack]) : chance.of(TYPES as [number, ...number[]])
    const transport = packet(dir, { type, seq: chance.below(3), ack: chance.below(3) })
    talk.send(dir, chance.percent(10) ? short(transport) : transport)
    capture.wait(chance.percent(95) ? chance.below(100) : chance.below(120_000))
  }
}

/** By name of their folder. */
export function makeCaptures(): Record<string, Capture> {
  const cells = new Capture()
  for (const add of [addCells, addStories]) add(cells)
  const headers = new Capture()
  addHeaders(headers)
  const walks = new Capture()
  addWalks(walks, new Chance(33))
  return { 'dccp-cells': cells, 'dccp-headers': headers, 'dccp-walks': walks }
}
