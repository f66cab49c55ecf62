// GRE: tunnels of version 0 with and without a key, and PPTP's version 1 with the control connection that set it up.

import { concat, sixteen } from '../../test/support/ip-packets.ts'
import { CLIENT_MAC, ethernet, ipPayload, ppp, SERVER_MAC } from '../lib/frames.ts'
import { gre, ip, ping, pong, pptpGre, text, thirtyTwo } from '../lib/packets.ts'
import { encodePcap } from '../lib/pcap.ts'
import { TcpTalk } from '../lib/tcp-talk.ts'
import { Timeline } from '../lib/timeline.ts'

const CLIENT = '192.0.2.10'
const SERVER = '198.51.100.47'
const CLIENT_CALL = 0x1001 // what each side calls the call
const SERVER_CALL = 0x2002

const out = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet))
const back = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet), { from: SERVER_MAC, to: CLIENT_MAC })

export function makeSamples(): Record<string, Uint8Array> {
  return {
    'gre.pcap': encodePcap(tunnels().frames, { micro: true }),
    'pptp.pcap': encodePcap(pptp().frames, { micro: true }),
  }
}

function tunnels(): Timeline {
  const time = new Timeline()
  for (let seq = 0; seq < 3; seq++) {
    time.add(out(ip(CLIENT, SERVER, gre({ payload: ping('10.1.0.1', '10.2.0.1', 1, seq) })))).wait(20)
    time.add(back(ip(SERVER, CLIENT, gre({ payload: pong('10.2.0.1', '10.1.0.1', 1, seq) })))).wait(500)
  }
  // a key is nothing to conntrack: the same entry
  time.add(out(ip(CLIENT, SERVER, gre({ key: 42, seq: 0, payload: ping('10.3.0.1', '10.4.0.1', 1, 0) })))).wait(20)
  // Ethernet in GRE to a server that says nothing
  return time.add(out(ip(CLIENT, '198.51.100.48', gre({ carried: 0x6558, payload: out(ping('10.5.0.1', '10.6.0.1', 1, 0)) }))))
}

function pptp(): Timeline {
  const time = new Timeline()
  const talk = new TcpTalk({ server: SERVER, sport: 40_030, dport: 1723 })
  const say = (message: Uint8Array): void => { time.add(out(talk.fromClient('PA', message))).wait(20) }
  const answer = (message: Uint8Array): void => { time.add(back(talk.fromServer('PA', message))).wait(1) }
  time.add(out(talk.fromClient('S'))).wait(20).add(back(talk.fromServer('SA'))).wait(0.1).add(out(talk.fromClient('A'))).wait(1)
  say(control(1, start(0)))
  answer(control(2, start(1)))
  say(control(7, concat(sixteen(CLIENT_CALL), sixteen(1), thirtyTwo(300), thirtyTwo(100_000_000), thirtyTwo(3), thirtyTwo(3), sixteen(64),
    new Uint8Array(134))))
  answer(control(8, concat(sixteen(SERVER_CALL), sixteen(CLIENT_CALL), [1, 0, 0, 0], thirtyTwo(100_000_000), sixteen(64), sixteen(0),
    thirtyTwo(0))))
  time.add(out(talk.fromClient('A'))).wait(10)
  for (let seq = 0; seq < 3; seq++) {
    const request = ppp(ping('10.0.9.2', '10.0.9.1', 5, seq))
    const reply = ppp(pong('10.0.9.1', '10.0.9.2', 5, seq))
    time.add(out(ip(CLIENT, SERVER, pptpGre({ callId: SERVER_CALL, seq, payload: request })))).wait(20)
    time.add(back(ip(SERVER, CLIENT, pptpGre({ callId: CLIENT_CALL, seq, ack: seq, payload: reply })))).wait(500)
  }
  return time
}

/** A control message (RFC 2637): length, type, cookie, kind. */
function control(kind: number, body: Uint8Array): Uint8Array {
  return concat(sixteen(12 + body.length), sixteen(1), thirtyTwo(0x1a2b3c4d), sixteen(kind), [0, 0], body)
}

/** Body of a start request, or with result 1 of its reply. */
function start(result: number): Uint8Array {
  const name = (words: string): Uint8Array => concat(text(words), new Uint8Array(64 - words.length))
  return concat(sixteen(0x0100), [result, 0], thirtyTwo(3), thirtyTwo(3), sixteen(1), sixteen(1), name('pptp'), name('sample'))
}
