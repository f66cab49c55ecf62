import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import { profileSysctl } from '../../src/base/profiles.ts'
import { assignKnob, findKnob, readSysctls } from '../../src/base/sysctl-text.ts'
import { defaultSysctl, KNOBS, sysctlName } from '../../src/base/sysctl.ts'

describe('a knob', () => {
  test.each(['tcp_loose', 'nf_conntrack_tcp_loose', 'net.netfilter.nf_conntrack_tcp_loose', 'net/netfilter/nf_conntrack_tcp_loose'])(
    'is found as %s', (name) => {
      expect(findKnob(name)).toBe('tcp_loose')
    })

  test.each(KNOBS.map(([name]) => [name]))('%s is found by its short and its whole name', (name) => {
    expect(findKnob(name)).toBe(name)
    expect(findKnob(sysctlName(name))).toBe(name)
  })

  test('that is unknown is answered with the nearest', () => {
    const sysctl = defaultSysctl()
    expect(() => { assignKnob(sysctl, 'tcp_lose=0') }).toThrow('did you mean net.netfilter.nf_conntrack_tcp_loose?')
    expect(() => { assignKnob(sysctl, 'net.netfilter.nf_conntrack_udp_timeout_steam=1') }).toThrow('nf_conntrack_udp_timeout_stream?')
    expect(() => { assignKnob(sysctl, 'nf_conntrack_tcp_timeout_establish=1') }).toThrow('nf_conntrack_tcp_timeout_established?')
    expect(sysctl).toEqual(defaultSysctl())
  })

  test.each([
    'tcp_loose=2', 'tcp_loose=yes', 'tcp_loose=', 'tcp_loose', '=1', 'udp_timeout=-1', 'udp_timeout=1.5', 'udp_timeout=2147484',
    'tcp_max_retrans=256', 'buckets=0', 'max=99999999999',
  ])('does not take %s', (assignment) => {
    expect(() => { assignKnob(defaultSysctl(), assignment) }).toThrow(UsageError)
  })

  test('takes what it is given', () => {
    const sysctl = defaultSysctl()
    assignKnob(sysctl, 'nf_conntrack_udp_timeout = 45')
    expect(sysctl.udp_timeout).toBe(45)
  })
})

describe('the output of sysctl -a', () => {
  test('sets what it names and leaves the rest', () => {
    const sysctl = defaultSysctl()
    readSysctls(sysctl, [
      'kernel.hostname = box', 'net.netfilter.nf_conntrack_count = 12', 'net.netfilter.nf_conntrack_tcp_loose = 0\r',
      'net.netfilter.nf_conntrack_udp_timeout_stream = 180', 'net.ipv4.ipfrag_time = 15', 'net.ipv4.ip_forward = 1',
      '# a comment', 'sysctl: permission denied on key \'x\'',
    ].join('\n'), 'settings')
    expect(sysctl).toEqual({ ...defaultSysctl(), tcp_loose: 0, udp_timeout_stream: 180, ipfrag_time: 15 })
  })

  test('does not turn on checksums or turn off reasons', () => {
    const sysctl = defaultSysctl()
    readSysctls(sysctl, 'net.netfilter.nf_conntrack_checksum = 1\nnet.netfilter.nf_conntrack_log_invalid = 0', 'settings')
    expect(sysctl).toEqual(defaultSysctl())
  })

  test('names the line of a bad value', () => {
    expect(() => { readSysctls(defaultSysctl(), '\nnet.netfilter.nf_conntrack_udp_timeout = x', 'settings') }).toThrow(/^settings:2: .*udp_timeout/)
  })
})

describe('a profile', () => {
  test('of Linux 2.4 holds the timeouts of the tutorials', () => {
    expect(profileSysctl('linux-2.4')).toMatchObject({
      tcp_timeout_established: 432_000, tcp_timeout_close_wait: 43_200, udp_timeout_stream: 180, icmpReplyEnds: true,
    })
  })

  test('of Linux 6.12 is the default', () => {
    expect(profileSysctl('linux-6.12')).toEqual(defaultSysctl())
  })

  test.each(['linux-2.5', 'toString', ''])('%j is unknown', (name) => {
    expect(() => profileSysctl(name)).toThrow(UsageError)
  })
})
