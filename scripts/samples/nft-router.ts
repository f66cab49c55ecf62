// A router that lets its clients browse and ask DNS, and nothing else: what its rules of nftables make of the traffic.
// samples/nft-router.json is what `nft -j list ruleset` prints of samples/nft-router.nft.

import { dnsAnswer, dnsQuery } from '../lib/dns.ts'
import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../lib/frames.ts'
import { ip, tcp, udp } from '../lib/packets.ts'
import { encodePcap } from '../lib/pcap.ts'
import { TcpTalk } from '../lib/tcp-talk.ts'
import { Timeline } from '../lib/timeline.ts'

const CLIENT = '192.0.2.10'
const RESOLVER = '198.51.100.53'

const out = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet))
const back = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet), { from: SERVER_MAC, to: CLIENT_MAC })

export function makeSamples(): Record<string, Uint8Array> {
  return { 'nft-router.pcap': encodePcap(router().frames, { micro: true }) }
}

function router(): Timeline {
  const time = new Timeline()
  const name = 'www.example.com'
  time.add(out(ip(CLIENT, RESOLVER, udp({ sport: 45_000, payload: dnsQuery(1, name) })))).wait(12)
  time.add(back(ip(RESOLVER, CLIENT, udp({ sport: 53, dport: 45_000, payload: dnsAnswer(1, name, '198.51.100.80') })))).wait(3)
  const web = new TcpTalk({ dport: 443 })
  time.add(out(web.fromClient('S'))).wait(20).add(back(web.fromServer('SA'))).wait(1).add(out(web.fromClient('A')))
  time.wait(5).add(out(web.fromClient('PA', new Uint8Array(300)))).wait(25).add(back(web.fromServer('PA', new Uint8Array(900))))
  time.wait(900).add(out(web.fromClient('FA'))).wait(20).add(back(web.fromServer('FA'))).wait(1).add(out(web.fromClient('A')))
  // A client that sends mail itself: it tries three times.
  const mail = tcp({ sport: 40_025, dport: 25, flags: 'S', seq: 7000 })
  for (const pause of [1000, 2000, 4000]) time.add(out(ip(CLIENT, '203.0.113.25', mail))).wait(pause)
  // A resolver of its own.
  time.add(out(ip(CLIENT, '203.0.113.53', udp({ sport: 45_001, payload: dnsQuery(2, name) })))).wait(100)
  // From outside: a try at ssh, and a RST of a connection that nobody knows.
  time.add(back(ip('203.0.113.66', CLIENT, tcp({ sport: 50_000, dport: 22, flags: 'S', seq: 9000 })))).wait(100)
  time.add(back(ip('203.0.113.66', CLIENT, tcp({ sport: 443, dport: 40_100, flags: 'R', seq: 1 }))))
  return time
}
