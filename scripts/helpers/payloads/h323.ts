// H.323: registration with a gatekeeper, calls, channels.

import type { Type } from '../../../src/helpers/h323/notation.ts'
import { h323Types } from '../../../src/helpers/h323/types.ts'
import { concat, sixteen } from '../../../test/support/ip-packets.ts'
import type { Play } from '../play.ts'
import type { Talk, Way } from '../talk.ts'
import { PerWriter } from './per-writer.ts'
import { finish } from './text.ts'

function writerFor(play: Play, way: Way, wanted: readonly string[]): PerWriter {
  const address = (): Uint8Array => {
    const last = play.rarely(6) ? play.number(256) : way === 'there' ? play.client : play.server
    if (!play.isIpv6) return Uint8Array.of(10, 0, 0, last)
    const bytes = new Uint8Array(16)
    bytes.set([0x20, 0x01, 0x0d, 0xb8])
    bytes[15] = last
    return bytes
  }
  return new PerWriter(play, address, new Set([...wanted, play.isIpv6 ? 'ip6' : 'ip4', 'unicast', 'h2250', 'local']))
}

function typeOf(name: string): Type {
  const type = h323Types().get(name)
  if (type === undefined) throw new Error(`no type ${name}`)
  return type
}

const tpkt = (play: Play, message: Uint8Array): Uint8Array =>
  concat([3, play.rarely(30) ? 1 : 0], sixteen(message.length + 4 + (play.rarely(30) ? 1 : 0)), message)

export function ras(play: Play): void {
  play.longest = 20_000
  const talk = play.talk(1719, false)
  const messages = [
    'registrationRequest', 'registrationConfirm', 'admissionConfirm', 'gatekeeperConfirm', 'locationConfirm', 'unregistrationRequest',
  ]
  for (let turn = 2 + play.number(6); turn > 0; turn--) {
    const name = play.rarely(2) ? play.pick(messages) : turn % 2 === 0 ? 'registrationRequest' : 'registrationConfirm'
    const way = name.endsWith('Request') === play.rarely(6) ? 'back' : 'there'
    const writer = writerFor(play, way, [name])
    play.say(talk, way, writer.write(typeOf('RasMessage')))
    for (const port of writer.ports) play.visit({ isTcp: !play.rarely(6), port, way: way === 'there' ? 'back' : 'there' })
  }
}

export function q931(play: Play): void {
  const talk = play.talk(1720, true).open()
  const messages = ['setup', 'callProceeding', 'connect', 'alerting', 'facility', 'progress']
  for (let turn = 2 + play.number(4); turn > 0; turn--) {
    const way = play.pick(['there', 'back'] as const)
    const writer = writerFor(play, way, [play.pick(messages), 'request', 'openLogicalChannel', 'data', 't120'])
    const message = writer.write(typeOf('UserInformation'))
    const element = concat([0x7e], sixteen(message.length + 1), [5], message)
    const before = play.pick([[], [], [0x28, 3, 65, 66, 67], [0x04, 1, 0x88]])
    const whole = concat([8, 2, 0, 1, play.pick([5, 1, 7, 2, 98])], play.rarely(10) ? [0x96] : [], before, element)
    sayTpkt(play, talk, way, whole)
    visitAll(play, way, writer.ports)
  }
  finish(play, talk)
}

/** Comes to what was announced, from the other side. */
function visitAll(play: Play, way: Way, ports: readonly number[]): void {
  for (const port of ports.slice(0, 4)) {
    play.visit({ isTcp: play.rarely(3), port: play.rarely(3) ? port ^ 1 : port, way: way === 'there' ? 'back' : 'there' })
  }
}

/** A message behind its header; sometimes the header comes alone, or two come together. */
function sayTpkt(play: Play, talk: Talk, way: Way, message: Uint8Array): void {
  if (message.length > 1400) return
  const whole = tpkt(play, message)
  if (play.rarely(8)) {
    play.say(talk, way, whole.subarray(0, 4))
    if (play.rarely(4)) talk.acknowledge(way)
    play.say(talk, way, whole.subarray(4))
  } else {
    play.say(talk, way, play.rarely(8) ? concat(whole, whole) : whole)
  }
}

/** A control channel that a call promised: the call announces its port in a field of its own. */
export function h245(play: Play): void {
  const call = play.talk(1720, true).open()
  const port = 1024 + play.number(60_000)
  const address = play.isIpv6 ? [0x18, 0x20, 0x01, 0x0d, 0xb8, ...new Array<number>(11).fill(0), play.server] : [0, 10, 0, 0, play.server]
  // An Alerting with nothing but an endpoint and the address of its control channel.
  const body = [0x03, 0x40, 0x06, 0, 8, 0x91, 0x4a, 0, 2, 0, ...address, ...sixteen(port)]
  play.say(call, 'back', tpkt(play, concat([8, 2, 0, 1, 1, 0x7e], sixteen(body.length + 1), [5], body)))
  const control = play.talk(port, true).open()
  for (let turn = 3 + play.number(6); turn > 0; turn--) {
    const way = play.pick(['there', 'back'] as const)
    const writer = writerFor(play, way, [play.pick(['request', 'response']), 'openLogicalChannel', 'openLogicalChannelAck', 'data', 't120'])
    sayTpkt(play, control, way, writer.write(typeOf('ControlMessage')))
    visitAll(play, way, writer.ports)
  }
  finish(play, control)
}
