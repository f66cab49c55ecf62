// Transport checksums that are right, wrong, zero and partial, for a kernel that looks at them.

import {
  IPPROTO_DCCP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE,
} from '../../src/base/units.ts'
import { concat, crc32c, filler, fragment6, internetChecksum, ipv4, ipv6, sixteen } from '../../test/support/ip-packets.ts'
import { Capture } from './capture.ts'

/** A transport packet with its checksum field zero, and where that is. */
interface Form {
  readonly name: string
  readonly protocol: number
  readonly make: (port: number, length: number) => Uint8Array
  readonly field: number
  /** Bytes the checksum covers */
  readonly coverage?: number
  /** It sums a pseudo header too */
  readonly isPseudo: boolean
}

const header = (port: number, rest: readonly number[], length: number) => concat(sixteen(port), [0, 80], rest, filler(length))
const udpLike = (coverage: number | null) => (port: number, length: number) =>
  header(port, [...sixteen(coverage ?? 8 + length), 0, 0], length)
const dccp = (coverage: number) => (port: number, length: number) =>
  header(port, [5, coverage, 0, 0, 0x01, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], length)

const FORMS: readonly Form[] = [
  { name: 'TCP', protocol: IPPROTO_TCP, field: 16, isPseudo: true, make: (port, length) =>
    header(port, [0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 1, 0, 0, 0, 0, 0], length) },
  { name: 'UDP', protocol: IPPROTO_UDP, field: 6, isPseudo: true, make: udpLike(null) },
  { name: 'UDP shorter than its packet', protocol: IPPROTO_UDP, field: 6, isPseudo: true, make: udpLike(12) },
  { name: 'UDP-Lite, all covered', protocol: IPPROTO_UDPLITE, field: 6, isPseudo: true, make: udpLike(0) },
  { name: 'UDP-Lite, header covered', protocol: IPPROTO_UDPLITE, field: 6, isPseudo: true, coverage: 8, make: udpLike(8) },
  { name: 'UDP-Lite, 11 bytes covered', protocol: IPPROTO_UDPLITE, field: 6, isPseudo: true, coverage: 11, make: udpLike(11) },
  { name: 'DCCP, all covered', protocol: IPPROTO_DCCP, field: 6, isPseudo: true, make: dccp(0) },
  { name: 'DCCP, header covered', protocol: IPPROTO_DCCP, field: 6, isPseudo: true, coverage: 20, make: dccp(1) },
  { name: 'DCCP, header and 4 bytes covered', protocol: IPPROTO_DCCP, field: 6, isPseudo: true, coverage: 24, make: dccp(2) },
  { name: 'DCCP, 20 bytes by a count without header', protocol: IPPROTO_DCCP, field: 6, isPseudo: true, coverage: 20, make: dccp(6) },
  { name: 'SCTP', protocol: IPPROTO_SCTP, field: 8, isPseudo: false, make: (port, length) =>
    header(port, [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, ...sixteen(20 + length), 0, 0, 0, 9, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 1], length) },
]
const ICMP: Form = { name: 'ICMP', protocol: IPPROTO_ICMP, field: 2, isPseudo: false, make: (id, length) =>
  concat([8, 0, 0, 0], sixteen(id), [0, 1], filler(length)) }
const ICMPV6: Form = { name: 'ICMPv6', protocol: IPPROTO_ICMPV6, field: 2, isPseudo: true, make: (id, length) =>
  concat([128, 0, 0, 0], sixteen(id), [0, 1], filler(length)) }

const LENGTHS = [4, 5, 16, 17, 230, 260, 1001] // around the byte that the kernel cuts a length down to

let port = 1000

/** @param protocol  as the pseudo header has it */
function checksum(form: Form, bytes: Uint8Array, isIpv6: boolean, protocol = form.protocol): number[] {
  if (form.protocol === IPPROTO_SCTP) return crc32c(bytes)
  const empty = isIpv6 ? ipv6(form.protocol, bytes) : ipv4(bytes, { protocol: form.protocol })
  const addresses = isIpv6 ? empty.subarray(8, 40) : empty.subarray(12, 20)
  const pseudo = concat(addresses, sixteen(bytes.length), sixteen(protocol))
  const covered = bytes.subarray(0, form.coverage ?? bytes.length)
  return sixteen(internetChecksum(form.isPseudo ? concat(pseudo, covered) : covered))
}

function addForm(capture: Capture, form: Form, isIpv6: boolean): void {
  const packet = (bytes: Uint8Array) => isIpv6 ? ipv6(form.protocol, bytes) : ipv4(bytes, { protocol: form.protocol })
  const withSum = (length: number, change = 0, protocol = form.protocol) => {
    const bytes = form.make(++port, length)
    const sum = checksum(form, bytes, isIpv6, protocol)
    sum[1] = (sum[1]! + change) & 255
    bytes.set(sum, form.field)
    return bytes
  }
  for (const length of LENGTHS) {
    capture.note(`${isIpv6 ? 'IPv6' : 'IPv4'} ${form.name}, ${String(length)} bytes: right, wrong, zero, last byte changed`)
    capture.add(packet(withSum(length)), packet(withSum(length, 1)), packet(form.make(++port, length)))
    const damaged = packet(withSum(length))
    damaged[damaged.length - 1]! ^= 0x40
    capture.add(damaged).wait(1)
  }
  capture.note(`${isIpv6 ? 'IPv6' : 'IPv4'} ${form.name}: a pseudo header that says UDP`).add(packet(withSum(16, 0, IPPROTO_UDP)))
}

/** By name of their folder. */
export function makeCaptures(): Record<string, Capture> {
  const capture = new Capture(['net.netfilter.nf_conntrack_checksum=1'])
  for (const isIpv6 of [false, true]) {
    for (const form of [...FORMS, isIpv6 ? ICMPV6 : ICMP]) addForm(capture, form, isIpv6)
  }

  const whole = FORMS[1]!.make(++port, 40)
  const isOdd = { ...FORMS[1]!, make: () => whole }
  for (const wrong of [0, 1]) {
    const right = checksum(isOdd, whole, false)
    const bytes = whole.slice()
    bytes.set([right[0]!, (right[1]! + wrong) & 255], 6)
    capture.note(`IPv4 UDP in fragments, checksum ${wrong === 0 ? 'right' : 'wrong'}`)
    capture.add(ipv4(bytes.subarray(0, 24), { id: wrong, more: true }), ipv4(bytes.subarray(24), { id: wrong, offset: 24 })).wait(1)
    const bytes6 = whole.slice()
    const right6 = checksum(isOdd, whole, true)
    bytes6.set([right6[0]!, (right6[1]! + wrong) & 255], 6)
    capture.note(`IPv6 UDP in fragments, checksum ${wrong === 0 ? 'right' : 'wrong'}`)
    capture.add(ipv6(44, fragment6(17, bytes6.subarray(0, 24), { id: wrong, more: true })))
    capture.add(ipv6(44, fragment6(17, bytes6.subarray(24), { id: wrong, offset: 24 }))).wait(1)
  }
  return { 'ip-checksums': capture }
}
