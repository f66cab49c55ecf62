// Whatever the bytes, the engine takes every frame, says one of its six verdicts, and goes on. Every frame lies in a buffer of
// just its size: a read past the end throws. Without helpers, and with all of them attached.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultSysctl } from '../../src/base/sysctl.ts'
import { VERDICT_NAMES } from '../../src/base/verdict.ts'
import { Frame } from '../../src/capture/frame.ts'
import { Engine } from '../../src/engine.ts'
import { printProc } from '../../src/views/procfs.ts'
import { snapshot } from '../../src/views/snapshot.ts'
import {
  chunk, DCCP, dccp, fragments, gre, icmp, icmpv6, ip, mss, ping, pptpGre, sack, SACK_PERMITTED, SCTP, sctp, sctpData, sctpInit, tcp, text,
  timestamps, udp, udpLite, windowScale,
} from '../../scripts/lib/packets.ts'
import { aim } from '../support/conversation.ts'
import { concat, extension, internetChecksum, ipv6, sixteen } from '../support/ip-packets.ts'
import { ethernet } from '../support/traffic.ts'

const A = '10.0.0.1'
const B = '10.0.0.2'
const A6 = '2001:db8::1'
const B6 = '2001:db8::2'
const SYN = tcp({ flags: 'S', seq: 1000, options: [mss(1460), SACK_PERMITTED, timestamps(1, 0), windowScale(7)] })
const SYN_ACK = tcp({ sport: 80, dport: 40_000, flags: 'SA', seq: 5000, ack: 1001, options: [mss(1460), windowScale(2)] })
const BLOCKS = sack([6000, 7000], [8000, 9000])
const DATA = tcp({ flags: 'PA', seq: 1001, ack: 5001, options: [BLOCKS], payload: text('GET / HTTP/1.1\r\n\r\n') })

/** Each a conversation whose packets are then cut and changed one by one. */
const CONVERSATIONS: readonly (readonly [name: string, packets: readonly Uint8Array[]])[] = [
  ['TCP', [ip(A, B, SYN), ip(B, A, SYN_ACK), ip(A, B, DATA), ip(A, B, tcp({ flags: 'FA', seq: 1019, ack: 5001 }))]],
  ['TCP over IPv6', [ip(A6, B6, SYN), ip(B6, A6, SYN_ACK), ip(A6, B6, DATA)]],
  ['UDP and UDP-Lite', [ip(A, B, udp({ payload: text('x') })), ip(A6, B6, udpLite({ coverage: 8, payload: text('xyz') }))]],
  ['ICMP', [
    ping(A, B, 1, 1), ping(A6, B6, 1, 1), ip(A, B, SYN), ip(B, A, icmp(3, 4, 1400, ip(A, B, SYN).subarray(0, 28))),
    ip(A6, B6, SYN), ip(B6, A6, icmpv6(2, 0, 1280, ip(A6, B6, SYN))), ip(A6, B6, icmpv6(135, 0)),
    ip('fe80::1', A6, icmpv6(137, 0, 0, concat(new Uint8Array(32), [4, 8, 0, 0, 0, 0, 0, 0], ip(A6, B6, SYN)))),
  ]],
  ['SCTP', [
    ip(A, B, sctp({}, sctpInit(7, 1))),
    ip(B, A, sctp({ sport: 3868, dport: 40_000, tag: 7 }, sctpInit(8, 1, SCTP.initAck, [0, 7, 0, 4]))),
    ip(A, B, sctp({ tag: 8 }, chunk(SCTP.cookieEcho, text('c')), sctpData(1, text('d')))),
    ip(A, B, sctp({ tag: 8 }, chunk(SCTP.heartbeat))),
  ]],
  ['DCCP', [
    ip(A, B, dccp({ type: DCCP.request, seq: 1 })), ip(B, A, dccp({ type: DCCP.response, sport: 5001, dport: 40_000, seq: 9, ack: 1 })),
    ip(A, B, dccp({ type: DCCP.ack, seq: 2, ack: 9 })), ip(A, B, dccp({ type: DCCP.reset, seq: 3, ack: 9 })),
  ]],
  ['GRE', [ip(A, B, gre({ key: 5, seq: 1, payload: text('x') })), ip(A, B, pptpGre({ callId: 3, seq: 1, ack: 1, payload: [255, 3] }))]],
  ['fragments', [
    ...fragments(ip(A, B, udp({ payload: new Uint8Array(64) })), 24), ...fragments(ip(A6, B6, udp({ payload: new Uint8Array(64) })), 32),
  ]],
  ['extension headers', [ipv6(0, concat(extension(0, 43, [5, 2, 0, 0]), extension(43, 60), extension(60, 6), SYN.bytes))]],
  ['FTP', told(21, '227 Entering Passive Mode (10,0,0,2,195,80)\r\n', 'PORT 10,0,0,1,7,138\r\n')],
  ['FTP, extended', told(21, '229 Extended (|||50001|)\r\n', 'EPRT |1|10.0.0.1|5000|\r\n')],
  ['IRC', told(6667, ':x', 'PRIVMSG x :\x01DCC SEND file 167772161 5000 100\x01\n')],
  ['SIP', told(5060,
    'SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\nVia: SIP/2.0/TCP 10.0.0.1:5060\r\nContact: <sip:b@10.0.0.2>\r\nContent-Length: 0\r\n\r\n',
    'INVITE sip:b@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.1:5060\r\nCSeq: 1 INVITE\r\nCall-ID: 1\r\n' +
    'Contact: <sip:a@10.0.0.1:5060>\r\n' +
    'Content-Length: 66\r\n\r\nv=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 40000 RTP/AVP 0\r\nm=video 40002 RTP/\r\n')],
  ['TFTP', [ip(A, B, udp({ dport: 69, payload: text('\0\x01file\0octet\0') }))]],
  ['Amanda', [
    ip(A, B, udp({ dport: 10080, payload: text('x') })),
    ip(B, A, udp({ sport: 10080, dport: 40_000, payload: text('CONNECT DATA 50000 MESG 50001 INDEX 50002\n') })),
  ]],
  ['SANE', [
    ...told(6566, '', ''), ip(A, B, tcp({ dport: 6566, seq: 1001, ack: 5001, payload: [0, 0, 0, 7] })),
    ip(B, A, tcp({ sport: 6566, dport: 40_000, seq: 5001, ack: 1005, payload: [0, 0, 0, 0, 0, 0, 195, 80] })),
  ]],
  ['PPTP', [
    ...told(1723, '', ''),
    ip(A, B, tcp({ dport: 1723, seq: 1001, ack: 5001, payload: control(1, 156) })),
    ip(B, A, tcp({ sport: 1723, dport: 40_000, seq: 5001, ack: 1157, payload: control(2, 156, [1, 0, 1]) })),
    ip(A, B, tcp({ dport: 1723, seq: 1157, ack: 5157, payload: control(7, 168, [0, 9]) })),
    ip(B, A, tcp({ sport: 1723, dport: 40_000, seq: 5157, ack: 1325, payload: control(8, 32, [0, 5, 0, 9, 1]) })),
  ]],
  ['H.323', told(1720, '',
    '\x03\0\0\x30\x08\x02\0\x01\x05\x04\x03\x88\x93\xa5\x7e\0\x20\x05\x20\xa8\x06\0\x08\x91\x4a\0\x05\x08\x01' + '\0'.repeat(19))],
]

/** A PPTP control message. @param body  what stands behind its type */
function control(type: number, length: number, body: readonly number[] = []): Uint8Array {
  const message = concat([0, length, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, type, 0, 0], body)
  return concat(message, new Uint8Array(length - message.length))
}

/** A TCP connection to a port, on which the client and then the server say something. */
function told(port: number, server: string, client: string): Uint8Array[] {
  const latin = (said: string): Uint8Array => Uint8Array.from(said, (character) => character.charCodeAt(0))
  const back = { sport: port, dport: 40_000 }
  return [
    ip(A, B, tcp({ dport: port, flags: 'S', seq: 1000 })), ip(B, A, tcp({ ...back, flags: 'SA', seq: 5000, ack: 1001 })),
    ip(A, B, tcp({ dport: port, seq: 1001, ack: 5001 })),
    ...(client === '' ? [] : [ip(A, B, tcp({ dport: port, flags: 'PA', seq: 1001, ack: 5001, payload: latin(client) }))]),
    ...(server === '' ? [] : [ip(B, A, tcp({ ...back, flags: 'PA', seq: 5001, ack: 1001 + client.length, payload: latin(server) }))]),
  ]
}

/** The first `length` bytes of a packet, with an IP header that says so. */
function shorten(packet: Uint8Array, length: number): Uint8Array {
  const short = packet.slice(0, length)
  if (packet[0]! >>> 4 === 6) {
    if (length >= 40) short.set(sixteen(length - 40), 4)
  } else if (length >= 20) {
    short.set([...sixteen(length)], 2)
    short.set([0, 0], 10)
    short.set(sixteen(internetChecksum(short.subarray(0, 20))), 10)
  }
  return short
}

const toFrame = (packet: Uint8Array): Uint8Array => ethernet((packet[0] ?? 0) >>> 4 === 6 ? 0x86dd : 0x0800, packet)

class Victim {
  readonly engine: Engine
  readonly #frame = new Frame()
  #sec = 1_700_000_000

  /** @param checksum  1 to look at checksums: then most of what is changed goes no further than that */
  constructor(helpers: readonly string[], checksum = 0) {
    this.engine = new Engine({ seed: 1, helpers, sysctl: { ...defaultSysctl(), max: 500, checksum, acct: 1, timestamp: 1 } })
  }

  /** @param wireLen  bytes the frame had, where the snap length cut it */
  push(bytes: Uint8Array, wireLen = bytes.length): void {
    const frame = this.#frame
    aim(frame, { sec: this.#sec, nsec: 1, bytes }, 1)
    frame.wireLen = wireLen
    this.engine.push(frame)
    const { verdict, reasonCount } = this.engine.packet
    if (VERDICT_NAMES[verdict] === undefined || reasonCount > 8) throw new Error(`verdict ${verdict}, ${reasonCount} reasons`)
  }

  wait(sec: number): void { this.#sec += sec }

  /** What is left can be shown. */
  show(): string[] {
    return snapshot(this.engine).map((row) => printProc(row, { counters: true, timestamps: true }))
  }
}

const EACH = CONVERSATIONS.flatMap(([name, packets]) => [[name, packets, []], [`${name}, with helpers`, packets, ['all']]] as const)

describe.each(EACH)('%s', (_name, packets, helpers) => {
  const frames = packets.map(toFrame)

  test('cut anywhere, by the snap length, on the wire or by its own word, is taken', () => {
    frames.forEach((frame, i) => {
      const victim = new Victim(helpers)
      for (let length = 0; length <= frame.length; length++) {
        for (const before of frames.slice(0, i)) victim.push(before)
        victim.push(frame.slice(0, length), frame.length)
        victim.push(frame.slice(0, length))
        if (length <= packets[i]!.length) victim.push(toFrame(shorten(packets[i]!, length)))
        victim.wait(100)
      }
      expect(victim.show().length).toBe(victim.engine.table.visible().length)
    })
  })

  test('with any byte changed is taken', () => {
    frames.forEach((frame, i) => {
      const victim = new Victim(helpers)
      for (let at = 12; at < frame.length; at++) {
        for (const before of frames.slice(0, i)) victim.push(before)
        for (const bits of [0x01, 0x02, 0x10, 0x80, 0xff, frame[at]!]) {
          const changed = frame.slice()
          changed[at] = changed[at]! ^ bits
          victim.push(changed)
        }
        victim.wait(100)
      }
      expect(victim.show().length).toBe(victim.engine.table.visible().length)
    })
  })
})

test('any mixture of all of it, spoiled, is taken', () => {
  const all = CONVERSATIONS.flatMap(([, packets]) => packets.map(toFrame))
  const spoiled = fc.record({
    which: fc.nat(all.length - 1), cut: fc.option(fc.nat(200), { freq: 5 }), wait: fc.constantFrom(0, 0, 0, 1, 31, 121),
    changes: fc.array(fc.tuple(fc.nat(150), fc.nat(255)), { maxLength: 3 }),
  })
  const many = fc.array(spoiled, { maxLength: 60, size: 'max' })
  fc.assert(fc.property(many, fc.constantFrom([], ['all']), fc.constantFrom(0, 1), (steps, helpers, checksum) => {
    const victim = new Victim(helpers, checksum)
    for (const { which, cut, wait, changes } of steps) {
      const bytes = all[which]!.slice(0, cut ?? undefined)
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
      victim.push(bytes)
      victim.wait(wait)
    }
    victim.show()
  }), { numRuns: 150 })
})
