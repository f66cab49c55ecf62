// What the flows of an Open vSwitch meet: each of these has flows beside it, in samples/NAME.flows.

import { dnsAnswer, dnsQuery } from '../lib/dns.ts'
import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../lib/frames.ts'
import { icmp, ip, ping, pong, tcp, text, udp } from '../lib/packets.ts'
import { encodePcap } from '../lib/pcap.ts'
import { TcpTalk } from '../lib/tcp-talk.ts'
import { Timeline } from '../lib/timeline.ts'

export function makeSamples(): Record<string, Uint8Array> {
  return {
    'four-flows.pcap': encodePcap(fourFlows().frames, { micro: true }),
    'security-group.pcap': encodePcap(securityGroup().frames, { micro: true }),
  }
}

/** What is behind port 1 fetches a page; what is behind port 2 tries to open two connections of its own, and sends UDP. */
function fourFlows(): Timeline {
  const time = new Timeline()
  const out = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet))
  const back = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet), { from: SERVER_MAC, to: CLIENT_MAC })
  const [inside, outside] = ['10.0.0.1', '10.0.0.2']
  const talk = new TcpTalk({ client: inside, server: outside, sport: 40_800 })
  time.add(out(talk.fromClient('S'))).wait(1).add(back(talk.fromServer('SA'))).wait(1).add(out(talk.fromClient('A')))
  time.add(out(talk.fromClient('PA', text('GET / HTTP/1.1\r\n\r\n')))).wait(3)
  time.add(back(talk.fromServer('PA', text('HTTP/1.1 200 OK\r\n\r\n')))).wait(1).add(out(talk.fromClient('A'))).wait(500)
  const login = new TcpTalk({ client: outside, server: inside, sport: 40_801, dport: 22 })
  const syn = back(login.fromClient('S'))
  for (const pause of [0, 1000, 2000]) time.wait(pause).add(syn)
  time.wait(100).add(back(ip(outside, inside, udp({ sport: 5353, dport: 40_802, payload: text('hello') }))))
  time.wait(100).add(out(talk.fromClient('FA'))).wait(1).add(back(talk.fromServer('FA'))).wait(1).add(out(talk.fromClient('A')))
  return time
}

const INSTANCE = '10.0.0.5'
const ADMIN = '198.51.100.7'
const STRANGER = '203.0.113.66'
const RESOLVER = '198.51.100.53'

/** An instance that anybody may ping and its administrators may log in to, on the wire between it and its bridge. */
function securityGroup(): Timeline {
  const time = new Timeline()
  const stations = { from: 'fa:16:3e:00:00:01', to: 'fa:16:3e:00:00:05' }
  const into = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet), stations)
  const outOf = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet), { from: stations.to, to: stations.from })
  const login = new TcpTalk({ client: ADMIN, server: INSTANCE, sport: 40_810, dport: 22 })
  time.add(into(login.fromClient('S'))).wait(1).add(outOf(login.fromServer('SA'))).wait(9).add(into(login.fromClient('A')))
  time.wait(5).add(outOf(login.fromServer('PA', text('SSH-2.0-OpenSSH\r\n')))).wait(9).add(into(login.fromClient('A')))
  const scan = into(ip(STRANGER, INSTANCE, tcp({ sport: 51_000, dport: 22, flags: 'S', seq: 7 })))
  time.wait(300).add(scan).wait(1000).add(scan)
  time.wait(50).add(into(ping(STRANGER, INSTANCE, 9, 1))).wait(1).add(outOf(pong(INSTANCE, STRANGER, 9, 1)))
  const question = ip(INSTANCE, RESOLVER, udp({ sport: 40_811, dport: 53, payload: dnsQuery(1, 'example.org') }))
  const answer = ip(RESOLVER, INSTANCE, udp({ sport: 53, dport: 40_811, payload: dnsAnswer(1, 'example.org', '203.0.113.9') }))
  time.wait(200).add(outOf(question)).wait(12).add(into(answer))
  const refused = ip(INSTANCE, STRANGER, udp({ sport: 40_812, dport: 514, payload: text('log') }))
  time.wait(100).add(outOf(refused)).wait(15).add(into(ip(STRANGER, INSTANCE, icmp(3, 3, 0, refused.subarray(0, 28)))))
  time.wait(100).add(outOf(ip('10.0.0.99', STRANGER, udp({ sport: 40_813, dport: 53, payload: text('spoofed') }))))
  time.wait(100).add(into(ip(STRANGER, INSTANCE, tcp({ sport: 443, dport: 40_814, flags: 'R', seq: 99 }))))
  time.wait(100).add(into(login.fromClient('FA'))).wait(1).add(outOf(login.fromServer('FA'))).wait(9).add(into(login.fromClient('A')))
  return time
}
