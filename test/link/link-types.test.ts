// Names of link types, for messages.

import { expect, test } from 'vitest'
import { linkTypeName } from '../../src/link/link-types.ts'

test.each([
  [0, 'NULL'], [1, 'ETHERNET'], [12, 'RAW'], [14, 'RAW'], [101, 'RAW'], [113, 'LINUX_SLL'], [127, 'IEEE802_11_RADIOTAP'], [147, 'USER0'],
  [162, 'USER15'], [189, 'USB_LINUX'], [195, 'IEEE802_15_4_WITHFCS'], [204, 'PPP_WITH_DIR'], [239, 'NFLOG'], [249, 'USBPCAP'],
  [276, 'LINUX_SLL2'], [288, 'USB_2_0'], [290, 'ETW'],
])('%i is %s', (linkType, name) => {
  expect(linkTypeName(linkType)).toBe(name)
})

test.each([4711, 13, 11, -1])('%i has no name', (linkType) => {
  expect(linkTypeName(linkType)).toBe('unknown')
})
