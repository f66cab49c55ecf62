// DNS messages of one question and, in an answer, one address (RFC 1035).

import { concat, sixteen } from '../../test/support/ip-packets.ts'
import { address, text, thirtyTwo } from './packets.ts'

const RECURSION_DESIRED = 0x0100
const ANSWER = 0x8180
const TYPE_A = 1
const TYPE_AAAA = 28
const CLASS_IN = 1

export function dnsQuery(id: number, name: string, type = TYPE_A): Uint8Array {
  return concat(sixteen(id), sixteen(RECURSION_DESIRED), sixteen(1), [0, 0, 0, 0, 0, 0], question(name, type))
}

/** @param found  the address; its form decides the question's type */
export function dnsAnswer(id: number, name: string, found: string): Uint8Array {
  const data = address(found)
  const type = data.length === 16 ? TYPE_AAAA : TYPE_A
  return concat(sixteen(id), sixteen(ANSWER), sixteen(1), sixteen(1), [0, 0, 0, 0], question(name, type),
    [0xc0, 12], sixteen(type), sixteen(CLASS_IN), thirtyTwo(300), sixteen(data.length), data)
}

function question(name: string, type: number): Uint8Array {
  return concat(...name.split('.').map((label) => concat([label.length], text(label))), [0], sixteen(type), sixteen(CLASS_IN))
}
