// GRE: with and without the keys that PPTP gives it, unanswered, answered and again; headers of every form; quoted in errors.

import { concat } from '../../test/support/ip-packets.ts'
import { gre, icmp, ip, pptpGre, type Transport } from '../lib/packets.ts'
import { Capture } from './capture.ts'
import { Flow, ORIGINAL, REPLY } from './flow.ts'

function addFlows(capture: Capture): void {
  const forms: readonly (readonly [what: string, there: Transport, back: Transport])[] = [
    ['plain', gre({ payload: [1, 2, 3] }), gre({ payload: [4] })],
    ['with a key', gre({ key: 7 }), gre({ key: 9 })],
    ['PPTP, one call id', pptpGre({ callId: 5, seq: 1 }), pptpGre({ callId: 5, seq: 1 })],
    ['PPTP, two call ids', pptpGre({ callId: 5, seq: 1 }), pptpGre({ callId: 6, seq: 1 })],
    ['PPTP, answered by plain', pptpGre({ callId: 5, seq: 1 }), gre()],
    ['PPTP, call id 0', pptpGre({ callId: 0, ack: 1 }), pptpGre({ callId: 0, ack: 1 })],
  ]
  forms.forEach(([what, there, back], at) => {
    for (const isIpv6 of [false, true]) {
      capture.note(`${what}, IPv${isIpv6 ? '6' : '4'}`).wait(1)
      new Flow(capture, at + 1, isIpv6).send(ORIGINAL, there).send(REPLY, back).send(ORIGINAL, there).send(REPLY, back)
      capture.note(`${what}, unanswered, IPv${isIpv6 ? '6' : '4'}`)
      new Flow(capture, 0x100 + at, isIpv6).send(ORIGINAL, there).send(ORIGINAL, there)
    }
  })
}

function addHeaders(capture: Capture): void {
  let number = 0x1000
  const attempt = (what: string, bytes: readonly number[]): void => {
    capture.note(what).wait(1)
    new Flow(capture, ++number, number % 2 === 0).send(ORIGINAL, { protocol: 47, bytes: concat(bytes) })
  }
  for (let version = 0; version < 8; version++) {
    for (const ethertype of [[0x88, 0x0b], [0x08, 0x00]] as const) {
      for (const flags of [0x00, 0x20, 0xb0]) {
        attempt(`version ${String(version)}, type ${ethertype.join(' ')}, flags ${String(flags)}`,
          [flags, version | 0x80, ...ethertype, 0, 1, 0, 5, 9, 9])
      }
    }
  }
  const whole = [...pptpGre({ callId: 5, seq: 1, payload: [1] }).bytes]
  for (let left = 0; left <= whole.length; left++) attempt(`PPTP, ${String(left)} bytes`, whole.slice(0, left))
  const other = [0x20, 0x01, 0x08, 0x00, 0, 1, 0, 5]
  for (let left = 0; left <= other.length; left++) attempt(`version 1 with IPv4, ${String(left)} bytes`, other.slice(0, left))
}

/** Errors that quote GRE, as much of it as routers quote. */
function addErrors(capture: Capture): void {
  const there = pptpGre({ callId: 5, seq: 1, payload: [1, 2, 3] })
  for (const left of [0, 4, 7, 8, 12]) {
    const flow = new Flow(capture, 0x2000 + left)
    const packet = flow.packet(ORIGINAL, there)
    capture.note(`an error that quotes ${String(left)} bytes of PPTP's GRE`).wait(1).add(packet)
    const source = `10.1.32.${String(left)}`
    capture.add(ip('10.2.99.99', source, icmp(3, 2, 0, packet.subarray(0, 20 + left))))
  }
}

/** By name of their folder. */
export function makeCaptures(): Record<string, Capture> {
  const capture = new Capture()
  for (const add of [addFlows, addHeaders, addErrors]) add(capture)
  return { gre: capture }
}
