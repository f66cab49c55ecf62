// ICMP and ICMPv6. A message names its type so that one script holds for both: `echo-request`, `port-unreachable about 2`.

import { sixteen } from '../ip-packets.ts'
import type { Words } from './words.ts'
import { field } from './words.ts'

/** Type and code of each message: IPv4's, IPv6's. */
const MESSAGES: Readonly<Record<string, readonly [readonly [number, number], readonly [number, number]]>> = {
  'echo-request': [[8, 0], [128, 0]],
  'echo-reply': [[0, 0], [129, 0]],
  'host-unreachable': [[3, 1], [1, 3]],
  'port-unreachable': [[3, 3], [1, 4]],
  'too-big': [[3, 4], [2, 0]],
  'time-exceeded': [[11, 0], [3, 0]],
  'parameter-problem': [[12, 0], [4, 0]],
  redirect: [[5, 1], [137, 0]],
  'information-request': [[15, 0], [139, 0]],
  'information-reply': [[16, 0], [140, 0]],
}

export interface IcmpSpec {
  readonly protocol: 'icmp'
  /** A name of MESSAGES, or `TYPE/CODE`. */
  readonly message: string
  /** Default: the flow's. */
  readonly id?: number
  readonly seq?: number
  /** Bytes behind the header. */
  readonly length?: number
  /** The packet it quotes: number of the step, from 1. */
  readonly about?: number
  /** How many bytes of that it quotes. Default: its IP header and 8 more. */
  readonly quote?: number
  /** Last byte of the addresses, where they are not those of who got the quoted packet and of who sent it. */
  readonly from?: number
  readonly to?: number
}

export function parseIcmp(words: Words): IcmpSpec {
  const message = words.take('message')
  if (MESSAGES[message] === undefined && !/^\d+\/\d+$/.test(message)) throw words.error(`"${message}" is no ICMP message`)
  const spec: Record<string, unknown> = { protocol: 'icmp', message }
  for (const name of ['id', 'seq', 'length', 'about', 'quote', 'from', 'to']) {
    const value = words.field(name)
    if (value !== undefined) spec[name] = value
  }
  return spec as unknown as IcmpSpec
}

export function printIcmp({ message, id, seq, length, about, quote, from, to }: IcmpSpec): string {
  return message + field('id', id) + field('seq', seq) + field('length', length) + field('about', about) + field('quote', quote) +
    field('from', from) + field('to', to)
}

/**
 * @param flowId  the flow's identifier
 * @param quoted  the packet it is about
 */
export function icmpBytes(spec: IcmpSpec, isIpv6: boolean, flowId: number, quoted: Uint8Array): Uint8Array {
  const [type, code] = MESSAGES[spec.message]?.[isIpv6 ? 1 : 0] ?? spec.message.split('/').map(Number) as [number, number]
  const redirect6 = isIpv6 && type === 137 ? redirectBytes(quoted.length) : new Uint8Array(0)
  const bytes = new Uint8Array(8 + redirect6.length + quoted.length + (spec.length ?? 0))
  bytes.set([type, code])
  if (spec.about === undefined) bytes.set([...sixteen(spec.id ?? flowId), ...sixteen(spec.seq ?? 1)], 4)
  bytes.set(redirect6, 8)
  bytes.set(quoted, 8 + redirect6.length)
  return bytes
}

/** RFC 4861 section 4.5: target and destination, then the option that holds the packet. */
function redirectBytes(quoted: number): Uint8Array {
  const bytes = new Uint8Array(40)
  bytes.set([4, Math.ceil((quoted + 8) / 8)], 32)
  return bytes
}
