// What firewalls meet: each of these has rules beside it, in samples/NAME.rules.

import { dnsAnswer, dnsQuery } from '../lib/dns.ts'
import { CLIENT_MAC, ethernet, ipPayload, SERVER_MAC } from '../lib/frames.ts'
import { icmp, ip, tcp, text, udp } from '../lib/packets.ts'
import { encodePcap } from '../lib/pcap.ts'
import { TcpTalk } from '../lib/tcp-talk.ts'
import { Timeline } from '../lib/timeline.ts'

const SERVER = '198.51.100.80'
const STRANGER = '203.0.113.66'

const out = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet))
const back = (packet: Uint8Array): Uint8Array => ethernet(ipPayload(packet), { from: SERVER_MAC, to: CLIENT_MAC })

/** A web request from inside and its answer, a ping, a stranger's scan, and a late RST of a connection nobody knows. */
function statefulFirewall(): Timeline {
  const time = new Timeline()
  const talk = new TcpTalk({ client: '192.0.2.10', server: SERVER, sport: 40_700 })
  time.add(out(talk.fromClient('S'))).wait(10).add(back(talk.fromServer('SA'))).wait(1).add(out(talk.fromClient('A')))
  time.add(out(talk.fromClient('PA', text('GET / HTTP/1.1\r\n\r\n')))).wait(12)
  time.add(back(talk.fromServer('PA', text('HTTP/1.1 200 OK\r\n\r\n')))).wait(1).add(out(talk.fromClient('A')))
  time.wait(100).add(out(ip('192.0.2.10', SERVER, icmp(8, 0, 5 << 16, text('ping')))))
  time.wait(9).add(back(ip(SERVER, '192.0.2.10', icmp(0, 0, 5 << 16, text('ping')))))
  for (const dport of [22, 23, 3389]) time.wait(50).add(back(ip(STRANGER, '192.0.2.10', tcp({ sport: 51_000, dport, flags: 'S', seq: 7 }))))
  time.wait(50).add(back(ip(STRANGER, '192.0.2.10', tcp({ sport: 443, dport: 40_701, flags: 'R', seq: 99 }))))
  time.wait(50).add(out(talk.fromClient('FA'))).wait(10).add(back(talk.fromServer('FA'))).wait(1).add(out(talk.fromClient('A')))
  return time
}

/** A name server: three clients, a question each, and the answers. */
function notrack(): Timeline {
  const time = new Timeline()
  for (const [i, client] of ['192.0.2.10', '192.0.2.11', '192.0.2.12'].entries()) {
    const ports = { sport: 40_710 + i, dport: 53 }
    time.add(out(ip(client, SERVER, udp({ ...ports, payload: dnsQuery(i + 1, 'example.org') })))).wait(2)
    const payload = dnsAnswer(i + 1, 'example.org', '203.0.113.9')
    time.add(back(ip(SERVER, client, udp({ sport: 53, dport: ports.sport, payload })))).wait(200)
  }
  return time
}

const LAN = { from: '02:00:00:00:00:01', to: '02:00:00:00:00:fe' }
const TO_LAN = { from: LAN.to, to: LAN.from }
const WAN = { from: '02:00:00:00:00:fd', to: '02:00:00:00:00:02' }
const FROM_WAN = { from: WAN.to, to: WAN.from }
const ROUTER = '198.51.100.1'

/** A router that translates, captured on both its interfaces: each packet as it came in, and as it went out. */
function natRouter(): Timeline {
  const time = new Timeline()
  const sides = (client: string, sport: number): { inside: TcpTalk, outside: TcpTalk } => ({
    inside: new TcpTalk({ client, server: SERVER, sport }), outside: new TcpTalk({ client: ROUTER, server: SERVER, sport }),
  })
  const over = { ttl: 63 } // one hop less
  for (const [i, client] of ['192.168.1.10', '192.168.1.11'].entries()) {
    const { inside, outside } = sides(client, 40_720 + i)
    const ask = (flags: string, payload?: Uint8Array): void => {
      time.add(ethernet(ipPayload(inside.fromClient(flags, payload)), LAN)).wait(0.05)
      time.add(ethernet(ipPayload(outside.fromClient(flags, payload, over)), WAN)).wait(8)
    }
    const answer = (flags: string, payload?: Uint8Array): void => {
      time.add(ethernet(ipPayload(outside.fromServer(flags, payload)), FROM_WAN)).wait(0.05)
      time.add(ethernet(ipPayload(inside.fromServer(flags, payload, over)), TO_LAN)).wait(1)
    }
    ask('S')
    answer('SA')
    ask('A')
    ask('PA', text('GET / HTTP/1.1\r\n\r\n'))
    answer('PA', text('HTTP/1.1 200 OK\r\n\r\n'))
  }
  const caller = new TcpTalk({ client: STRANGER, server: ROUTER, sport: 51_000, dport: 8443 })
  const seen = new TcpTalk({ client: STRANGER, server: '192.168.1.80', sport: 51_000, dport: 443 })
  time.add(ethernet(ipPayload(caller.fromClient('S')), FROM_WAN)).wait(0.05)
  time.add(ethernet(ipPayload(seen.fromClient('S', undefined, over)), TO_LAN)).wait(1)
  time.add(ethernet(ipPayload(seen.fromServer('SA')), LAN)).wait(0.05)
  time.add(ethernet(ipPayload(caller.fromServer('SA', undefined, over)), WAN)).wait(1)
  return time
}

/** A client that knocks three times at a port whose packets are dropped, and once at one that is open. */
function droppedBeforeConfirm(): Timeline {
  const time = new Timeline()
  const knock = (dport: number): Uint8Array => out(ip('192.0.2.10', SERVER, tcp({ sport: 40_730, dport, flags: 'S', seq: 1000 })))
  for (const wait of [1000, 2000, 4000]) time.add(knock(25)).wait(wait)
  return time.add(knock(80))
}

export function makeSamples(): Record<string, Uint8Array> {
  const samples = {
    'stateful-firewall': statefulFirewall(), notrack: notrack(), 'nat-router': natRouter(),
    'dropped-before-confirm': droppedBeforeConfirm(),
  }
  return Object.fromEntries(Object.entries(samples).map(([name, { frames }]) => [`${name}.pcap`, encodePcap(frames, { micro: true })]))
}
