// UDP: DNS with and without an answer, a stream; UDP-Lite.

import { dnsAnswer, dnsQuery } from '../lib/dns.ts'
import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../lib/frames.ts'
import { ip, text, udp, udpLite } from '../lib/packets.ts'
import { encodePcap } from '../lib/pcap.ts'
import { Timeline } from '../lib/timeline.ts'

const CLIENT = '192.0.2.10'
const RESOLVER = '192.0.2.53'
const CLIENT6 = '2001:db8::10'
const RESOLVER6 = '2001:db8::53'

const out = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet))
const back = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet), { from: SERVER_MAC, to: CLIENT_MAC })

export function makeSamples(): Record<string, Uint8Array> {
  return {
    'dns.pcap': encodePcap(dns().frames, { micro: true }),
    'udplite.pcap': encodePcap(lite().frames, { micro: true }),
  }
}

function dns(): Timeline {
  const time = new Timeline()
  const ask = (sport: number, id: number): Uint8Array =>
    out(ip(CLIENT, RESOLVER, udp({ sport, payload: dnsQuery(id, 'www.example.com') })))
  const answer = (dport: number, id: number): Uint8Array =>
    back(ip(RESOLVER, CLIENT, udp({ sport: 53, dport, payload: dnsAnswer(id, 'www.example.com', '198.51.100.80') })))
  // a question and its answer, over each version
  time.add(ask(50_001, 1)).wait(12).add(answer(50_001, 1)).wait(100)
  time.add(out(ip(CLIENT6, RESOLVER6, udp({ sport: 50_002, payload: dnsQuery(2, 'www.example.com', 28) })))).wait(12)
  time.add(back(ip(RESOLVER6, CLIENT6, udp({ sport: 53, dport: 50_002, payload: dnsAnswer(2, 'www.example.com', '2001:db8:80::80') }))))
  // nobody answers
  time.wait(100)
  for (let i = 0; i < 3; i++) {
    time.add(out(ip(CLIENT, '192.0.2.54', udp({ sport: 50_003, payload: dnsQuery(3, 'www.example.com') })))).wait(5000)
  }
  // a program that keeps its port: still talking after two seconds, so it is a stream
  for (let i = 0; i < 3; i++) time.add(ask(50_004, 10 + i)).wait(12).add(answer(50_004, 10 + i)).wait(1500)
  return time
}

function lite(): Timeline {
  const time = new Timeline()
  const send = (sport: number, coverage: number): void => {
    time.add(out(ip(CLIENT, '198.51.100.60', udpLite({ sport, dport: 5004, coverage, payload: text('voice, covered in part') }))))
  }
  const receive = (dport: number): void => {
    time.add(back(ip('198.51.100.60', CLIENT, udpLite({ sport: 5004, dport, coverage: 8, payload: text('voice') }))))
  }
  for (let i = 0; i < 6; i++) {
    send(50_010, 20)
    receive(50_010)
    time.wait(500)
  }
  send(50_011, 0) // covers all
  send(50_012, 4) // less than its header: no such packet
  return time
}
