// Addresses in payloads, as the kernel's in4_pton() and in6_pton() take them: not as inet_pton(3) does.

import { describe, expect, test } from 'vitest'
import { formatIpv4, formatIpv6Short } from '../../src/base/address.ts'
import { ascii, indexOf, readIpv4, readIpv6 } from '../../src/helpers/scan.ts'

const ANY = -1

/** What is read of a text, and what is left of it. */
function read4(text: string, delimiter = ANY): string | null {
  const found = readIpv4(ascii(text), 0, text.length, delimiter)
  return found === null ? null : `${formatIpv4(found.address[0]!)} ${text.slice(found.end)}`
}

function read6(text: string, delimiter = ANY): string | null {
  const found = readIpv6(ascii(text), 0, text.length, delimiter)
  if (found === null) return null
  const [a, b, c, d] = found.address as unknown as [number, number, number, number]
  return `${formatIpv6Short(a, b, c, d)} ${text.slice(found.end)}`
}

describe('an IPv4 address', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1 '], ['10.0.0.1:5060', '10.0.0.1 :5060'], ['010.000.0000.1>', '10.0.0.1 >'],
    ['255.255.255.255;x', '255.255.255.255 ;x'],
  ])('%s is read', (text, found) => { expect(read4(text)).toBe(found) })

  test.each(['10.0.0', '10.0.0.', '10.0.0.256', '10..0.1', '.1.2.3', '10.0.0.1.', '10.0.0.a', 'a.0.0.1', '', '1.2.3.4.5'])(
    '%s is none', (text) => { expect(read4(text)).toBeNull() })

  test('ends at its delimiter alone, where there is one, and at a colon', () => {
    expect(read4('10.0.0.1|', 124)).toBe('10.0.0.1 |')
    expect(read4('10.0.0.1:', 124)).toBe('10.0.0.1 :')
    expect(read4('10.0.0.1 ', 124)).toBeNull()
  })
})

describe('an IPv6 address', () => {
  test.each([
    ['2001:db8::1', '2001:db8::1 '], ['2001:DB8::1]:5060', '2001:db8::1 ]:5060'], ['::', ':: '], ['::1', '::1 '], ['1::', '1:: '],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8 '], ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0 '], ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8 '],
    ['1:2:3:4:5:6:10.0.0.1', '1:2:3:4:5:6:a00:1 '], ['::10.0.0.1 x', '::10.0.0.1  x'], ['1::2:10.0.0.1', '1::2:a00:1 '],
    ['00001::1', '1::1 '],
  ])('%s is read', (text, found) => { expect(read6(text)).toBe(found) })

  test.each([
    '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8:', '1::2::3', ':::', ':1', '1:', '12345::', 'g::', '', '1:2:3:4:5:6:7::8',
    '10.0.0.1', '1:2:3:4:5:10.0.0.1', '1:2:3:4:5:6:7:10.0.0.1', '::1.2.3',
  ])('%s is none', (text) => { expect(read6(text)).toBeNull() })
})

test('a text is found only where it lies wholly inside', () => {
  const text = ascii('xxCONNECT yy')
  expect(indexOf(text, 0, text.length, ascii('CONNECT '))).toBe(2)
  expect(indexOf(text, 3, text.length, ascii('CONNECT '))).toBe(-1)
  expect(indexOf(text, 0, 9, ascii('CONNECT '))).toBe(-1)
})
