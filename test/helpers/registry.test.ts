import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import { attach, HELPER_NAMES } from '../../src/helpers/registry.ts'

function ports(wanted: readonly string[]): string[] {
  return attach(wanted).attachments.map(({ helper, port }) => `${helper.name} ${String(port)}`)
}

describe('--helper', () => {
  test('puts a helper on its usual port, or on another', () => {
    expect(ports(['ftp', 'ftp:2121', 'TFTP'])).toEqual(['ftp 21', 'ftp 2121', 'tftp 69'])
    expect(ports(['sip:5070'])).toEqual(['sip 5070', 'sip 5070'])
  })

  test('all is every helper of Linux 6.12', () => {
    expect(new Set(ports(['all']))).toEqual(new Set([
      'ftp 21', 'tftp 69', 'irc 6667', 'sip 5060', 'pptp 1723', 'amanda 10080', 'sane 6566', 'netbios-ns 137', 'snmp 161',
      'Q.931 1720', 'RAS 1719',
    ]))
  })

  test('nothing attaches nothing', () => {
    expect(ports([])).toEqual([])
  })

  test.each(['fpt', 'ftp:', 'ftp:0', 'ftp:65536', 'ftp:x', 'h323:1721', ''])('%s is a mistake, and says so', (choice) => {
    expect(() => attach([choice])).toThrow(UsageError)
  })

  test('takes parameters of the kernel\'s modules', () => {
    expect(ports(['ftp:2121,loose', 'irc,dcc_timeout=60', 'ras,gkrouted_only=0'])).toEqual(['ftp 2121', 'irc 6667', 'RAS 1719'])
    const [irc] = attach(['irc,max_dcc_channels=3,dcc_timeout=60']).attachments
    expect(irc?.helper.policies).toEqual([{ name: null, most: 3, timeoutSec: 60 }])
  })

  const wrong = ['ftp,strict', 'tftp,loose', 'ftp,loose=x', 'irc,max_dcc_channels=0', 'all,loose', 'sip,sip_external_media=1']
  test.each(wrong)('%s is one too', (choice) => {
    expect(() => attach([choice])).toThrow(UsageError)
  })

  test('names are told', () => {
    expect(HELPER_NAMES).toContain('netbios-ns')
  })
})
