// TCP as it goes, and as it goes wrong.

import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../lib/frames.ts'
import { text } from '../lib/packets.ts'
import { encodePcap } from '../lib/pcap.ts'
import { TcpTalk } from '../lib/tcp-talk.ts'
import { Timeline } from '../lib/timeline.ts'

const REQUEST = text('GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n')
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2813\r\n\r\n'
const RESPONSE = text(HEAD.padEnd(1440, 'Hello. '))
const MORE = text(''.padEnd(1440, 'World. '))
const MINUTE = 60_000 // milliseconds
const HOUR = 60 * MINUTE

const out = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet))
const back = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet), { from: SERVER_MAC, to: CLIENT_MAC })

/** SYN, SYN/ACK, ACK, 20 ms apart from the server. */
function shakeHands(time: Timeline, talk: TcpTalk): Timeline {
  return time.add(out(talk.fromClient('S'))).wait(20).add(back(talk.fromServer('SA'))).wait(0.1).add(out(talk.fromClient('A')))
}

export function makeSamples(): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries({
    web, 'syn-retransmit': synRetransmit, 'reset-outside-window': resetOutsideWindow, 'port-reuse': portReuse,
    'mid-stream': midStream, 'keep-alive': keepAlive, 'half-connection': halfConnection,
  }).map(([name, make]) => [`${name}.pcap`, encodePcap(make().frames, { micro: true })]))
}

function web(): Timeline {
  const time = new Timeline()
  const talk = new TcpTalk()
  shakeHands(time, talk).wait(1).add(out(talk.fromClient('PA', REQUEST))).wait(20).add(back(talk.fromServer('A')))
  time.wait(15).add(back(talk.fromServer('A', RESPONSE))).add(back(talk.fromServer('PA', MORE)))
  time.wait(0.2).add(out(talk.fromClient('A'))).wait(300)
  time.add(out(talk.fromClient('FA'))).wait(20).add(back(talk.fromServer('FA'))).wait(0.1).add(out(talk.fromClient('A')))
  return time
}

function synRetransmit(): Timeline {
  const time = new Timeline()
  const dead = new TcpTalk({ server: '198.51.100.81', sport: 40_001 })
  const first = out(dead.fromClient('S'))
  time.add(first)
  for (const pause of [1000, 2000, 4000]) time.wait(pause).add(first)
  const slow = new TcpTalk({ sport: 40_002 })
  const syn = out(slow.fromClient('S'))
  time.wait(1000).add(syn).wait(1000).add(syn).wait(2000).add(syn)
  time.wait(20).add(back(slow.fromServer('SA'))).wait(0.1).add(out(slow.fromClient('A')))
  return time.wait(5000).add(first)
}

function resetOutsideWindow(): Timeline {
  const time = new Timeline()
  const talk = new TcpTalk({ sport: 40_003, dport: 22 })
  shakeHands(time, talk).wait(10).add(back(talk.fromServer('PA', text('SSH-2.0-OpenSSH_9.9\r\n')))).wait(20)
  time.add(out(talk.fromClient('PA', text('SSH-2.0-OpenSSH_9.9\r\n')))).wait(20).add(back(talk.fromServer('A')))
  time.wait(5000).add(back(talk.fromServer('R', undefined, { seq: 99_000_000 }))) // a guess
  time.wait(5000).add(back(talk.fromServer('PA', text('still here\r\n')))).wait(0.1).add(out(talk.fromClient('A')))
  return time.wait(5000).add(back(talk.fromServer('R')))
}

function portReuse(): Timeline {
  const time = new Timeline()
  const close = (talk: TcpTalk): void => {
    time.wait(10).add(out(talk.fromClient('FA'))).wait(20).add(back(talk.fromServer('FA'))).wait(0.1).add(out(talk.fromClient('A')))
  }
  const first = new TcpTalk({ sport: 40_004 })
  shakeHands(time, first)
  close(first)
  const second = new TcpTalk({ sport: 40_004, clientStart: 9_000_000, serverStart: 90_000_000 })
  shakeHands(time.wait(30_000), second)
  return time
}

function midStream(): Timeline {
  const time = new Timeline()
  const talk = new TcpTalk({ sport: 40_005 }).skip(70_000, 900_000)
  time.add(back(talk.fromServer('PA', MORE))).wait(0.2).add(out(talk.fromClient('A')))
  time.wait(500).add(out(talk.fromClient('PA', REQUEST))).wait(20).add(back(talk.fromServer('PA', RESPONSE)))
  return time.wait(0.2).add(out(talk.fromClient('A')))
}

function keepAlive(): Timeline {
  const time = new Timeline()
  const start = 1_000_000
  const kept = new TcpTalk({ sport: 40_006, dport: 5432, clientStart: start })
  const left = new TcpTalk({ sport: 40_007, dport: 5432 })
  shakeHands(time, kept)
  shakeHands(time.wait(100), left)
  for (let i = 0; i < 60; i++) { // every two hours, for five days
    time.wait(2 * HOUR).add(out(kept.fromClient('A', undefined, { seq: start }))).wait(20).add(back(kept.fromServer('A')))
  }
  time.wait(10 * MINUTE).add(out(left.fromClient('PA', text('SELECT 1')))) // 5 days and 10 minutes after it fell silent
  return time.wait(20).add(back(left.fromServer('R')))
}

function halfConnection(): Timeline {
  const time = new Timeline()
  const talk = new TcpTalk({ client: '203.0.113.7', server: '198.51.100.1', sport: 40_008 })
  const routed = { ttl: 57 }
  const stations = { from: '02:00:00:00:00:fe', to: '02:00:00:00:00:d1' } // router, director
  const see = (packet: Uint8Array): void => { time.add(ethernet(ipPayload(packet), stations)) }
  see(talk.fromClient('S', undefined, routed))
  talk.skip(0, 1) // the real server's SYN/ACK goes straight to the client
  time.wait(30)
  see(talk.fromClient('A', undefined, routed))
  time.wait(1)
  see(talk.fromClient('PA', REQUEST, routed))
  for (let i = 0; i < 3; i++) {
    talk.skip(0, 2 * RESPONSE.length)
    time.wait(40)
    see(talk.fromClient('A', undefined, routed))
  }
  time.wait(130_000) // until the entry has run out
  talk.skip(0, RESPONSE.length)
  see(talk.fromClient('A', undefined, routed))
  time.wait(1000)
  see(talk.fromClient('FA', undefined, routed))
  talk.skip(0, 1)
  time.wait(30)
  see(talk.fromClient('A', undefined, routed))
  return time
}
