// IP addresses: text and words, there and back.

import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatIpv4, formatIpv6Full, formatIpv6Short, parseIpv4, parseIpv6 } from '../../src/base/address.ts'

const unsigned = fc.integer({ min: 0, max: 2 ** 32 - 1 })
/** Words that make long runs of zeros, embedded IPv4 and single groups likely. */
const interesting = fc.oneof(unsigned, fc.constantFrom(0, 0, 0, 1, 0xffff, 0x10000, 0xffff0000, 0x20010db8, 0x0a000001))

describe('IPv4', () => {
  test('what is printed is read back', () => {
    fc.assert(fc.property(unsigned, (word) => parseIpv4(formatIpv4(word)) === word))
  })

  test('a signed word prints as the unsigned one', () => {
    fc.assert(fc.property(unsigned, (word) => formatIpv4(word | 0) === formatIpv4(word)))
  })

  test('no text is taken that Node does not take', () => {
    const part = fc.oneof(fc.nat(300).map(String), fc.constantFrom('', '00', '1e1', '-1', ' 1', '0x1', '256'))
    fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
      const text = parts.join('.')
      // inet_pton refuses a leading zero; we read it as decimal. Nothing else may differ.
      if (!parts.some((digits) => /^0\d/.test(digits))) expect(parseIpv4(text) !== null).toBe(isIPv4(text))
    }))
  })
})

describe('IPv6', () => {
  test('both forms are read back', () => {
    fc.assert(fc.property(interesting, interesting, interesting, interesting, (a, b, c, d) => {
      expect(parseIpv6(formatIpv6Full(a, b, c, d))).toEqual([a, b, c, d])
      expect(parseIpv6(formatIpv6Short(a, b, c, d))).toEqual([a, b, c, d])
    }), { numRuns: 2000 })
  })

  test('signed words print as unsigned ones', () => {
    fc.assert(fc.property(interesting, interesting, interesting, interesting, (a, b, c, d) => {
      expect(formatIpv6Full(a | 0, b | 0, c | 0, d | 0)).toBe(formatIpv6Full(a, b, c, d))
      expect(formatIpv6Short(a | 0, b | 0, c | 0, d | 0)).toBe(formatIpv6Short(a, b, c, d))
    }))
  })

  test('the short form is that of inet_ntop', () => {
    // Node prints addresses with libuv's inet_ntop.
    fc.assert(fc.property(interesting, interesting, interesting, interesting, (a, b, c, d) => {
      const address = formatIpv6Full(a, b, c, d)
      expect(formatIpv6Short(a, b, c, d)).toBe(new SocketAddress({ address, family: 'ipv6' }).address)
    }), { numRuns: 2000 })
  })

  test('the full form has eight groups of four digits', () => {
    fc.assert(fc.property(interesting, interesting, interesting, interesting, (a, b, c, d) =>
      /^([0-9a-f]{4}:){7}[0-9a-f]{4}$/.test(formatIpv6Full(a, b, c, d))))
  })

  test('no text is taken that Node does not take', () => {
    const group = fc.nat(0xffff).map((n) => n.toString(16))
    const piece = fc.oneof(group, fc.constantFrom('', '', '0', 'FFFF', '12345', 'g', '1.2.3.4', '1.2.3'))
    fc.assert(fc.property(fc.array(piece, { minLength: 1, maxLength: 9 }), (pieces) => {
      const text = pieces.join(':')
      expect([text, parseIpv6(text) !== null]).toEqual([text, isIPv6(text)])
    }), { numRuns: 5000 })
  })
})
