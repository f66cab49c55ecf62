import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatIpv4, formatIpv6Full } from '../../src/base/address.ts'
import { UsageError } from '../../src/base/errors.ts'
import { type FilterTexts, rowFilter } from '../../src/views/filter.ts'
import type { Row } from '../../src/views/row.ts'

const row: Row = {
  l3: 'ipv4', l3num: 2, l4: 'tcp', l4num: 6, timeout: 100, state: 'ESTABLISHED',
  original: { source: '10.0.0.1', destination: '192.168.1.2', sourcePort: 40_000, destinationPort: 80 },
  reply: { source: '172.16.0.9', destination: '10.0.0.1', sourcePort: 8080, destinationPort: 40_000 },
  originalCounters: null, replyCounters: null, seenReply: true, assured: false, mark: 0, zone: 0, age: 1, use: 2,
}
const row6: Row = {
  ...row, l3: 'ipv6', l3num: 10,
  original: { source: '2001:0db8:0000:0000:0000:0000:0000:0001', destination: '2001:0db8:0001:0000:0000:0000:0000:0002' },
}

const fits = (texts: FilterTexts, which = row): boolean => rowFilter(texts)?.(which) ?? true

describe('a filter', () => {
  test.each<[FilterTexts, boolean]>([
    [{}, true],
    [{ protocol: 'tcp' }, true], [{ protocol: 'TCP' }, true], [{ protocol: '6' }, true], [{ protocol: 'udp' }, false],
    [{ family: 'ipv4' }, true], [{ family: 'ipv6' }, false],
    [{ source: '10.0.0.1' }, true], [{ source: '10.0.0.2' }, false], [{ source: '10.0.0.0/8' }, true], [{ source: '10.1.0.0/16' }, false],
    [{ source: '10.0.9.9/255.255.0.0' }, true], [{ source: '0.0.0.0/0' }, true], [{ source: '::/0' }, false],
    [{ destination: '192.168.1.3/31' }, true], [{ destination: '192.168.1.3' }, false],
    [{ replySource: '172.16.0.0/12' }, true], [{ replyDestination: '10.0.0.1' }, true],
    [{ sourcePort: '40000' }, true], [{ destinationPort: '80' }, true], [{ destinationPort: '8080' }, false],
    [{ state: 'established' }, true], [{ state: 'CLOSE' }, false],
    [{ status: 'SEEN_REPLY' }, true], [{ status: 'UNREPLIED' }, false], [{ status: 'SEEN_REPLY,ASSURED' }, false],
    [{ protocol: 'tcp', source: '10.0.0.1', destinationPort: '81' }, false],
  ])('%o fits: %s', (texts, expected) => {
    expect(fits(texts)).toBe(expected)
  })

  test('knows IPv6', () => {
    expect(fits({ source: '2001:db8::1' }, row6)).toBe(true)
    expect(fits({ source: '2001:db8::/127' }, row6)).toBe(true)
    expect(fits({ source: '2001:db8::2/127' }, row6)).toBe(false)
    expect(fits({ destination: '2001:db8::/32' }, row6)).toBe(true)
    expect(fits({ destination: '2001:db8::/48' }, row6)).toBe(false)
    expect(fits({ source: '0.0.0.0/0' }, row6)).toBe(false)
    expect(fits({ sourcePort: '1' }, row6)).toBe(false)
  })

  test.each<FilterTexts>([
    { protocol: 'tpc' }, { protocol: '256' }, { family: 'ip' }, { source: '10.0.0' }, { source: '10.0.0.0/33' }, { source: '10.0.0.0/' },
    { source: '10.0.0.0/8/8' }, { source: '2001:db8::/129' }, { source: '10.0.0.0/::' }, { source: '' }, { sourcePort: '65536' },
    { sourcePort: 'http' }, { status: 'ASURED' },
  ])('%o is a usage error', (texts) => {
    expect(() => rowFilter(texts)).toThrow(UsageError)
  })

  test('by network fits as many leading bits as it says', () => {
    const word = fc.nat(2 ** 32 - 1)
    const words = fc.tuple(word, word, word, word)
    fc.assert(fc.property(words, fc.nat(128), fc.nat(127), ([a, b, c, d], length, flip) => {
      const bit = (i: number): number => (i === flip >> 5 ? 1 << (31 - (flip & 31)) : 0)
      const other = formatIpv6Full(a ^ bit(0), b ^ bit(1), c ^ bit(2), d ^ bit(3))
      const with6: Row = { ...row6, original: { ...row6.original, source: other } }
      expect(fits({ source: `${formatIpv6Full(a, b, c, d)}/${String(length)}` }, with6)).toBe(flip >= length)
      const length4 = length % 33
      const flip4 = flip % 32
      const with4: Row = { ...row, original: { ...row.original, source: formatIpv4((a ^ (1 << (31 - flip4))) >>> 0) } }
      expect(fits({ source: `${formatIpv4(a)}/${String(length4)}` }, with4)).toBe(flip4 >= length4)
    }))
  })
})
