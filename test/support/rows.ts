// Random entries for property tests: of every protocol, with all that real tables may say of them.

import fc from 'fast-check'
import { formatIpv4, formatIpv6Full } from '../../src/base/address.ts'
import { selectorOf } from '../../src/views/entries.ts'
import type { Row, RowTuple } from '../../src/views/row.ts'
import { l4Name } from '../../src/views/snapshot.ts'
import { port, word } from './arbitraries.ts'

const TCP = ['NONE', 'SYN_SENT', 'SYN_SENT2', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE']
const STATES: Readonly<Record<number, readonly string[]>> = {
  6: TCP, 33: ['REQUEST', 'RESPOND', 'OPEN', 'TIMEWAIT'], 132: ['CLOSED', 'COOKIE_WAIT', 'ESTABLISHED', 'SHUTDOWN_SENT'],
}
const count = fc.oneof(fc.nat(1000), fc.constantFrom(0, 2 ** 32, 2 ** 53 - 1))
const seconds = fc.oneof(fc.nat(600), fc.constantFrom(0, 432_000, 2 ** 32 - 1))
const name = fc.stringMatching(/^[a-z][a-z0-9_:.]{0,12}$/)

function tuples(isIpv4: boolean, l4num: number): fc.Arbitrary<RowTuple> {
  const address = isIpv4 ? word.map((w) => formatIpv4(w)) : fc.tuple(word, word, word, word).map((words) => formatIpv6Full(...words))
  return fc.record({ source: address, destination: address, a: port, b: port, type: fc.nat(255), code: fc.nat(255) })
    .map(({ source, destination, a, b, type, code }) => {
      switch (selectorOf(l4num)) {
        case 'ports': return { source, destination, sourcePort: a, destinationPort: b }
        case 'icmp': return { source, destination, type, code, id: a }
        case 'keys': return { source, destination, sourceKey: a, destinationKey: b }
        case null: return { source, destination }
      }
    })
}

/** Any entry that a table of a capture, or of a machine, may hold. */
export const rows: fc.Arbitrary<Row> = fc.tuple(fc.boolean(), fc.constantFrom(6, 17, 1, 58, 132, 33, 136, 47, 50, 4, 255))
  .chain(([isIpv4, l4num]) => fc.record({
    base: fc.record({
      timeout: fc.option(seconds), state: fc.constantFrom(...STATES[l4num] ?? [null]),
      original: tuples(isIpv4, l4num), reply: tuples(isIpv4, l4num),
      seenReply: fc.boolean(), assured: fc.boolean(), mark: fc.oneof(fc.constant(0), fc.nat(2 ** 32 - 1)),
      zone: fc.oneof(fc.constant(0), port), age: fc.option(seconds), use: fc.integer({ min: 1, max: 5 }),
    }),
    counters: fc.option(fc.tuple(count, count, count, count)),
    more: fc.record({
      offload: fc.constantFrom('OFFLOAD' as const, 'HW_OFFLOAD' as const),
      zoneDirection: fc.constantFrom('original' as const, 'reply' as const),
      secctx: name, helper: name, labels: name, id: fc.nat(2 ** 32 - 1),
    }, { requiredKeys: [] }),
    greTimeouts: fc.record({ unreplied: seconds, stream: seconds }),
  }).map(({ base, counters, more, greTimeouts }): Row => ({
    l3: isIpv4 ? 'ipv4' : 'ipv6', l3num: isIpv4 ? 2 : 10, l4: l4Name(l4num), l4num, ...base, ...more,
    originalCounters: counters === null ? null : { packets: counters[0], bytes: counters[1] },
    replyCounters: counters === null ? null : { packets: counters[2], bytes: counters[3] },
    ...(l4num === 47 ? { greTimeouts } : {}),
    // An offloaded entry shows neither its timeout nor that it is assured; a zone of none has no direction.
    ...(more.offload === undefined ? {} : { assured: false }),
  })))
