// What goes wrong between hosts, and what each side sees of it.

import { dnsAnswer, dnsQuery } from '../lib/dns.ts'
import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../lib/frames.ts'
import { icmp, type IpFields, ip, text, udp } from '../lib/packets.ts'
import { encodePcap } from '../lib/pcap.ts'
import { TcpTalk } from '../lib/tcp-talk.ts'
import { Timeline } from '../lib/timeline.ts'

const CLIENT = '192.0.2.10'
const RESOLVER = '192.0.2.53'
const SERVER = '198.51.100.80'
const MIDDLE = '02:00:00:00:00:fb' // a device on the way

const out = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet))
const back = (packet: Uint8Array, from = SERVER_MAC): Uint8Array => ethernet(ipPayload(packet), { from, to: CLIENT_MAC })

function shakeHands(time: Timeline, talk: TcpTalk, fields: IpFields = {}): void {
  time.add(out(talk.fromClient('S'))).wait(10).add(back(talk.fromServer('SA', undefined, fields))).wait(1).add(out(talk.fromClient('A')))
}

/** Silent for 16 minutes; a device between has forgotten, and answers in the server's name. */
function expired(): Timeline {
  const time = new Timeline()
  const talk = new TcpTalk({ sport: 40_600, dport: 5432 })
  const far = { ttl: 58 }
  shakeHands(time, talk, far)
  time.wait(5).add(out(talk.fromClient('PA', text('SELECT 1'))))
  time.wait(5).add(back(talk.fromServer('PA', text('1'), far))).wait(1).add(out(talk.fromClient('A')))
  time.wait(960_000).add(out(talk.fromClient('PA', text('SELECT 2'))))
  time.add(back(talk.fromServer('R', undefined, { ttl: 64 }), MIDDLE))
  return time
}

/** Silent for six minutes; the device that forgot says nothing, and the query is sent again and again. */
function dropped(): Timeline {
  const time = new Timeline()
  const talk = new TcpTalk({ sport: 40_605, dport: 5432 })
  shakeHands(time, talk, { ttl: 58 })
  time.wait(360_000)
  const query = out(talk.fromClient('PA', text('SELECT 2')))
  for (const wait of [300, 600, 1200, 2400, 0]) time.add(query).wait(wait)
  return time
}

/** The client of a service whose node left one packet untranslated: it comes from the real server's own address. */
function untranslatedReply(): Timeline {
  const time = new Timeline()
  const talk = new TcpTalk({ server: '10.96.0.20', sport: 40_635 })
  const request = text('GET /large HTTP/1.1\r\n\r\n')
  shakeHands(time, talk)
  time.add(out(talk.fromClient('PA', request))).wait(5)
  for (let i = 0; i < 3; i++) time.add(back(talk.fromServer('A', new Uint8Array(1000)))).wait(1)
  time.add(out(talk.fromClient('A'))).wait(1)
  const acknowledged = 1_000_001 + request.length
  const bare = new TcpTalk({ server: '10.244.1.7', sport: 40_635, dport: 8080, clientStart: acknowledged, serverStart: 5_003_001 })
  time.add(back(bare.fromServer('PA', new Uint8Array(1000)))).wait(0.2).add(out(bare.fromClient('R', undefined, { window: 0 })))
  return time
}

function refused(): Timeline {
  const time = new Timeline()
  for (let i = 0; i < 2; i++) {
    const talk = new TcpTalk({ sport: 40_610 + i, dport: 8080, serverStart: 0 })
    time.add(out(talk.fromClient('S'))).wait(10).add(back(talk.fromServer('RA'))).wait(500)
  }
  const syn = new TcpTalk({ sport: 40_615, dport: 8443 }).fromClient('S')
  time.add(out(syn)).wait(10).add(back(ip(SERVER, CLIENT, icmp(3, 3, 0, syn.subarray(0, 28)))))
  return time
}

/** Two downloads; the capture missed some segments that were acknowledged. */
function loss(): Timeline {
  const time = new Timeline()
  for (let i = 0; i < 2; i++) {
    const talk = new TcpTalk({ sport: 40_620 + i })
    shakeHands(time, talk)
    time.add(out(talk.fromClient('PA', text('GET / HTTP/1.1\r\n\r\n')))).wait(10)
    for (let piece = 0; piece < 6; piece++) {
      if (piece === 2 || piece === 3) talk.skip(0, 500)
      else time.add(back(talk.fromServer('A', new Uint8Array(500))))
    }
    time.wait(1).add(out(talk.fromClient('A'))).wait(100)
  }
  return time
}

/** A server behind address translation sends beyond the client's window: INVALID, so untranslated; the client knows no such server. */
function invalidReset(): Timeline {
  const time = new Timeline()
  const talk = new TcpTalk({ client: CLIENT, server: '10.244.1.7', sport: 40_630, dport: 8080 })
  shakeHands(time, talk)
  time.add(out(talk.fromClient('PA', text('GET /large HTTP/1.1\r\n\r\n')))).wait(5)
  for (let i = 0; i < 3; i++) time.add(back(talk.fromServer('A', new Uint8Array(1000)))).wait(1)
  time.add(out(talk.fromClient('A', undefined, { window: 8 }))) // times 128: 1024 bytes
  talk.skip(0, 150_000)
  time.wait(1).add(back(talk.fromServer('PA', new Uint8Array(1000))))
  const acknowledged = 1_000_001 + 'GET /large HTTP/1.1\r\n\r\n'.length
  time.wait(0.2).add(out(talk.fromClient('R', undefined, { seq: acknowledged, window: 0 })))
  return time
}

/** Data far behind the window, again and again: INVALID, whatever the reason. */
function invalidPackets(): Timeline {
  const time = new Timeline()
  const talk = new TcpTalk({ sport: 40_640 })
  shakeHands(time, talk)
  for (let i = 0; i < 4; i++) {
    time.add(out(talk.fromClient('PA', text(`line ${String(i)}`)))).wait(10).add(back(talk.fromServer('A'))).wait(100)
    time.add(back(talk.fromServer('PA', text('from another time'), { seq: 900_000_000 }))).wait(50)
  }
  return time
}

/** A and AAAA asked at once from one socket: one question is lost, and asked again after 5 s. */
function dnsRace(): Timeline {
  const time = new Timeline()
  for (let i = 0; i < 3; i++) {
    const sport = 50_100 + i
    const ask = (id: number, type: number): Uint8Array =>
      out(ip(CLIENT, RESOLVER, udp({ sport, payload: dnsQuery(id, 'db.example.com', type) })))
    const answer = (id: number, found: string): Uint8Array =>
      back(ip(RESOLVER, CLIENT, udp({ sport: 53, dport: sport, payload: dnsAnswer(id, 'db.example.com', found) })))
    time.add(ask(100 + i, 1), ask(200 + i, 28)).wait(2).add(answer(100 + i, SERVER))
    if (i === 1) time.add(answer(200 + i, '2001:db8:80::80')).wait(3000) // this one went well
    else time.wait(5003).add(ask(200 + i, 28)).wait(2).add(answer(200 + i, '2001:db8:80::80')).wait(1000)
  }
  return time
}

/** A phone registers again and again with an exchange that has moved; before, it was answered. */
function udpBlackHole(): Timeline {
  const time = new Timeline()
  const register = out(ip(CLIENT, SERVER, udp({ sport: 5060, dport: 5060, payload: text('REGISTER sip:example.com SIP/2.0\r\n\r\n') })))
  const ok = back(ip(SERVER, CLIENT, udp({ sport: 5060, dport: 5060, payload: text('SIP/2.0 200 OK\r\n\r\n') })))
  for (let i = 0; i < 2; i++) time.add(register).wait(20).add(ok).wait(20_000)
  for (let i = 0; i < 20; i++) time.add(register).wait(20_000)
  const hello = out(ip(CLIENT, '198.51.100.90', udp({ sport: 51_820, dport: 51_820, payload: new Uint8Array(148) })))
  for (let i = 0; i < 20; i++) time.add(hello).wait(5000)
  return time
}

/** Ports used again 10 s after the end; the first SYN is lost, which costs a second. */
function portReuse(): Timeline {
  const time = new Timeline()
  for (let i = 0; i < 3; i++) {
    const talk = new TcpTalk({ sport: 40_650, clientStart: 1_000_000 * (i + 1), serverStart: 9_000_000 * (i + 1) })
    const syn = out(talk.fromClient('S'))
    time.add(syn).wait(i === 0 ? 0 : 1000)
    if (i > 0) time.add(syn)
    time.wait(10).add(back(talk.fromServer('SA'))).wait(1).add(out(talk.fromClient('A')))
    time.wait(5).add(out(talk.fromClient('FA'))).wait(10).add(back(talk.fromServer('FA'))).wait(1).add(out(talk.fromClient('A')))
    time.wait(10_000)
  }
  return time
}

export function makeSamples(): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries({
    'entry-expired': expired, 'silent-drop': dropped, untranslated: untranslatedReply, refused, 'capture-loss': loss,
    'invalid-reset': invalidReset, 'invalid-packets': invalidPackets, 'dns-race': dnsRace, 'udp-black-hole': udpBlackHole,
    'port-reuse-lost': portReuse,
  }).map(([name, make]) => [`${name}.pcap`, encodePcap(make().frames, { micro: true })]))
}
