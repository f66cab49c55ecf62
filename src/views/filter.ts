// Which entries are wanted: the filters of conntrack(8), as a test on rows.

import { type AddressWords, parseIpv4, parseIpv6 } from '../base/address.ts'
import { UsageError } from '../base/errors.ts'
import type { Row } from './row.ts'
import { protocolNumber } from './snapshot.ts'

/** What is asked for, as it was written; what is absent fits all. */
export interface FilterTexts {
  /** `ipv4` or `ipv6` */
  readonly family?: string | undefined
  /** `tcp`, `udp`, … or a number */
  readonly protocol?: string | undefined
  /** An address, or a network as `10.0.0.0/8` or `10.0.0.0/255.0.0.0`; of the original direction. */
  readonly source?: string | undefined
  readonly destination?: string | undefined
  /** The same of the reply direction. */
  readonly replySource?: string | undefined
  readonly replyDestination?: string | undefined
  /** Ports of the original direction. */
  readonly sourcePort?: string | undefined
  readonly destinationPort?: string | undefined
  /** `ESTABLISHED`, `TIME_WAIT`, … */
  readonly state?: string | undefined
  /** `ASSURED`, `SEEN_REPLY`, `UNREPLIED`: all of a list with commas must hold. */
  readonly status?: string | undefined
}

type Test = (row: Row) => boolean

/** Reads filters. @returns undefined when there are none; @throws UsageError */
export function rowFilter(texts: FilterTexts): Test | undefined {
  const { family, protocol, state } = texts
  const tests: Test[] = []
  if (family !== undefined) tests.push(ofFamily(family))
  if (protocol !== undefined) {
    const number = protocolNumber(protocol)
    if (number === null) throw new UsageError(`unknown protocol ${protocol}`)
    tests.push((row) => row.l4num === number)
  }
  addNetwork(tests, texts.source, (row) => row.original.source)
  addNetwork(tests, texts.destination, (row) => row.original.destination)
  addNetwork(tests, texts.replySource, (row) => row.reply.source)
  addNetwork(tests, texts.replyDestination, (row) => row.reply.destination)
  addPort(tests, texts.sourcePort, (row) => row.original.sourcePort)
  addPort(tests, texts.destinationPort, (row) => row.original.destinationPort)
  if (state !== undefined) {
    const wanted = state.toUpperCase()
    tests.push((row) => row.state === wanted)
  }
  for (const flag of texts.status?.split(',') ?? []) tests.push(ofStatus(flag))
  return tests.length === 0 ? undefined : (row) => tests.every((test) => test(row))
}

function ofFamily(family: string): Test {
  if (family !== 'ipv4' && family !== 'ipv6') throw new UsageError(`family ${family}: write ipv4 or ipv6`)
  return (row) => row.l3 === family
}

function ofStatus(flag: string): Test {
  switch (flag.toUpperCase()) {
    case 'ASSURED': return (row) => row.assured
    case 'SEEN_REPLY': return (row) => row.seenReply
    case 'UNREPLIED': return (row) => !row.seenReply && row.statusUnknown !== true
    default: throw new UsageError(`status ${flag}: write ASSURED, SEEN_REPLY or UNREPLIED`)
  }
}

function addPort(tests: Test[], text: string | undefined, portOf: (row: Row) => number | undefined): void {
  if (text === undefined) return
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError(`"${text}" is no port`)
  tests.push((row) => portOf(row) === port)
}

function addNetwork(tests: Test[], text: string | undefined, addressOf: (row: Row) => string): void {
  if (text === undefined) return
  const { words, mask, isIpv4 } = parseNetwork(text)
  tests.push((row) => {
    if ((row.l3 === 'ipv4') !== isIpv4) return false
    const address = parseAddress(addressOf(row))
    return address?.every((word, i) => ((word ^ (words[i] ?? 0)) & (mask[i] ?? 0)) === 0) ?? false
  })
}

interface Network {
  readonly words: AddressWords
  readonly mask: AddressWords
  readonly isIpv4: boolean
}

/** Reads `10.0.0.1`, `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `2001:db8::/32`. @throws UsageError */
function parseNetwork(text: string): Network {
  const [address = '', length, ...rest] = text.split('/')
  const words = parseAddress(address)
  const isIpv4 = !address.includes(':')
  const mask = length === undefined ? prefixMask(isIpv4 ? 32 : 128) : parseMask(length, isIpv4)
  if (words === null || mask === null || rest.length > 0) throw new UsageError(`"${text}" is no address or network`)
  return { words, mask, isIpv4 }
}

function parseAddress(text: string): AddressWords | null {
  if (text.includes(':')) return parseIpv6(text)
  const word = parseIpv4(text)
  return word === null ? null : [word, 0, 0, 0]
}

function parseMask(text: string, isIpv4: boolean): AddressWords | null {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= (isIpv4 ? 32 : 128) ? prefixMask(Number(text)) : null
  return text.includes(':') === isIpv4 ? null : parseAddress(text)
}

/** The first `length` bits set. */
function prefixMask(length: number): AddressWords {
  const word = (i: number): number => {
    const bits = Math.max(0, Math.min(32, length - i * 32))
    return bits === 0 ? 0 : -1 << (32 - bits)
  }
  return [word(0), word(1), word(2), word(3)]
}
