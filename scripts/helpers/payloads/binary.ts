// TFTP, SANE, PPTP: helpers that read fixed fields.

import { concat, sixteen } from '../../../test/support/ip-packets.ts'
import { bytesOf, type Play } from '../play.ts'
import { finish } from './text.ts'

const word = (n: number): number[] => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]

export function tftp(play: Play): void {
  play.longest = 20_000
  const talk = play.talk(69, false)
  for (let turn = 1 + play.number(3); turn > 0; turn--) {
    const operation = play.pick([1, 1, 2, 2, 3, 4, 5, 6, 0x0100])
    play.say(talk, play.rarely(6) ? 'back' : 'there', concat(sixteen(operation), bytesOf('file\0octet\0')))
    play.visit({ isTcp: false, port: talk.sides.clientPort, way: 'back' })
  }
}

export function sane(play: Play): void {
  const talk = play.talk(6566, true).open()
  for (let turn = 2 + play.number(4); turn > 0; turn--) {
    const port = play.port()
    play.say(talk, 'there', concat(word(play.pick([7, 7, 7, 0, 3, 10])), word(0), play.rarely(6) ? [0] : []))
    if (play.rarely(6)) play.say(talk, 'there', concat(word(7), word(1)))
    const answer = concat(word(play.rarely(6) ? 5 : 0), sixteen(play.rarely(8) ? 1 : 0), sixteen(port))
    play.say(talk, 'back', concat(answer, play.rarely(3) ? [] : word(0x1234)))
    play.visit({ isTcp: true, port, way: 'there' })
  }
  finish(play, talk)
}

// PPTP's messages: type, and bytes behind the header.
const LENGTHS: Readonly<Record<number, number>> = {
  1: 144, 2: 144, 3: 4, 4: 4, 5: 4, 6: 8, 7: 156, 8: 20, 9: 208, 10: 12, 11: 16, 12: 4, 13: 136, 14: 28, 15: 12,
}

export function pptp(play: Play): void {
  const talk = play.talk(1723, true).open()
  const client = play.number(65_536)
  const server = play.number(65_536)
  const message = (way: 'there' | 'back', type: number, fields: readonly number[]): void => {
    const body = new Uint8Array((LENGTHS[type] ?? 8) + (play.rarely(12) ? play.number(9) - 4 : 0))
    body.set(fields.slice(0, body.length))
    const kind = play.rarely(25) ? 2 : 1
    const cookie = play.rarely(25) ? 0 : 0x1a2b3c4d
    play.say(talk, way, concat(sixteen(12 + body.length), sixteen(kind), word(cookie), sixteen(type), [0, 0], body))
  }
  const result = (): number => play.rarely(8) ? 2 : 1
  const steps = [
    () => { message('there', 1, [1, 0]) },
    () => { message('back', 2, [1, 0, result(), 0]) },
    () => { message('there', 7, sixteen(client)) },
    () => { message('back', 8, [...sixteen(server), ...sixteen(play.rarely(8) ? client + 1 : client), result()]) },
  ]
  if (play.rarely(3)) {
    steps.splice(2, 2,
      () => { message('back', 9, sixteen(server)) },
      () => { message('there', 10, [...sixteen(client), ...sixteen(server), result()]) },
      () => { message('back', 11, sixteen(client)) })
  }
  if (play.rarely(6)) steps.splice(play.number(steps.length), 1)
  for (const step of steps) step()
  const extra = [
    () => { talk.tunnel('there', server) },
    () => { talk.tunnel('back', client) },
    () => { talk.tunnel('there', play.number(65_536)) },
    () => { message('there', 12, sixteen(client)) },
    () => { message('back', 13, sixteen(server)) },
    () => { message('back', 8, [...sixteen(play.rarely(2) ? server : server + 1), ...sixteen(client), 1]) },
    () => { message('there', 7, sixteen(play.rarely(2) ? client : client + 1)) },
    () => { message('there', 3, [1]) },
    () => { message('back', 4, [result()]) },
    () => { message(play.pick(['there', 'back'] as const), play.number(20), [0, 0]) },
    () => { play.pause() },
  ]
  for (let turn = 2 + play.number(8); turn > 0; turn--) play.pick(play.rarely(2) ? extra : extra.slice(0, 3))()
  finish(play, talk)
}
