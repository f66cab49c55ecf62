// Conversations that helpers read: well-formed, split, cut, damaged. One capture a helper, the first of its kind that
// scripts/helpers/fuzz.ts would make; and what that has found.

import { concat, sixteen } from '../../test/support/ip-packets.ts'
import { makeCapture, NAMES } from '../helpers/conversations.ts'
import { Talk, type Way } from '../helpers/talk.ts'
import { Capture } from './capture.ts'

const SEED = 2026
const TALKS = 12

export function makeCaptures(): Record<string, Capture> {
  const random = Object.fromEntries(NAMES.map((name) => [`helpers/${name}`, makeCapture(SEED, TALKS, [name])]))
  return { ...random, 'helpers/pptp-expiry': pptpExpiry() }
}

/** A tunnel ends when its control connection expires, in the midst of a second, and not before. */
function pptpExpiry(): Capture {
  const capture = new Capture([], ['all'])
  capture.isQuarterly = true
  capture.later = [9.999, 10, 10.5]
  capture.wait(300).note('pptp: a call, its tunnel both ways, a reset')
  const talk = new Talk(capture, { isIpv6: false, client: 1, server: 2, clientPort: 20_000, serverPort: 1723 }, true).open()
  const message = (way: Way, type: number, length: number, fields: readonly number[]): void => {
    const body = new Uint8Array(length)
    body.set(fields)
    talk.say(way, concat(sixteen(12 + length), sixteen(1), [0x1a, 0x2b, 0x3c, 0x4d], sixteen(type), [0, 0], body))
  }
  const [client, server] = [0x1111, 0x2222]
  message('there', 1, 144, [1, 0])
  message('back', 2, 144, [1, 0, 1, 0])
  message('there', 7, 156, sixteen(client))
  message('back', 8, 20, [...sixteen(server), ...sixteen(client), 1])
  talk.tunnel('there', server).tunnel('back', client)
  capture.wait(30)
  talk.tunnel('there', server).reset('back')
  return capture
}
